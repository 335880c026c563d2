"""Which names the server answers to.

A page of a foreign site can have its own name resolved to this machine (DNS rebinding); to the browser the server then
belongs to that site, which may read and drive it. What gives it away is the Host header, which bears the foreign name.
"""

from __future__ import annotations

import os
import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from frcnn_viz.paths import HOSTS_VARIABLE

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:/@\s]+))(?::\d+)?", re.IGNORECASE)


class OwnHosts:
    """Middleware that refuses every request and WebSocket which names another host, with status 400 and a sentence.

    Answered to, with any port: localhost and the loopback addresses, the machine's own host name, the address that the
    connection came in at, the address that Streamlit was started for, and the names in `FRCNN_VIZ_ALLOW_HOSTS`.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`; the names are read once."""
        self._app = app
        configured = (st.get_option("server.address"), st.get_option("browser.serverAddress"))
        allowed = os.environ.get(HOSTS_VARIABLE, "").split(",")
        names = ("localhost", socket.gethostname(), *configured, *allowed)
        self._names = {name.strip().lower() for name in names if name and name.strip()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what names this server."""
        if scope["type"] in ("http", "websocket"):
            hosts = Headers(scope=scope).getlist("host")
            at = (scope.get("server") or ("", None))[0]
            strange = next((host for host in hosts if not self._is_own(host, at)), None if hosts else "nothing")
            if strange is not None:
                sentence = (
                    f"This server does not answer to {strange[:200]!r}. If that is its name, start it with "
                    f"--allow-host NAME (or the names, parted by commas, in {HOSTS_VARIABLE}).\n"
                )
                await PlainTextResponse(sentence, status_code=400)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_own(self, host: str, at: str) -> bool:
        parts = _HOST.fullmatch(host)
        if parts is None:
            return False
        name = (parts[1] or parts[2]).lower().removesuffix(".")
        address = _address(name)
        return name in self._names or (address is not None and (address.is_loopback or address == _address(at)))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
