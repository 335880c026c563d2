"""A message to the browser: uint32 length, a JSON header, padding to 4 bytes, then the arrays the header points to.

`decode.js` reads it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping

import numpy as np
from torch import Tensor

BY_URL_FROM = 8192


class Message:
    """Arrays put one by one, then packed with the header that holds their places.

    An array of `BY_URL_FROM` bytes or more goes by the URL that `url_of` gives its bytes, so that what did not change
    (the candidates, when only their fates did) is not sent again; None keeps it in the message.
    """

    def __init__(self, url_of: Callable[[bytes], str | None] = lambda content: None) -> None:
        self._url_of = url_of
        self._arrays: list[bytes] = []
        self._position = 0

    def put(self, values: Tensor | np.ndarray, dtype: str) -> list[int] | str:
        """Add an array; returns its place: start and length after the header, or its URL."""
        if isinstance(values, Tensor):
            values = values.detach().cpu().numpy()
        content = np.ascontiguousarray(values, dtype=dtype).tobytes()
        url = self._url_of(content) if len(content) >= BY_URL_FROM else None
        if url is not None:
            return url
        padded = content + bytes(-len(content) % 4)
        start, self._position = self._position, self._position + len(padded)
        self._arrays.append(padded)
        return [start, len(content)]

    def pack(self, header: Mapping[str, object]) -> bytes:
        """The whole message."""
        text = json.dumps(header).encode()
        text += b" " * (-(len(text) + 4) % 4)
        return struct.pack("<I", len(text)) + text + b"".join(self._arrays)
