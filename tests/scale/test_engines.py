"""Processes and drivers that are killed lose nothing: at most a shard is done again, and the files are the same.

`python -m benchmarks.engines` kills more of them, at moments that chance chooses.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from frcnn_viz.data.annotations import DataError
from frcnn_viz.models.registry import Detector
from frcnn_viz.scale.folder import LOG, Plan, ResultsFolder
from frcnn_viz.scale.local import run_local
from frcnn_viz.scale.planning import pending
from frcnn_viz.scale.ray import run_ray
from frcnn_viz.scale.tasks import KILLER
from frcnn_viz.scale.work import do_shard, open_examiner
from tests.scale.runs import (
    BROKEN,
    PICTURES,
    SHARDS,
    TALL,
    contents,
    done,
    open_detector,
    plan_run,
    wait_until,
    write_set,
)


@pytest.fixture(scope="module")
def detector() -> Detector:
    with pytest.MonkeyPatch.context() as patch:
        yield open_detector(patch)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("engines") / "files", tall=True)


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


def test_a_picture_that_ends_two_processes_is_a_row(
    named: Path, detector: Detector, tmp_path: Path, expected: ResultsFolder
) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    assert run_local(folder, plan, pending(folder, plan), workers=2) == 2
    assert_whole(folder, plan, expected)


def test_ray_writes_the_same_files(named: Path, detector: Detector, tmp_path: Path, expected: ResultsFolder) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    told = list[int]()
    assert run_ray(folder, plan, pending(folder, plan), workers=1, tell=told.append) == 2
    assert told[-1] == PICTURES + len(BROKEN) + 1
    assert_whole(folder, plan, expected)


def assert_whole(folder: ResultsFolder, plan: Plan, expected: ResultsFolder) -> None:
    """All is done, as it is done where nothing is in the way."""
    assert contents(folder) == contents(expected)
    assert list(pending(folder, plan)) == []
    rows = {row["image_id"]: row["problem"] for row in pq.read_table(folder.path / "images").to_pylist()}
    assert {name for name, problem in rows.items() if problem} == {TALL, *BROKEN}
    assert rows[TALL].startswith(f"{TALL} ended the process that examined it twice")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which process has a file open")
def test_a_killed_driver_takes_its_workers_with_it_and_its_run_goes_on(
    named: Path, detector: Detector, tmp_path: Path, expected: ResultsFolder
) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    log = folder.path / LOG
    code = "import sys; from tests.scale.test_engines import drive; drive(sys.argv[1])"
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    driver = subprocess.Popen([sys.executable, "-c", code, str(folder.path)], env=paths)
    wait_until(lambda: done(folder))
    driver.kill()
    driver.wait()
    wait_until(lambda: not writers_of(log))
    kept = done(folder)
    assert finish(folder, plan) == SHARDS - len(kept)
    assert contents(folder) == contents(expected)
    assert {name: when for name, when in done(folder).items() if name in kept} == kept


def drive(out: str) -> None:
    """A run as another process has it."""
    folder = ResultsFolder(Path(out))
    run_local(folder, folder.plan, pending(folder, folder.plan), workers=1)


def writers_of(log: Path) -> list[str]:
    """The processes that have a file open."""
    found = []
    for link in Path("/proc").glob("[0-9]*/fd/1"):
        try:
            found += [str(link)] if link.readlink() == log else []
        except OSError:
            continue  # it ended
    return found


def test_what_stands_in_the_way_of_every_process_is_said(
    named: Path, detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, plan = plan_run(named, tmp_path / "out", detector)
    (folder.path / "findings").write_text("a file where a folder is to be")
    with pytest.raises(DataError, match="findings"):
        run_local(folder, plan, pending(folder, plan), workers=1)
    assert multiprocessing.active_children() == []
