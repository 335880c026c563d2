"""A window of its own: which command opens it, and what comes of it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from threading import Event, Timer

import pytest

from frcnn_viz.cli import serving, window
from frcnn_viz.cli.window import find_browser, show_window, window_command
from frcnn_viz.extras import lacking
from frcnn_viz.ui.running import Running

LINK = "http://localhost:8501/?image=football"
SERVER = Running("localhost", 8501, os.getpid())
WAITS = [sys.executable, "-c", "import time; time.sleep(60)"]


def executable(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def none_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither a Chromium nor pywebview."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(window, "_usual_places", list)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


def test_a_browser_gets_the_link_and_a_profile_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHROMIUM", str(executable(tmp_path / "my-browser")))
    monkeypatch.setattr(window, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    command = window_command(LINK, 8507)
    assert command is not None
    assert command[:2] == [str(tmp_path / "my-browser"), f"--app={LINK}"]
    assert f"--user-data-dir={tmp_path / 'cache' / 'windows' / '8507'}" in command


@pytest.mark.usefixtures("none_here")
def test_the_first_browser_on_the_path_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert find_browser() is None
    executable(tmp_path / "microsoft-edge")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_browser() == str(tmp_path / "microsoft-edge")
    executable(tmp_path / "chromium")
    assert find_browser() == str(tmp_path / "chromium")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "not there"))
    assert find_browser() is None


@pytest.mark.usefixtures("none_here")
def test_pywebview_is_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name == "webview" or None)
    command = window_command(LINK, 8501)
    assert command is not None
    assert command[0] == sys.executable
    assert command[-1] == LINK
    compile(command[2], "the window", "exec")


@pytest.mark.usefixtures("none_here")
def test_where_there_is_neither_a_sentence_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    assert not serving._show(SERVER, {"image": "football"}, Event(), window=True)
    told = capsys.readouterr()
    assert LINK in told.out
    assert lacking("window") in told.err


def test_a_closed_window_is_done_with(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(serving, "window_command", lambda link, port: [sys.executable, "-c", "pass"])
    assert serving._show(SERVER, {}, Event(), window=True)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [[sys.executable, "-c", "raise SystemExit(1)"], ["/not/there"]])
def test_a_window_that_does_not_open_is_told(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serving, "window_command", lambda link, port: command)
    assert not serving._show(SERVER, {}, Event(), window=True)
    assert f"The window could not be opened by {command[0]}; open the link" in capsys.readouterr().err


def test_the_window_closes_when_the_server_ends() -> None:
    ended = Event()
    Timer(0.5, ended.set).start()
    start = time.monotonic()
    assert show_window(WAITS, ended)
    assert time.monotonic() - start < 30
