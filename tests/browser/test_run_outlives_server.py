"""A run goes on when the server that began it is killed, to the very weights it would have had, and the next one tells.

By hand, as long as wanted: `FRCNN_VIZ_KILLS=20 python -m pytest tests/browser/test_run_outlives_server.py`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.training.signals import DONE, RUNNING
from frcnn_viz.training.store import RunFolder
from frcnn_viz.words import word
from tests.training.small import hashes, measured, trained_here, wait, write_pictures

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends the signals of POSIX")
KILLS = int(os.environ.get("FRCNN_VIZ_KILLS", "1"))
STEPS, LONGEST = 30, 0.75
"""Of each run, and the seconds of it before the kill."""
LINK = {
    **{"model": "street-c4", "min_size": 48, "max_size": 64, "train.tab": "learn", "train.set": "yours"},
    **{"train.steps": STEPS, "train.batch": 1, "train.apart": 0.3},
}


def fill(folder: Path, pictures: Path) -> None:
    """A workspace of small pictures with a square on each."""
    workspace = Workspace(folder)
    for n, path in enumerate(sorted(write_pictures(pictures, 8).glob("*.png"))):
        workspace.add(path.read_bytes(), path.name, [Object((8.0 + n, 10.0, 32.0 + n, 34.0), "square")])


def killed_while_it_trains(server: subprocess.Popen, folder: RunFolder, seconds: float) -> None:
    """Kill the server some time after the run's first word; the run goes on, and is then held where it is."""
    wait(lambda: folder.status.state == RUNNING)
    time.sleep(seconds)
    assert folder.status.under_way
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    before = len(folder.metrics())
    wait(lambda: len(folder.metrics()) > before)
    os.kill(folder.status.pid, signal.SIGSTOP)
    assert folder.status.under_way, "it was too quick to be seen"


def test_a_run_outlives_its_server_and_ends_with_the_same_weights(
    serve_workspace: Callable[[Path], tuple[subprocess.Popen, str]],
    page: Page,
    settled: Callable[[Page], None],
    workspace: Path,
    tmp_path: Path,
) -> None:
    fill(workspace, tmp_path / "pictures")
    chance, straight = random.Random(KILLS), None
    server, address = serve_workspace(workspace)
    for n in range(KILLS):
        page.goto(f"{address}/train?{urlencode({**LINK, 'train.name': f'killed-{n}'})}")
        settled(page)
        page.get_by_role("button", name=word("learn.train").term, exact=True).click()
        wait(lambda n=n: (workspace / "runs" / f"killed-{n}" / "status.json").exists())
        folder = RunFolder(f"killed-{n}")
        try:
            killed_while_it_trains(server, folder, chance.uniform(0, LONGEST))
            server, address = serve_workspace(workspace)
            page.goto(f"{address}/train?train.tab=runs")
            expect(page.get_by_text(f"{word('runs.running').term}: step")).to_be_visible()
        finally:
            with suppress(ProcessLookupError):
                os.kill(folder.status.pid, signal.SIGCONT)
        wait(lambda folder=folder: folder.status.state == DONE, 120)
        expect(page.get_by_text(f"{word('runs.done').term}: step {STEPS} of {STEPS}")).to_be_visible()
        straight = straight or trained_here(replace(folder.run, name="straight"))
        assert hashes(folder) == hashes(straight)
        assert measured(folder) == measured(straight)
        assert len(measured(folder)) == STEPS + 11
