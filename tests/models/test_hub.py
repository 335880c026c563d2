"""Weights fetched into the hub folder: whole, with the right hash, once; what goes wrong leaves a sentence alone."""

from __future__ import annotations

import hashlib
import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from frcnn_viz.models import hub
from frcnn_viz.models.hub import HubFile, fetch
from frcnn_viz.models.weights import WeightsError

CONTENT = b"weights" * 400_000
NAME = f"model-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub folder."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    return tmp_path / "hub" / "checkpoints"


class Site:
    """A server that answers as `answer` does, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked, self.answer = 0, whole
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked += 1
                site.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def file(self, name: str = NAME) -> HubFile:
        return HubFile(f"http://127.0.0.1:{self.server.server_port}/{name}", 3)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()


def head(handler: http.server.BaseHTTPRequestHandler, length: int = len(CONTENT)) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()


def whole(handler: http.server.BaseHTTPRequestHandler) -> None:
    head(handler)
    handler.wfile.write(CONTENT)


def slowly(handler: http.server.BaseHTTPRequestHandler) -> None:
    head(handler)
    for start in range(0, len(CONTENT), len(CONTENT) // 10):
        handler.wfile.write(CONTENT[start : start + len(CONTENT) // 10])
        time.sleep(0.05)


def test_a_fetched_file_is_whole_and_told_about(site: Site, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    path = fetch(site.file(), lambda done, total: told.append((done, total)))
    assert path == site.file().path
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert list(folder.iterdir()) == [path]
    assert fetch(site.file()) == path
    assert site.asked == 1


def test_eight_that_fetch_at_once_get_one_download(site: Site, folder: Path) -> None:
    site.answer = slowly
    told: list[int] = []
    with ThreadPoolExecutor(8) as pool:
        paths = [pool.submit(fetch, site.file(), lambda done, total: told.append(total)) for _ in range(8)]
    assert {path.result() for path in paths} == {site.file().path}
    assert site.file().path.read_bytes() == CONTENT
    assert site.asked == 1
    assert (3 * 2**20) in told  # those who wait are told how far the other is
    assert list(folder.iterdir()) == [site.file().path]


SCRIPT = "import sys; from frcnn_viz.models.hub import HubFile, fetch; fetch(HubFile(sys.argv[1], 3))"


def test_another_process_is_waited_for_and_what_it_leaves_when_killed_is_swept(
    site: Site, folder: Path, tmp_path: Path
) -> None:
    killed = threading.Event()

    def stall(handler: http.server.BaseHTTPRequestHandler) -> None:
        head(handler)
        handler.wfile.write(CONTENT[:2_000_000])
        killed.wait(60)

    def kill(done: int, total: int) -> None:
        if not killed.is_set() and done:  # the other's bytes: this one waits
            assert len(list(folder.glob("*.partial"))) == 1
            process.kill()
            process.wait()
            site.answer = whole
            killed.set()

    site.answer = stall
    environment = {**os.environ, "TORCH_HOME": str(tmp_path)}
    command = [sys.executable, "-c", SCRIPT, site.file().url]
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2])
    until = time.monotonic() + 120
    while not list(folder.glob("*.partial")) and time.monotonic() < until:
        time.sleep(0.05)
    assert fetch(site.file(), kill).read_bytes() == CONTENT
    assert killed.is_set()
    assert site.asked == 2
    assert list(folder.iterdir()) == [site.file().path]


def test_an_existing_file_is_hashed_once_and_not_trusted(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(parents=True)
    site.file().path.write_bytes(CONTENT[:-1])
    assert site.file().is_here  # as far as anyone knows
    assert fetch(site.file()).read_bytes() == CONTENT
    hashed: list[str] = []
    digest_of = hashlib.file_digest
    monkeypatch.setattr(hub.hashlib, "file_digest", lambda *a: (hashed.append("once"), digest_of(*a))[1])
    for _ in range(3):
        assert site.file().is_whole()
    site.file().path.write_bytes(CONTENT[:-2])
    for _ in range(3):
        assert not site.file().is_whole()
    assert not site.file().is_here
    assert hashed == ["once"] * 2


def test_a_stopped_download_leaves_nothing(site: Site, folder: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(site.file(), stop)
    assert list(folder.iterdir()) == []


def test_waiting_for_another_can_be_stopped(site: Site, folder: Path) -> None:
    first, go_on = threading.Event(), threading.Event()

    def hold(handler: http.server.BaseHTTPRequestHandler) -> None:
        first.set()
        go_on.wait(60)
        whole(handler)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    site.answer = hold
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(fetch, site.file())
        first.wait(60)
        with pytest.raises(KeyboardInterrupt):
            fetch(site.file(), stop)
        go_on.set()
        assert other.result().read_bytes() == CONTENT
    assert list(folder.iterdir()) == [site.file().path]


def cut(handler: http.server.BaseHTTPRequestHandler) -> None:
    head(handler)
    handler.wfile.write(CONTENT[:1000])


def cut_piece(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nabc")


def endless(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: many\r\n\r\n")
    with suppress(OSError):  # it is hung up on
        while True:
            handler.wfile.write(bytes(2**20))


ANSWERS: list[tuple[Answer, str]] = [
    (lambda handler: None, "is no HTTP|closed connection"),
    (lambda handler: handler.wfile.write(b"hello\r\n\r\n"), "the answer was cut off, or is no HTTP"),
    (lambda handler: handler.wfile.write(b"HTTP/1.1 2x0 OK\r\n\r\n"), "the answer was cut off, or is no HTTP"),
    (lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n"), "or is no HTTP"),
    (lambda handler: handler.send_error(404), "the server answered 404"),
    (lambda handler: handler.send_error(503), "the server answered 503"),
    (lambda handler: time.sleep(1), "no answer within 0.3 seconds"),
    (lambda handler: (head(handler), time.sleep(1)), "no answer within 0.3 seconds"),
    (cut, "was cut off after 1,000 of 2,800,000 bytes"),
    (cut_piece, "the answer was cut off, or is no HTTP"),
    (lambda handler: (head(handler, 10), handler.wfile.write(b"0123456789")), "its hash differs"),
    (endless, "is far larger than"),
]


@pytest.mark.parametrize(("answer", "words"), ANSWERS)
def test_whatever_a_server_does_ends_in_a_sentence_and_leaves_nothing(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, words: str
) -> None:
    monkeypatch.setattr(hub, "SILENCE", 0.3)
    site.answer = answer
    with pytest.raises(WeightsError, match=words) as told:
        fetch(site.file())
    assert "\n" not in str(told.value)
    assert NAME in str(told.value)
    assert list(folder.iterdir()) == []


def test_without_a_network_the_file_and_its_place_are_named(folder: Path) -> None:
    with pytest.raises(
        WeightsError, match=r"model-00000000\.pth could not be fetched .* \(Connection refused\)"
    ) as told:
        fetch(HubFile("http://127.0.0.1:9/model-00000000.pth", 3))
    assert f"put it into {folder} by hand" in str(told.value)
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_told(site: Site, folder: Path) -> None:
    folder.parent.write_text("a file")
    with pytest.raises(WeightsError, match=r"could not be fetched .* by hand"):
        fetch(site.file())
