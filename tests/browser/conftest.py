"""A real browser on a real server: what the browser tests share. No request may leave this machine."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from frcnn_viz.classroom.rules import CLASS_VARIABLE, Rules
from frcnn_viz.ui.frame.pages import PAGES
from frcnn_viz.words import word
from tests.browser.classroom import Classroom, fill_ada, fill_base, fill_bob, rules, visitor

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const quiet = app
        && app.dataset.testConnectionState === 'CONNECTED'
        && app.dataset.testScriptState === 'notRunning'
        && document.querySelector('[data-testid=stElementContainer]')
        && !document.querySelector('[data-stale=true]');
    if (!quiet) { window.quietSince = undefined; return false; }
    window.quietSince ??= performance.now();
    return performance.now() - window.quietSince > 200;
}"""
UNBUILT = ":is(.canvas-host, .strip, .anchor-dials, .desk table):empty"  # their scripts come by URL
WAITING = ".box-canvas[data-waiting]"  # and the arrays after them


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """`serve(script)` starts `streamlit run script` once a session and gives its address.

    `serve(script, "name")` is another server, on a workspace of its own.
    """
    running: dict[tuple[Path, str], tuple[subprocess.Popen, str]] = {}

    def start(script: Path = ROOT / "app.py", workspace: str = "") -> str:
        if (script, workspace) not in running:
            folder = tmp_path_factory.mktemp(workspace) if workspace else None
            running[script, workspace] = _start(script, tmp_path_factory.mktemp("server") / "log", folder)
        return running[script, workspace][1]

    yield start
    for process, _ in running.values():
        _end(process)


@pytest.fixture
def serve_workspace(tmp_path: Path) -> Iterator[Callable[[Path], tuple[subprocess.Popen, str]]]:
    """`serve_workspace(folder)` starts the app on a workspace of its own: the process, and its address.

    `serve_workspace(folder, rules)` is a class's server.
    """
    running: list[subprocess.Popen] = []

    def start(folder: Path, held: Rules | None = None) -> tuple[subprocess.Popen, str]:
        more = {CLASS_VARIABLE: held.to_text()} if held else {}
        process, address = _start(ROOT / "app.py", tmp_path / f"log{len(running)}", folder, more)
        running.append(process)
        return process, address

    yield start
    for process in running:
        _end(process)


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """A server for a class and two who came to it, as `classroom` has them."""
    place, token = tmp_path_factory.mktemp("class"), secrets.token_urlsafe(32)
    base, held = place / "workspace", rules(token)
    fill_base(base)
    process, address = _start(ROOT / "app.py", place / "log", base, {CLASS_VARIABLE: held.to_text()})
    try:
        ada, bob = (visitor(address, base, held) for _ in range(2))
        fill_ada(ada.tenant, place)
        fill_bob(bob.tenant)
        yield Classroom(address, base, token, place / "log", ada, bob)
    finally:
        _end(process)


@pytest.fixture
def sent(page: Page) -> list[object]:
    """What the page sends to the server over its socket."""
    frames: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame)))
    return frames


@pytest.fixture(scope="session")
def settled() -> Callable[[Page], None]:
    """`settled(page)` waits until the script has run, nothing shown is stale, and it stayed so."""

    def wait(page: Page, seconds: float = 60) -> None:
        page.evaluate("window.quietSince = undefined")
        page.wait_for_function(SETTLED, timeout=seconds * 1000, polling=50)
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)  # parts of the front end that are still fetched
        for missing in (UNBUILT, WAITING):
            expect(page.locator(missing)).to_have_count(0)

    return wait


def open_by_menu(page: Page, name: str) -> None:
    """Open a page by the navigation's drop-down, as a visitor does."""
    section = word(f"section.{PAGES[name].section}").term
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    page.get_by_role("menuitem", name=re.compile(f"{word(f'page.{name}').term}$")).click()
    expect(page.locator("h1")).to_have_text(word(f"page.{name}").term)


def open_tab(page: Page, tab: str) -> None:
    """Open a tab of the page in view."""
    page.locator(".st-key-heading").get_by_role("radio", name=word(f"tab.{tab}").term, exact=True).click()


def _start(
    script: Path, log: Path, workspace: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    chosen = {} if workspace is None else {"FRCNN_VIZ_WORKSPACE": str(workspace)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script), *flags],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", **chosen, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while not _healthy(address):
        if process.poll() is not None or time.monotonic() > deadline:
            _end(process)
            pytest.fail(f"{script.name} did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)
    return process, address


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def _end(process: subprocess.Popen) -> None:
    """Kill the server and whatever it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
