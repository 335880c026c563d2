"""The command `app`, as a process: it answers to its own names, and ends whole when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from frcnn_viz.paths import ROOT

SECONDS = 90
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: http://{host}\r\n"
)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def connect(port: int, path: str, host: str, headers: str = "") -> tuple[socket.socket, int]:
    """The connection on which `path` was asked for, and the status of the answer."""
    line = socket.create_connection(("127.0.0.1", port), timeout=30)
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers.format(host=host)}\r\n".encode())
    return line, int(line.recv(65536).split()[1])


def status(port: int, path: str, host: str, headers: str = "") -> int:
    line, answer = connect(port, path, host, headers)
    line.close()
    return answer


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen, int]]:
    """`frcnn-viz app` once it answers, and its port."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "frcnn_viz",
        "app",
        "--headless",
        "--port",
        str(port),
        "--allow-host",
        "lab.example",
    ]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            status(port, "/health", "localhost")
            break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
    yield process, port
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_whole(server: tuple[subprocess.Popen, int], how: signal.Signals) -> None:
    process, port = server
    visitor, answer = connect(port, "/_stcore/stream", "localhost", UPGRADE)
    assert answer == 101
    assert status(port, "/_stcore/stream", f"lab.example:{port}", UPGRADE) == 101
    assert status(port, "/_stcore/stream", f"evil.example:{port}", UPGRADE) == 400
    process.send_signal(how)
    process.wait(SECONDS)
    with pytest.raises(ProcessLookupError):  # none of its group is left
        os.killpg(process.pid, 0)
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
    visitor.close()
