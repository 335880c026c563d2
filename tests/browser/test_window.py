"""`frcnn-viz photo.png --window` in a real Chromium: the window shows the picture, and closing it ends the server."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect

from frcnn_viz.data.images import load_image
from tests.browser import chromium
from tests.browser.conftest import ROOT, START_SECONDS
from tests.browser.pages import FLAGS


def test_a_window_of_its_own_and_the_server_with_it(tmp_path: Path, browser: Browser) -> None:
    photo, own, cache = tmp_path / "photo.png", tmp_path / "own", tmp_path / "cache"
    Image.effect_noise((130, 90), 60).convert("RGB").save(photo)
    headless = tmp_path / "chromium"
    flags = shlex.join((*FLAGS, "--headless=new", "--remote-debugging-port=0"))
    headless.write_text(f'#!/bin/sh\nexec "{chromium.find()}" {flags} "$@"\n')
    headless.chmod(0o755)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "frcnn_viz", str(photo), "--window", "--workspace", str(own)],
            cwd=ROOT,
            env={**os.environ, "CHROMIUM": str(headless), "DISPLAY": ":0", "XDG_CACHE_HOME": str(cache)},
            start_new_session=True,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (told := [path.read_text() for path in cache.glob("frcnn-viz/windows/*/DevToolsActivePort")]):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        window = browser.browser_type.connect_over_cdp(f"http://127.0.0.1:{told[0].split()[0]}")
        (page,) = window.contexts[0].pages
        assert f"image={load_image(photo).sha256[:16]}" in page.url
        expect(page.get_by_role("combobox", name="Picture")).to_have_value("Yours: photo.png")
        window.new_browser_cdp_session().send("Browser.close")
        assert process.wait(START_SECONDS) == 0
        assert not (own / "server.json").exists()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
