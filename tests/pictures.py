"""Pictures for tests, as files."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def picture(seed: int = 0, width: int = 64, height: int = 48) -> bytes:
    """A PNG of noise, another for each seed; about 3 bytes a pixel."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def square(seed: int, side: int = 16) -> bytes:
    """As `picture`, as wide as it is high."""
    return picture(seed, side, side)
