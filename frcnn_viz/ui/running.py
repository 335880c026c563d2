"""The server that shows a workspace, told in the workspace's folder, so that a second command finds and uses it."""

from __future__ import annotations

import errno
import http.client
import json
import os
import socket
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import as_json, write_whole

PORT, MORE_PORTS = 8501, 100
"""The port that is tried first, and how many after it."""
SECONDS = 5
"""How long a server may take to say who it is."""
EVERYWHERE = ("0.0.0.0", "::")


def words() -> str:
    """What `/health` answers: that this is frcnn-viz, and which process."""
    return f"frcnn-viz {os.getpid()}"


@dataclass(frozen=True)
class Running:
    """A server: the address and port it listens on, and its process."""

    host: str
    port: int
    pid: int

    def link(self, options: Mapping[str, str]) -> str:
        """The address of the app for a browser on this machine; `page` among the options is its path."""
        name = f"[{self._name}]" if ":" in self._name else self._name
        more = {key: text for key, text in options.items() if key != "page"}
        return f"http://{name}:{self.port}/{options.get('page', '')}" + (f"?{urlencode(more)}" if more else "")

    def answers(self) -> bool:
        """Whether this very server answers there: another program, or another of ours, has other words."""
        try:
            with closing(http.client.HTTPConnection(self._name, self.port, timeout=SECONDS)) as connection:
                connection.request("GET", "/health")
                return connection.getresponse().read(100) == f"frcnn-viz {self.pid}".encode()
        except (OSError, ValueError, OverflowError, http.client.HTTPException):
            return False

    @property
    def _name(self) -> str:
        return "localhost" if self.host in EVERYWHERE else self.host


def find(folder: Path) -> Running | None:
    """The server of the workspace in `folder`, if one answers."""
    with suppress(OSError, ValueError, TypeError, LookupError, RecursionError):
        told = json.loads((folder / "server.json").read_bytes())
        running = Running(str(told["host"]), int(told["port"]), int(told["pid"]))
        if running.answers():
            return running
    return None


def announce(folder: Path, running: Running) -> None:
    """Say where the server of a workspace is; in place of one that is gone. Where that fails, none is found."""
    with suppress(DataError):
        write_whole(folder / "server.json", as_json(asdict(running)))


def withdraw(folder: Path, running: Running) -> None:
    """The server ends: take back what it announced."""
    path = folder / "server.json"
    with suppress(OSError, ValueError):
        if json.loads(path.read_bytes()) == asdict(running):
            path.unlink()


def free_port(host: str) -> int:
    """8501, or the next port that nothing listens on at `host`.

    Raises:
        ValueError: this computer has no such address, or no free port.
    """
    for port in (*range(PORT, PORT + MORE_PORTS), 0):
        if free := _bound(host, port):
            return free
    raise ValueError(f"no port is free at {host}; name one with --port.")


def is_free(host: str, port: int) -> bool:
    """Whether a server can listen there.

    Raises:
        ValueError: this computer has no such address.
    """
    return bool(_bound(host, port))


def _bound(host: str, port: int) -> int:
    """The port, at all addresses that `host` stands for (localhost may be two); 0 where one of them is taken."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ValueError(f"{host!r} is no address of this computer; give another as --host.") from error
    bound = 0
    for family, kind, protocol, _, address in found:
        with suppress(OSError), socket.socket(family, kind, protocol) as trial:
            if os.name != "nt":  # there it would let two listen at once
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(address)
            except OSError as error:
                if error.errno in (errno.EADDRINUSE, errno.EACCES):
                    return 0
                continue  # no IPv6 here
            bound = trial.getsockname()[1]
    if not bound:
        raise ValueError(f"{host!r} is no address of this computer; give another as --host.")
    return bound
