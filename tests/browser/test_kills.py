"""The app's server killed at a random moment of its work in a real browser: what the page had said is there after.

By hand, as long as wanted: `FRCNN_VIZ_KILLS=20 python -m pytest tests/browser/test_kills.py`.
"""

from __future__ import annotations

import io
import os
import random
import re
import signal
import sqlite3
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, expect

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.words import word
from tests.browser.mouse import Editor
from tests.kills import assert_whole, fill
from tests.pictures import picture

Settled = Callable[[Page], None]
Kill = Callable[[], None]
KILLS = int(os.environ.get("FRCNN_VIZ_KILLS", "2"))
BAR = "[data-testid=stProgress]"
LONGEST = 3.0
"""Seconds of work before the kill."""


def shown(page: Page, place: str, pattern: str) -> int:
    """A number in the words at a place of the page, which stay when the server dies; 0 where there is none yet."""
    words = page.evaluate("place => document.querySelector(place)?.innerText ?? ''", place)
    found = re.search(pattern, words)
    return int(found[1].replace(",", "")) if found else 0


def records(folder: Path) -> int:
    """How many examinations are on disk."""
    with closing(sqlite3.connect(folder / "examined.sqlite")) as file:
        (there,) = file.execute("SELECT count(*) FROM sqlite_master WHERE name = 'examined'").fetchone()
        return file.execute("SELECT count(*) FROM examined").fetchone()[0] if there else 0


def dead(process: subprocess.Popen) -> bool:
    return process.poll() is not None


def draw(page: Page, process: subprocess.Popen, settled: Settled, workspace: Workspace, kill: Kill, n: int) -> None:
    key = workspace.ids[0]
    before = workspace.item(key)
    page.goto(f"{page.url.split('/images')[0]}/images?images.tab=draw&image={key}")
    settled(page)
    editor = Editor(page, settled)
    kill()
    count, step = 0, 0
    while not dead(process):
        step += 1
        x, y = step * 7 % 50, step * 5 % 35
        editor.drag((x, y), (x + 6, y + 6))
        count = max(count, shown(page, "[data-testid=stMain]", r"([\d,]+) objects?, version"))
    assert count >= len(before.objects)
    assert len(workspace.item(key).objects) >= count


def add(page: Page, process: subprocess.Popen, settled: Settled, workspace: Workspace, kill: Kill, n: int) -> None:
    before, archive = set(workspace.ids), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for number in range(400):
            file.writestr(f"images/{n}-{number:03}.png", picture(1000 * (n + 1) + number))
            file.writestr(f"labels/{n}-{number:03}.txt", "0 0.5 0.5 0.25 0.25\n")
        file.writestr("classes.txt", f"new\tclass {n}\n")
    if not page.locator("[data-testid=stMain] input[type=file]").first.is_visible():
        page.get_by_text(word("images.add").term).click()
    chooser = page.locator("[data-testid=stMain] input[type=file]").first
    chooser.set_input_files({"name": "set.zip", "mimeType": "application/zip", "buffer": archive.getvalue()})
    page.get_by_role("button", name="Add 1 file").click()
    expect(page.get_by_text(re.compile(r"\d+ of 400 images"))).to_be_visible()
    kill()
    done = 0
    while not dead(process):
        done = max(done, shown(page, BAR, r"(\d+) of 400 images"))
        time.sleep(0.02)
    assert done
    new = set(workspace.ids) - before
    assert len(new) >= done
    assert {one.label for key in new for one in workspace.item(key).objects} == {f"new class {n}"}


def examine(page: Page, process: subprocess.Popen, settled: Settled, workspace: Workspace, kill: Kill, n: int) -> None:
    for item in workspace.items():  # all have to be examined anew
        workspace.save(item.id, [Object((1.0, 1.0, 20.0 + n, 30.0), "first name")])
    before = records(workspace.folder)
    page.reload()
    settled(page)
    page.get_by_role("button", name=word("images.survey").term).click()
    expect(page.locator(BAR)).to_be_visible()
    kill()
    done = 0
    while not dead(process):
        done = max(done, shown(page, BAR, r"([\d,]+) of"))
        time.sleep(0.02)
    assert records(workspace.folder) >= before + done


def rename(page: Page, process: subprocess.Popen, settled: Settled, workspace: Workspace, kill: Kill, n: int) -> None:
    count = sum(len(item.objects) for item in workspace.items())
    page.goto(f"{page.url.split('/images')[0]}/images?images.tab=draw&image={workspace.ids[0]}")
    settled(page)
    page.get_by_text(word("draw.classes").term, exact=True).click()
    page.get_by_label("to", exact=True).fill(f"name {n}")
    page.get_by_label("to", exact=True).press("Enter")
    settled(page)
    page.get_by_role("button", name="Rename everywhere").click(no_wait_after=True)
    kill()
    while not dead(process):
        time.sleep(0.02)
    assert sum(len(item.objects) for item in workspace.items()) == count


WORKS = (examine, add, rename, draw)


def test_what_the_page_had_said_is_there_after_a_kill(
    serve_workspace: Callable[[Path], tuple[subprocess.Popen, str]], page: Page, settled: Settled, tmp_path: Path
) -> None:
    folder, chance = tmp_path / "workspace", random.Random(0)
    fill(folder)
    for n in range(KILLS):
        work = WORKS[n % len(WORKS)]
        process, address = serve_workspace(folder)

        def kill(process: subprocess.Popen = process, work: Callable[..., None] = work) -> None:
            longest = LONGEST if work is not rename else 0.3
            threading.Timer(chance.uniform(0, longest), os.killpg, (process.pid, signal.SIGKILL)).start()

        page.goto(f"{address}/images")
        settled(page)
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
        expect(page.locator("[data-testid=stAlertContentWarning]")).to_have_count(0)
        work(page, process, settled, Workspace(folder), kill, n)
        assert_whole(folder)
