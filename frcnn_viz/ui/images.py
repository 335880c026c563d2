"""Pictures and arrays by URL: sent to a browser once, under the digest of their bytes, and kept by its cache."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frcnn_viz.canvas.pictures import data_url, png
from frcnn_viz.ui.memory import FOR_BROWSERS

LOG = logging.getLogger(__name__)
MAX_BYTES = FOR_BROWSERS
"""Of what is held for browsers to fetch; the longest unused go first."""

_held: OrderedDict[str, bytes] = OrderedDict()
_encoding: dict[str, Future[None]] = {}
_ENCODER = ThreadPoolExecutor(1, "encoder")
_lock = threading.Lock()
_routed = False


def routes() -> list[Route]:
    """The routes for `st.App`; without them everything travels inside the page."""
    global _routed
    _routed = True
    return [Route("/img/{digest}.png", _serve), Route("/array/{digest}.bin", _serve)]


def image_url(image: Image.Image | np.ndarray, sha256: str = "") -> str:
    """A URL of the picture (uint8 [H, W] or [H, W, 3] when an array), as lossless PNG.

    `sha256` stands for its pixels: with it, a picture still held is not encoded again, and one that is not is encoded
    beside what the page does meanwhile; whoever asks for it waits.
    """
    with _lock:
        content = _held.get(sha256)
        if content is None and sha256 and _routed:
            if sha256 not in _encoding:
                _encoding[sha256] = _ENCODER.submit(_encode, image, sha256)
            return f"img/{sha256}.png"
    content = content or png(image)
    digest = _hold(content, sha256)
    if not _routed:
        return data_url(content)
    return f"img/{digest}.png"


def _encode(image: Image.Image | np.ndarray, sha256: str) -> None:
    try:
        _hold(png(image), sha256)
    except Exception:
        LOG.exception("A picture could not be encoded.")
        raise
    finally:
        with _lock:
            _encoding.pop(sha256, None)


def content_of(url: str) -> bytes:
    """The PNG behind a URL that `image_url` gave.

    Raises:
        ValueError: it is no longer held.
    """
    if url.startswith("data:"):
        return base64.b64decode(url.partition(",")[2])
    digest = url.removeprefix("img/").removesuffix(".png")
    with _lock:
        coming = _encoding.get(digest)
    if coming:
        coming.result()
    with _lock:
        content = _held.get(digest)
    if content is None:
        raise ValueError("The picture is no longer held; reload the page and ask again.")
    return content


def array_url(content: bytes) -> str | None:
    """A URL of an array's bytes; None where there is no route, and they have to travel in the message."""
    return f"array/{_hold(content)}.bin" if _routed else None


def _hold(content: bytes, digest: str = "") -> str:
    digest = digest or hashlib.sha256(content).hexdigest()
    with _lock:
        _held[digest] = content
        _held.move_to_end(digest)
        size = sum(map(len, _held.values()))
        while size > MAX_BYTES and len(_held) > 1:
            size -= len(_held.popitem(last=False)[1])
    return digest


async def _serve(request: Request) -> Response:
    with _lock:
        coming = _encoding.get(request.path_params["digest"])
    if coming:
        await asyncio.wait([asyncio.wrap_future(coming)])
        if coming.exception():
            return Response("The picture could not be encoded; the server's log has the details.", status_code=500)
    with _lock:
        content = _held.get(request.path_params["digest"])
    if content is None:
        return Response("This is no longer held; reload the page.", status_code=404)
    kind = "image/png" if request.url.path.endswith(".png") else "application/octet-stream"
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})
