"""The server of a workspace is found while it answers with its own words, and by nothing else."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from frcnn_viz.ui import running
from frcnn_viz.ui.running import Running, announce, find, free_port, is_free, withdraw


@pytest.fixture
def server() -> Iterator[Running]:
    """Something that answers as this process's app does."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(running.words().encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as answering:
        thread = Thread(target=answering.serve_forever)
        thread.start()
        yield Running("127.0.0.1", answering.server_port, os.getpid())
        answering.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("host", "link"),
    [
        ("localhost", "http://localhost:8501/?image=a%26b&set=yours"),
        ("0.0.0.0", "http://localhost:8501/?image=a%26b&set=yours"),
        ("::", "http://localhost:8501/?image=a%26b&set=yours"),
        ("10.0.0.7", "http://10.0.0.7:8501/?image=a%26b&set=yours"),
        ("::1", "http://[::1]:8501/?image=a%26b&set=yours"),
    ],
)
def test_the_link_is_for_this_machine(host: str, link: str) -> None:
    assert Running(host, 8501, 1).link({"image": "a&b", "set": "yours"}) == link
    assert Running("localhost", 8501, 1).link({}) == "http://localhost:8501/"


def test_what_was_announced_is_found_until_it_is_withdrawn(server: Running, tmp_path: Path) -> None:
    assert find(tmp_path) is None
    announce(tmp_path, server)
    assert find(tmp_path) == server
    withdraw(tmp_path, Running(server.host, server.port, server.pid + 1))  # another's
    assert find(tmp_path) == server
    withdraw(tmp_path, server)
    assert find(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_another_process_at_the_same_port_is_not_it(server: Running, tmp_path: Path) -> None:
    announce(tmp_path, Running(server.host, server.port, server.pid + 1))
    assert find(tmp_path) is None


def test_a_server_that_is_gone_is_not_found(tmp_path: Path) -> None:
    announce(tmp_path, Running("127.0.0.1", free_port("127.0.0.1"), os.getpid()))
    assert find(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"host": "localhost"}',
        b'{"host": null, "port": null, "pid": 1}',
        json.dumps({"host": "127.0.0.1", "port": 10**9, "pid": 1}).encode(),
        json.dumps({"host": "a\r\nb", "port": 80, "pid": 1}).encode(),
    ],
)
def test_a_damaged_file_names_no_server(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "server.json").write_bytes(content)
    assert find(tmp_path) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0"])
def test_the_next_free_port_is_taken(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind((host, 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(running, "PORT", port)
        assert not is_free(host, port)
        found = free_port(host)
        assert found != port
        assert is_free(host, found)


def test_an_address_of_another_computer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'192.0.2.99' is no address of this computer; give another as --host\."):
        free_port("192.0.2.99")
