"""The command `app`, as a process: it answers to its own names, is found, and ends whole when it is told to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import pytest
from PIL import Image

from frcnn_viz.data.images import load_image
from frcnn_viz.paths import ROOT
from frcnn_viz.ui.running import Running, find

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
def command(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """`command(...)` starts `frcnn-viz ...` on a workspace of this test."""
    started: list[subprocess.Popen] = []

    def start(*arguments: str) -> subprocess.Popen:
        line = [sys.executable, "-m", "frcnn_viz", *arguments, "--no-browser", "--workspace", str(tmp_path / "own")]
        started.append(subprocess.Popen(line, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()


def link(process: subprocess.Popen) -> SplitResult:
    """What a command prints once the app answers."""
    (found,) = re.findall(r"http://\S+", process.stdout.readline())
    return urlsplit(found)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_whole(command: Callable, tmp_path: Path, how: signal.Signals) -> None:
    port = free_port()
    process = command("app", "--port", str(port), "--allow-host", "lab.example")
    assert link(process).port == port
    assert find(tmp_path / "own") == Running("localhost", port, process.pid)
    visitor, answer = connect(port, "/_stcore/stream", "localhost", UPGRADE)
    assert answer == 101
    assert status(port, "/_stcore/stream", f"lab.example:{port}", UPGRADE) == 101
    assert status(port, "/_stcore/stream", f"evil.example:{port}", UPGRADE) == 400
    process.send_signal(how)
    process.wait(SECONDS)
    with pytest.raises(ProcessLookupError):  # none of its group is left
        os.killpg(process.pid, 0)
    assert not (tmp_path / "own" / "server.json").exists()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
    visitor.close()


def test_commands_at_once_share_one_server_at_a_free_port(command: Callable, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # another program has it, which is as good
            taken.bind(("127.0.0.1", 8501))
            taken.listen()
        pictures = [tmp_path / f"{shade}.png" for shade in range(2)]
        for shade, path in enumerate(pictures):
            Image.new("RGB", (40, 30), (shade, 0, 0)).save(path)
        processes = [command(str(path)) for path in pictures]
        links = [link(process) for process in processes]
    server = find(tmp_path / "own")
    assert server is not None
    assert server.port != 8501
    assert {where.port for where in links} == {server.port}
    assert [where.query for where in links] == [f"image={load_image(path).sha256[:16]}" for path in pictures]
    (other,) = [process for process in processes if process.pid != server.pid]
    assert other.wait(SECONDS) == 0
    assert status(server.port, "/health", "localhost") == 200
