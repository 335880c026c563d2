"""Pictures and arrays by URL: sent to a browser once, under the digest of their bytes, and kept by its cache.

What several tenants see is encoded and held once. It is sent to those alone for whose pages it was asked for.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frcnn_viz.canvas.pictures import data_url, png
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.tenant import tenant
from frcnn_viz.pipeline.shares import Shares
from frcnn_viz.ui.memory import FOR_BROWSERS

T = TypeVar("T")
LOG = logging.getLogger(__name__)
MAX_BYTES = FOR_BROWSERS
"""Of what is held for browsers to fetch, shared by the tenants as in `Shares`; what came last stays."""

_held: dict[str, bytes] = {}
_asked_by: dict[str, set[Path]] = {}
"""The folders of the tenants for whom something is held, or is being encoded."""
_shares = Shares()
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
    folder = tenant().folder
    with _lock:
        content = _held.get(sha256)
        if content is None and sha256 and _routed:
            _asked_by.setdefault(sha256, set()).add(folder)
            if sha256 not in _encoding:
                _encoding[sha256] = _ENCODER.submit(_encode, image, sha256, folder)
            return f"img/{sha256}.png"
    content = content or png(image)
    digest = _hold(content, folder, sha256)
    if not _routed:
        return data_url(content)
    return f"img/{digest}.png"


def _encode(image: Image.Image | np.ndarray, sha256: str, folder: Path) -> None:
    try:
        _hold(png(image), folder, sha256)
    except Exception:
        LOG.exception("A picture could not be encoded.")
        with _lock:
            _asked_by.pop(sha256, None)
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
    if coming := _mine(_encoding, digest):
        coming.result()
    content = _mine(_held, digest)
    if content is None:
        raise ValueError("The picture is no longer held; reload the page and ask again.")
    return content


def array_url(content: bytes) -> str | None:
    """A URL of an array's bytes; None where there is no route, and they have to travel in the message."""
    return f"array/{_hold(content, tenant().folder)}.bin" if _routed else None


def _hold(content: bytes, folder: Path, digest: str = "") -> str:
    digest = digest or hashlib.sha256(content).hexdigest()
    with _lock:
        _held[digest] = content
        _asked_by.setdefault(digest, set()).add(folder)
        _shares.use(digest, folder, len(content))
        while _shares.total > MAX_BYTES and (gone := _shares.next_out) != digest:
            _shares.drop(gone)
            del _held[gone], _asked_by[gone]
    return digest


def _mine(of: Mapping[str, T], digest: str) -> T | None:
    """What there is of a digest, where it was asked for by this tenant."""
    try:
        folder = tenant().folder
    except DataError:  # nobody
        return None
    with _lock:
        return of.get(digest) if folder in _asked_by.get(digest, ()) else None


async def _serve(request: Request) -> Response:
    digest = request.path_params["digest"]
    if coming := _mine(_encoding, digest):
        await asyncio.wait([asyncio.wrap_future(coming)])
        if coming.exception():
            return Response("The picture could not be encoded; the server's log has the details.", status_code=500)
    content = _mine(_held, digest)
    if content is None:
        return Response("This is no longer held; reload the page.", status_code=404)
    kind = "image/png" if request.url.path.endswith(".png") else "application/octet-stream"
    return Response(content, media_type=kind, headers={"Cache-Control": "private, max-age=31536000, immutable"})
