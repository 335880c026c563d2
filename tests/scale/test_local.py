"""Processes and drivers that are killed lose nothing: at most a shard is done again, and the files are the same.

FRCNN_VIZ_KILLS=20 kills that many runs; two workers of each, and its driver.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from frcnn_viz.data.annotations import DataError
from frcnn_viz.models.registry import Detector
from frcnn_viz.scale.folder import ResultsFolder
from frcnn_viz.scale.local import run_local
from frcnn_viz.scale.planning import pending
from frcnn_viz.scale.work import do_shard, open_examiner
from tests.scale.runs import BROKEN, PICTURES, contents, open_detector, plan_run, write_set

KILLS = int(os.environ.get("FRCNN_VIZ_KILLS", "1"))


@pytest.fixture(scope="module")
def detector() -> Detector:
    with pytest.MonkeyPatch.context() as patch:
        yield open_detector(patch)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("local") / "files")


@pytest.fixture(scope="module")
def expected(named: Path, detector: Detector, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run in this process, which nothing disturbs, writes."""
    folder, plan = plan_run(named, tmp_path_factory.mktemp("expected") / "out", detector)
    examiner = open_examiner(plan)
    for shard, key in pending(folder, plan):
        do_shard(folder, shard, key, examiner)
    return contents(folder)


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_workers_are_started_again(
    seed: int, named: Path, detector: Detector, tmp_path: Path, expected: dict[str, str]
) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    first = random.Random(seed).randrange(0, PICTURES // 2)
    doomed: list[int] = []

    def tell(images: int) -> None:
        alive = {child.pid: child for child in multiprocessing.active_children()}
        if not doomed:
            doomed.extend(alive)  # both, one after the other: what is started again lives
        if len(doomed) and images >= first + (2 - len(doomed)) * 3 and doomed[0] in alive:
            alive[doomed[0]].kill()
            doomed[0] = 0
        if doomed[0] == 0 and len(doomed) > 1:
            doomed.pop(0)

    deaths = run_local(folder, plan, pending(folder, plan), workers=2, tell=tell)
    assert deaths == 2
    assert contents(folder) == expected


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_driver_takes_its_workers_with_it_and_its_run_goes_on(
    seed: int, named: Path, detector: Detector, tmp_path: Path, expected: dict[str, str]
) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    wanted, log = random.Random(seed).randrange(1, 4), folder.path / "log.txt"
    code = "import sys; from tests.scale.test_local import drive; drive(sys.argv[1])"
    path = os.pathsep.join(sys.path)
    driver = subprocess.Popen([sys.executable, "-c", code, str(folder.path)], env={**os.environ, "PYTHONPATH": path})
    wait_until(lambda: len(done(folder)) >= wanted)
    kept = done(folder)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    wait_until(lambda: not writers_of(log))
    left = [shard for shard, _ in pending(folder, plan)]
    assert len(left) <= 4 - wanted
    run_local(folder, plan, pending(folder, plan), workers=1)
    assert contents(folder) == expected
    assert {name: when for name, when in done(folder).items() if name in kept} == kept


def drive(out: str) -> None:
    """A run with two workers, as another process has it."""
    folder = ResultsFolder(Path(out))
    run_local(folder, folder.plan, pending(folder, folder.plan), workers=2)


def done(folder: ResultsFolder) -> dict[str, int]:
    """The shards that stand, and when they were written."""
    return {path.name: path.stat().st_mtime_ns for path in (folder.path / "images").glob("*.parquet")}


def writers_of(log: Path) -> list[str]:
    """The processes that have a file open."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells which process has a file open")
    found = []
    for link in Path("/proc").glob("[0-9]*/fd/1"):
        try:
            found += [str(link)] if link.readlink() == log else []
        except OSError:
            continue  # it ended
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_picture_that_ends_its_process_twice_is_a_row(detector: Detector, tmp_path: Path) -> None:
    named = write_set(tmp_path / "files", 8, tall=True)
    folder, plan = plan_run(named, tmp_path / "out", detector)
    assert run_local(folder, plan, pending(folder, plan), workers=1) == 2
    rows = {row["image_id"]: row["problem"] for row in pq.read_table(folder.path / "images").to_pylist()}
    assert {name for name, problem in rows.items() if problem} == {"s05-tall.png", *BROKEN}
    assert rows["s05-tall.png"].startswith("s05-tall.png ended the process that examined it twice")
    assert list(pending(folder, plan)) == []


def test_what_stands_in_the_way_of_every_process_is_said(
    named: Path, detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    (folder.path / "findings").write_text("a file where a folder is to be")
    with pytest.raises(DataError, match="findings"):
        run_local(folder, plan, pending(folder, plan), workers=1)
    assert multiprocessing.active_children() == []
