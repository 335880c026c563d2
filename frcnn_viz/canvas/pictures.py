"""Pictures as the canvas takes them: PNG, by a URL."""

from __future__ import annotations

import base64
import io
import zlib

import numpy as np
from PIL import Image


def png(image: Image.Image | np.ndarray) -> bytes:
    """A picture (uint8 [H, W], [H, W, 3] or [H, W, 4] when an array) as PNG, quickly: it only goes to a browser."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_HUFFMAN_ONLY)  # the quickest, for a photo
    return buffer.getvalue()


def data_url(content: bytes) -> str:
    """A PNG's bytes as a URL that holds them itself."""
    return "data:image/png;base64," + base64.b64encode(content).decode()


def of_data_url(url: str) -> Image.Image:
    """The picture that `data_url` put into a URL."""
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])), formats=["PNG"])
