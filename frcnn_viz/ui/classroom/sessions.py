"""Whose each of Streamlit's sessions is, and which files it offered, so that to name them opens nothing to others.

A session is what a tab has on the server: what it looks at, drafts, uploads, files to save. Streamlit gives it to
whoever names its id; here one has to be the visitor whose script ran in it first.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

from frcnn_viz.data.tenant import Tenant

MOST = 20_000
"""Sessions, and files, that are remembered; the longest unused go first."""
PROTOCOL = "sec-websocket-protocol"
UPLOAD, FILE = re.compile(r"/_stcore/upload_file/([^/]*)"), re.compile(r"/media/([^.]*)")
_OFFERED = re.compile(rb"/media/([0-9a-f]+)\.")


class Owned:
    """Names, each with the tenants that have it."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, Path], None] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, name: str, one: Tenant) -> None:
        """From now on a tenant has it."""
        with self._lock:
            self._held[name, one.folder] = None
            self._held.move_to_end((name, one.folder))
            while len(self._held) > MOST:
                self._held.popitem(last=False)

    def has(self, name: str, one: Tenant) -> bool:
        """Whether a tenant has it."""
        with self._lock:
            return (name, one.folder) in self._held


SESSIONS, FILES = Owned(), Owned()


def may_ask(path: str, one: Tenant | None) -> bool:
    """Whether a tenant, or nobody, may ask for what Streamlit keeps under a path."""
    for pattern, owned in ((UPLOAD, SESSIONS), (FILE, FILES)):
        if found := pattern.match(path):
            return one is not None and owned.has(found[1], one)
    return True


def own_only(scope: Scope, one: Tenant | None) -> Scope:
    """A WebSocket's scope that goes on with a session only if it is the tenant's; else Streamlit begins a new one."""
    headers = MutableHeaders(raw=list(scope["headers"]))
    named = [part.strip() for part in headers.get(PROTOCOL, "").split(",")]
    if len(named) > 2 and not (one and SESSIONS.has(named[2], one)):
        headers[PROTOCOL] = ", ".join(named[:2])
    return {**scope, "headers": headers.raw}


def noting_files(send: Send, one: Tenant) -> Send:
    """`send` of a WebSocket that notes which files the tenant's pages offer."""

    async def noting(message: Message) -> None:
        for name in _OFFERED.findall(message.get("bytes") or b""):
            FILES.keep(name.decode(), one)
        await send(message)

    return noting
