"""A run that is stopped or killed goes on to the very weights it would have had; runs wait for one another.

By hand, as long as wanted: `FRCNN_VIZ_KILLS=20 python -m pytest tests/training/test_process.py`.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from frcnn_viz.data.tenant import Limits, Tenant, acting_as, tenant
from frcnn_viz.training.line import Line
from frcnn_viz.training.process import resume, spawn, start, stop
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.signals import DONE, FAILED, RUNNING, STARTING, STOPPED, WAITING, Status
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder, pictures_folder, remove_run
from frcnn_viz.training.trainer import Trainer
from frcnn_viz.training.turn import GaveWay, StopAsked, Voice, turn
from frcnn_viz.training.waiting import main
from tests.forked import forked
from tests.training.small import attended, hashes, measured, small_run, trained_here, wait

pytestmark = pytest.mark.usefixtures("workspace")

KILLS = int(os.environ.get("FRCNN_VIZ_KILLS", "1"))
LINUX = sys.platform == "linux"
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


def _main(path: str, workspace: str) -> None:
    os.environ["FRCNN_VIZ_WORKSPACE"] = workspace
    sys.exit(main("frcnn_viz.training.process", path, Line(tenant()).draw()))


def _work(name: str, workspace: str, most: int = -1) -> None:
    """Without standing back, which takes long on a busy machine; no file may have more than so many bytes."""
    import resource

    os.environ["FRCNN_VIZ_WORKSPACE"] = workspace
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    sys.exit(attended(RunFolder(name)))


@POSIX
def test_killed_at_any_time_it_goes_on_to_the_same_weights(squares: Path, tmp_path: Path) -> None:
    straight = trained_here(small_run(squares))
    run = small_run(squares, "killed")
    folder = RunFolder.create(run, take(run))
    context, chance = forked(), random.Random(KILLS)
    kills = 0
    while folder.status.state != DONE:
        folder.say(Status(STARTING))
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
def test_a_class_has_one_line_in_which_one_gives_way_to_another_and_the_dead_hold_up_nobody(
    squares: Path, tmp_path: Path
) -> None:
    """Real processes: the first gives way to the second, which is killed; the first goes on to the same weights."""
    anna = Tenant(tmp_path / "anna", Limits(runs=1, run_seconds=0), line=tmp_path / "line")
    ben = Tenant(tmp_path / "ben", Limits(runs=1), line=tmp_path / "line")
    run = small_run(squares, "first", steps=8, evaluate_every=0)
    with acting_as(anna):
        first = start(run)
        with pytest.raises(TrainingError, match="one run of yours is under way; wait until it is done, or stop it"):
            start(small_run(squares, "another"))
        with pytest.raises(TrainingError, match="under way already"):
            resume("first")
    with acting_as(ben):
        second = start(small_run(squares, "second", steps=10_000, keep_every=5_000, evaluate_every=0))
    wait(lambda: second.status.state == WAITING)
    assert second.status.told.startswith("1 run of others is before this one")
    assert resident(second.status.pid) < 60e6  # who waits has not imported torch
    wait(lambda: second.status.state == RUNNING and second.status.step > 0)
    assert (first.status.state, 0 < first.status.step < 8, first.has_state) == (WAITING, True, True)
    assert first.status.told.startswith("It gave way to 1 other; it waits for its turn again. 1 run of others is")
    pid = second.status.pid
    assert os.getsid(pid) == pid != os.getsid(0)
    assert os.getpriority(os.PRIO_PROCESS, first.status.pid) == 10
    assert not LINUX or Path(f"/proc/{first.status.pid}/oom_score_adj").read_text().strip() == "500"
    with acting_as(ben), pytest.raises(TrainingError, match="stop it first"):
        remove_run("second")
    os.kill(pid, signal.SIGKILL)
    wait(lambda: second.status.state == FAILED)
    assert second.status.told.startswith("Its process is gone without a word")
    wait(lambda: first.status.state == DONE)
    assert not first.has_state
    with acting_as(anna):
        with pytest.raises(TrainingError, match="has done all of its 8 steps"):
            resume("first")
        assert Line(anna).before("9") == []
    assert hashes(first) == hashes(trained_here(replace(run, name="straight")))


def resident(pid: int) -> int:
    """Bytes of a process's memory, where the system tells."""
    told = Path(f"/proc/{pid}/statm")
    return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if told.exists() else 0


def test_giving_way_after_any_step_leads_to_the_same_weights(squares: Path) -> None:
    straight = trained_here(small_run(squares))
    run = small_run(squares, "stepwise")
    folder, steps = RunFolder.create(run, take(run)), []
    while len(steps) < 4:
        with suppress(GaveWay):
            Trainer(folder, after_step=give_way).go()
        steps.append(folder.metrics()[-1]["step"])
    assert steps == [1, 2, 3, 4]
    assert hashes(folder) == hashes(straight)
    assert measured(folder) == measured(straight)


def give_way(step: int) -> None:
    raise GaveWay(step, 1)


def test_the_first_to_ask_goes_first(squares: Path) -> None:
    folders, line = [], Line(tenant())
    for name in ("early", "late"):
        run = small_run(squares, name)
        folders.append(RunFolder.create(run, take(run)))
        folders[-1].say(Status(STARTING, ticket=line.draw()))
    early, late = folders
    say = Voice(late)
    with late.alive(), line.standing(late.status.ticket):
        late.ask_to_stop()
        with pytest.raises(StopAsked), turn(line, late.status.ticket, say):
            pass
        late.let_go_on()
        threading.Timer(0.5, line.give_back, (early.status.ticket,)).start()
        with turn(line, late.status.ticket, say) as place:
            assert late.status.told == "Waits for early."
            place.between_runs(1)  # nobody waits
            with line.drawn(), pytest.raises(GaveWay, match="1"):
                place.between_runs(1)


@POSIX
def test_a_term_signal_stops_it_with_its_state_saved(squares: Path, tmp_path: Path) -> None:
    run = small_run(squares, steps=10_000, keep_every=5_000, evaluate_every=0)
    folder = RunFolder.create(run, take(run))
    context = forked()
    folder.say(Status(STARTING))
    child = context.Process(target=_main, args=(str(folder.path), str(tmp_path / "workspace")))
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
    context = forked()
    for most in (5_000_000, 1_000):  # no room for weights; nor for a line of the metrics
        folder.say(Status(STARTING))
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
    line = Line(tenant())
    spawn(folder, line.draw())
    wait(lambda: folder.status.state == FAILED, 10)
    assert "ended before it began" in folder.status.told
    wait(lambda: line.before("9") == [], 10)


def test_a_set_that_is_gone_before_it_was_read_is_told_by_the_process(squares: Path) -> None:
    run = small_run(squares)
    folder = RunFolder.create(run, take(run))
    for path in squares.iterdir():
        path.unlink()
    squares.rmdir()
    assert attended(folder) == 1
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
