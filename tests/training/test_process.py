"""A run that is stopped or killed goes on to the very weights it would have had; runs wait for one another.

By hand, as long as wanted: `FRCNN_VIZ_KILLS=20 python -m pytest tests/training/test_process.py`.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from frcnn_viz.training import process
from frcnn_viz.training.process import Voice, main, resume, spawn, start, stop, turn, work
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.signals import DONE, FAILED, RUNNING, STARTING, STOPPED, WAITING, Status
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder, pictures_folder, remove_run
from frcnn_viz.training.trainer import StopAsked, Trainer
from tests.training.small import hashes, measured, small_run, trained_here, wait

pytestmark = pytest.mark.usefixtures("workspace")

KILLS = int(os.environ.get("FRCNN_VIZ_KILLS", "1"))
POSIX = pytest.mark.skipif(os.name == "nt", reason="sends the signals of POSIX")


def test_stopped_anywhere_it_goes_on_to_the_same_weights(squares: Path) -> None:
    """Before the first step, within an evaluation, and after any step."""
    straight = trained_here(small_run(squares))
    run = small_run(squares, "stopped")
    folder = RunFolder.create(run, take(run))
    stopped = []
    for when in (0, 2, 0, 0, 2, 99):
        left = iter(range(when))

        def tell(step: int, told: str, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                folder.ask_to_stop()

        folder.let_go_on()
        trainer = Trainer(folder, tell)
        with suppress(StopAsked):
            trainer.go()
        stopped.append(trainer.loop.step)
    assert stopped == [0, 1, 2, 2, 3, 4]
    assert hashes(folder) == hashes(straight)
    assert measured(folder) == measured(straight)


def _main(name: str, workspace: str) -> None:
    os.environ["FRCNN_VIZ_WORKSPACE"] = workspace
    sys.exit(main(name))


def _work(name: str, workspace: str, most: int = -1) -> None:
    """Without standing back, which takes long on a busy machine; no file may have more than so many bytes."""
    import resource

    os.environ["FRCNN_VIZ_WORKSPACE"] = workspace
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    sys.exit(work(RunFolder(name)))


@POSIX
def test_killed_at_any_time_it_goes_on_to_the_same_weights(squares: Path, tmp_path: Path) -> None:
    straight = trained_here(small_run(squares))
    run = small_run(squares, "killed")
    folder = RunFolder.create(run, take(run))
    context, chance = multiprocessing.get_context("forkserver"), random.Random(KILLS)
    context.set_forkserver_preload(["frcnn_viz.training.process"])
    kills = 0
    while folder.status.state != DONE:
        folder.say(Status(STARTING, ticket=time.time_ns()))
        child = context.Process(target=_work, args=("killed", str(tmp_path / "workspace")))
        child.start()
        if kills < KILLS:
            wait(lambda: folder.status.state in (RUNNING, DONE))
            child.join(chance.uniform(0, 1.5))
            if child.is_alive():
                kills += 1
                child.kill()
            child.join()
            assert folder.status.state in (FAILED, DONE)
            if folder.status.state == DONE:  # too quick to be killed: once more from the beginning
                remove_run("killed")
                RunFolder.create(run, take(run))
        child.join()
    assert hashes(folder) == hashes(straight)
    assert measured(folder) == measured(straight)


@POSIX
def test_two_runs_at_once_queue_and_a_dead_one_lets_the_next_go(squares: Path) -> None:
    """Real processes: the first is killed, the second waits for it, is stopped and goes on after the process ended."""
    first = start(small_run(squares, "first", steps=10_000, keep_every=5_000, evaluate_every=0))
    second = start(small_run(squares, "second", evaluate_every=0))
    with pytest.raises(TrainingError, match="there is a run 'first' already"):
        start(small_run(squares, "first"))
    with pytest.raises(TrainingError, match="under way already"):
        resume("first")
    wait(lambda: second.status.state == WAITING and first.status.state == RUNNING)
    assert second.status.told == "Waits for first."
    pid = first.status.pid
    assert os.getsid(pid) == pid != os.getsid(0)
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 10
    with pytest.raises(TrainingError, match="stop it first"):
        remove_run("first")
    os.kill(pid, signal.SIGKILL)
    wait(lambda: first.status.state == FAILED)
    assert first.status.told.startswith("Its process is gone without a word")
    wait(lambda: second.status.state == DONE)
    assert not second.has_state
    with pytest.raises(TrainingError, match="has done all of its 4 steps"):
        resume("second")
    straight = trained_here(small_run(squares, "straight", evaluate_every=0))
    assert hashes(second) == hashes(straight)


def test_the_first_to_ask_goes_first(squares: Path) -> None:
    folders = []
    for name, ticket in (("late", 30), ("early", 10), ("middle", 20)):
        run = small_run(squares, name)
        folders.append(RunFolder.create(run, take(run)))
        folders[-1].say(Status(STARTING, ticket=ticket))
    late, early, middle = folders
    assert process._ahead("late", 30) == "early"
    assert process._ahead("middle", 20) == "early"
    assert process._ahead("early", 10) is None
    early.say(Status(DONE, ticket=10))
    assert process._ahead("late", 30) == "middle"
    voice = Voice(late)
    late.ask_to_stop()
    with pytest.raises(StopAsked), turn(late, voice):
        pass
    middle.say(Status(STOPPED))
    late.let_go_on()
    with turn(late, voice):
        pass


@POSIX
def test_a_term_signal_stops_it_with_its_state_saved(squares: Path, tmp_path: Path) -> None:
    run = small_run(squares, steps=10_000, keep_every=5_000, evaluate_every=0)
    folder = RunFolder.create(run, take(run))
    context = multiprocessing.get_context("forkserver")
    folder.say(Status(STARTING, ticket=1))
    child = context.Process(target=_main, args=("small", str(tmp_path / "workspace")))
    child.start()
    wait(lambda: folder.status.step > 0)
    os.kill(folder.status.pid, signal.SIGTERM)
    child.join(20)
    status = folder.status
    assert (child.exitcode, status.state) == (0, STOPPED)
    assert status.step == folder.metrics()[-1]["step"] > 0
    assert folder.has_state
    with pytest.raises(TrainingError, match="is not under way"):
        stop("small")


@POSIX
def test_a_full_disk_ends_in_a_sentence_and_the_state_is_whole(squares: Path, tmp_path: Path) -> None:
    straight = trained_here(small_run(squares, keep_every=0, evaluate_every=0))
    run = small_run(squares, "full", keep_every=0, evaluate_every=0)
    folder = RunFolder.create(run, take(run))
    Trainer(folder)._save()
    before = (folder.path / "state.pt").read_bytes()
    context = multiprocessing.get_context("forkserver")
    for most in (5_000_000, 1_000):  # no room for weights; nor for a line of the metrics
        folder.say(Status(STARTING, ticket=1))
        child = context.Process(target=_work, args=("full", str(tmp_path / "workspace"), most))
        child.start()
        child.join()
        status = folder.status
        assert (child.exitcode, status.state) == (1, FAILED)
        assert "cannot be written" in status.told
        assert "resume the run" in status.told
        assert (folder.path / "state.pt").read_bytes() == before
        assert not list(folder.path.rglob("*.partial"))
    Trainer(folder).go()
    assert hashes(folder) == hashes(straight)


def test_a_process_that_cannot_even_begin_is_told(squares: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = small_run(squares)
    folder = RunFolder.create(run, take(run))
    monkeypatch.setattr(sys, "executable", "/bin/false" if Path("/bin/false").exists() else sys.executable)
    spawn(folder)
    wait(lambda: folder.status.state == FAILED, 10)
    assert "ended before it began" in folder.status.told


def test_a_set_that_is_gone_before_it_was_read_is_told_by_the_process(squares: Path) -> None:
    run = small_run(squares)
    folder = RunFolder.create(run, take(run))
    for path in squares.iterdir():
        path.unlink()
    squares.rmdir()
    folder.say(Status(STARTING))
    assert work(folder) == 1
    assert (folder.status.state, "is not there" in folder.status.told) == (FAILED, True)


def test_a_picture_that_is_edited_before_it_was_read_is_left_out_and_told(squares: Path) -> None:
    run = replace(small_run(squares, steps=1), validation=0.0, validation_list="")
    folder = RunFolder.create(run, take(run))
    (squares / "1.png").write_bytes((squares / "2.png").read_bytes())
    (squares / "3.png").unlink()
    Trainer(folder).go()
    names = [picture.name for picture in folder.snapshot.pictures]
    assert names == ["0.png", "2.png"]
    assert [told.split()[0] for told in folder.snapshot.told] == ["1.png", "3.png"]


def test_pictures_that_are_read_again_leave_a_run_at_its_step(squares: Path) -> None:
    run = small_run(squares, evaluate_every=0)
    folder = RunFolder.create(run, take(run))
    first = Trainer(folder, lambda step, told: folder.ask_to_stop() if step == 2 else None)
    with pytest.raises(StopAsked):
        first.go()
    for path in pictures_folder().iterdir():
        path.unlink()
    said = []
    folder.let_go_on()

    def tell(step: int, told: str) -> None:
        said.append((step, told))
        folder.ask_to_stop()

    with pytest.raises(StopAsked) as stopped:
        Trainer(folder, tell)
    assert said == [(2, "Reads picture 1 of 4.")]
    assert stopped.value.step == 2


def test_losses_that_are_no_numbers_end_in_a_sentence_and_what_it_came_to_is_kept(squares: Path) -> None:
    run = small_run(squares, keep_every=0, evaluate_every=0)
    folder = RunFolder.create(run, take(run))

    def ruin(step: int, told: str) -> None:
        if step == 2:
            trainer.loop.model.rpn.head.cls_logits.bias.data.fill_(float("nan"))

    trainer = Trainer(folder, ruin)
    with pytest.raises(TrainingError, match="loss_objectness is nan in step 3; lower the learning rate"):
        trainer.go()
    assert list(folder.steps) == [0, 2]
