"""Processes and drivers that are killed lose nothing: at most a shard is done again, and the files are the same.

FRCNN_VIZ_KILLS=20 kills that many runs' workers, and as many drivers.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from frcnn_viz.data.annotations import DataError
from frcnn_viz.models.registry import Detector
from frcnn_viz.scale.folder import LOG, Plan, ResultsFolder, shard_of
from frcnn_viz.scale.local import run_local
from frcnn_viz.scale.planning import pending
from frcnn_viz.scale.tasks import KILLER
from frcnn_viz.scale.work import do_shard, open_examiner
from tests.scale.runs import BROKEN, SHARDS, TALL, contents, open_detector, plan_run, write_set

KILLS = int(os.environ.get("FRCNN_VIZ_KILLS", "1"))


@pytest.fixture(scope="module")
def detector() -> Detector:
    with pytest.MonkeyPatch.context() as patch:
        yield open_detector(patch)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("local") / "files", tall=True)


@pytest.fixture(scope="module")
def expected(named: Path, detector: Detector, tmp_path_factory: pytest.TempPathFactory) -> ResultsFolder:
    """What a run in this process, which nothing disturbs and which does not open the tall picture, writes."""
    folder, plan = plan_run(named, tmp_path_factory.mktemp("expected") / "out", detector)
    finish(folder, plan)
    return folder


def finish(folder: ResultsFolder, plan: Plan) -> int:
    """Do what is left in this process; how many shards that was."""
    shards, examiner = list(pending(folder, plan)), open_examiner(plan)
    for shard, key in shards:
        do_shard(folder, shard, key, examiner, spared={TALL: KILLER.format(TALL)})
    return len(shards)


@pytest.mark.parametrize("seed", range(KILLS))
def test_what_ends_a_process_costs_one_shard_and_a_picture_that_does_it_twice_is_a_row(
    seed: int, named: Path, detector: Detector, tmp_path: Path, expected: ResultsFolder
) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    assert shard_of(TALL, SHARDS) > 1  # neither of the first two
    when, victim, doomed = random.Random(seed).randrange(0, 5), seed % 2, list[int]()

    def tell(images: int) -> None:
        alive = {child.pid: child for child in multiprocessing.active_children()}
        doomed[:] = doomed or sorted(alive)
        if images >= when and doomed[victim] in alive:
            alive[doomed[victim]].kill()

    deaths = run_local(folder, plan, pending(folder, plan), workers=2, tell=tell)
    assert deaths == 3
    assert contents(folder) == contents(expected)
    assert list(pending(folder, plan)) == []
    rows = {row["image_id"]: row["problem"] for row in pq.read_table(folder.path / "images").to_pylist()}
    assert {name for name, problem in rows.items() if problem} == {TALL, *BROKEN}
    assert rows[TALL].startswith(f"{TALL} ended the process that examined it twice")


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_driver_takes_its_workers_with_it_and_its_run_goes_on(
    seed: int, named: Path, detector: Detector, tmp_path: Path, expected: ResultsFolder
) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    wanted, log = random.Random(seed).randrange(1, 3), folder.path / LOG
    code = "import sys; from tests.scale.test_local import drive; drive(sys.argv[1])"
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    driver = subprocess.Popen([sys.executable, "-c", code, str(folder.path)], env=paths)
    wait_until(lambda: len(done(folder)) >= wanted)
    driver.kill()
    driver.wait()
    wait_until(lambda: not writers_of(log))
    kept = done(folder)
    assert finish(folder, plan) == SHARDS - len(kept) <= SHARDS - wanted
    assert contents(folder) == contents(expected)
    assert {name: when for name, when in done(folder).items() if name in kept} == kept


def drive(out: str) -> None:
    """A run as another process has it."""
    folder = ResultsFolder(Path(out))
    run_local(folder, folder.plan, pending(folder, folder.plan), workers=1)


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


def test_what_stands_in_the_way_of_every_process_is_said(
    named: Path, detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    (folder.path / "findings").write_text("a file where a folder is to be")
    with pytest.raises(DataError, match="findings"):
        run_local(folder, plan, pending(folder, plan), workers=1)
    assert multiprocessing.active_children() == []
