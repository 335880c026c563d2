"""Whose turn it is, who may stand in the line, and what it tells to others."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from frcnn_viz.data.tenant import Limits, Tenant, acting_as
from frcnn_viz.training.line import NEW, BusyError, Line
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.signals import RUNNING, Signals, Status
from frcnn_viz.training.turn import Voice, turn, waits_for


@pytest.fixture
def anna(tmp_path: Path) -> Tenant:
    """One of a class, who may have one run."""
    return Tenant(tmp_path / "anna", Limits(runs=1), line=tmp_path / "line")


def test_no_line_is_empty_and_makes_no_folder(anna: Tenant) -> None:
    line = Line(anna)
    assert (line.is_full, line.before("9"), line.folder.exists()) == (False, [], False)


def test_of_many_that_ask_at_once_one_gets_the_only_ticket(anna: Tenant) -> None:
    def draw(_: int) -> str:
        try:
            return Line(anna).draw()
        except TrainingError as error:
            return str(error)

    with ThreadPoolExecutor(16) as pool:
        drawn = sorted(pool.map(draw, range(16)))
    assert drawn[1:] == ["one run of yours is under way; wait until it is done, or stop it."] * 15
    assert Line(anna).before("9") == drawn[:1]
    assert Line(anna).is_full
    Line(anna).give_back(drawn[0])
    assert not Line(anna).is_full
    with pytest.raises(ValueError, match="set"), Line(anna).drawn():
        raise ValueError("the set is gone")
    assert Line(anna).draw(instead_of=Line(anna).draw()) > drawn[0]


def test_who_asked_first_is_before_and_of_others_only_their_number_is_told(anna: Tenant, tmp_path: Path) -> None:
    ben, own = replace(anna, folder=tmp_path / "ben"), Line(replace(anna, limits=Limits()))
    of_ben, mine, last = Line(ben).draw(), own.draw(), own.draw()
    assert Line(ben).before(of_ben) == []
    assert own.before(last) == [of_ben, mine]
    assert own.others(mine) == 2
    assert waits_for(own, [of_ben]) == "1 run of others is before this one."
    assert waits_for(own, [of_ben] * 3) == "3 runs of others are before this one."
    told = "1 run of others is before this one; its turn comes within about 10 min."
    assert waits_for(own, [of_ben, mine], 300) == told
    (anna.folder / "runs" / "squares").mkdir(parents=True)
    run = Signals(anna.folder / "runs" / "squares")
    with acting_as(anna), run.alive():
        run.say(Status(RUNNING, ticket=mine))
        assert waits_for(own, [mine]) == "Waits for squares."
    names = [path.name for path in own.folder.iterdir() if path.name[0] != "."]
    assert all(re.fullmatch(r"\d{20}-[0-9a-f]{16}-[0-9a-f]{8}\.new", name) for name in names)
    assert {path.stat().st_size for path in own.folder.iterdir()} == {0}


def test_what_was_killed_or_never_began_holds_up_nobody(anna: Tenant) -> None:
    """A process that holds a ticket and is killed; a ticket that was drawn over a minute ago; one from the future."""
    line, other = Line(anna), Line(replace(anna, folder=anna.folder.with_name("ben")))
    ticket = line.draw()
    code = (
        "import os, sys; from pathlib import Path; from frcnn_viz.data.tenant import Tenant;"
        "from frcnn_viz.training.line import Line\n"
        f"with Line(Tenant(Path({str(anna.folder)!r}), line=Path({str(anna.line)!r}))).standing({ticket!r}):\n"
        "    print(flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout.readline()
    assert other.before("9") == [ticket]
    assert [path.name for path in line.folder.glob("[0-9]*")] == [ticket]
    child.kill()
    child.communicate()
    mark = ticket.split("-")[1]
    for drawn in ("00000000000000000001", "99999999999999999999"):
        (line.folder / f"{drawn}-{mark}-00000000{NEW}").touch()
    assert other.before(":") == []
    assert not line.is_full


def test_a_door_that_is_held_long_ends_no_run(anna: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frcnn_viz.training.line.DOOR_SECONDS", 0.02)
    run, line, door = Signals(anna.folder / "runs" / "a"), Line(anna), FileLock(anna.line / ".door", thread_local=False)
    run.path.mkdir(parents=True)
    ticket = line.draw()
    with acting_as(anna), run.alive():
        with line.standing(ticket):
            door.acquire()
            threading.Timer(0.2, door.release).start()
            with turn(line, ticket, Voice(run)) as place, door:
                place.between_runs(1)
            door.acquire()
            with pytest.raises(BusyError, match="the computer is very busy"):
                line.draw()
        door.release()
    assert line.mine == 0


@pytest.mark.parametrize("ticket", ["", "../anna", "0", "\0", f"{0:020}-{'0' * 16}-{'0' * 8}", "x" * 5_000])
def test_what_is_no_ticket_of_ones_own_gets_no_place(anna: Tenant, ticket: str) -> None:
    with pytest.raises(TrainingError, match="is no ticket"), Line(anna).standing(ticket):
        pass
    assert not list(anna.folder.parent.iterdir())
