"""The teacher sees of each visitor where they are, what they answered, keep and run, whatever is in their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from frcnn_viz.classroom.register import Register, end_work, work_of
from frcnn_viz.classroom.roll import HERE_SECONDS, Place, Roll
from frcnn_viz.classroom.rules import MOST_VISITORS
from frcnn_viz.classroom.visitors import GONE
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.tenant import acting_as
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.lessons.record import MOST_BYTES, Record
from frcnn_viz.models.runs import runs_folder
from frcnn_viz.training.signals import RUNNING, Signals, Status
from tests.classroom.pupils import answered, class_of, keep
from tests.pictures import picture


def test_who_asked_for_something_is_here_for_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    roll, now, place = Roll(), [1000.0], Place("rois", "fog", "count", "predict", 1)
    monkeypatch.setattr("frcnn_viz.classroom.roll.time.time", lambda: now[0])
    assert (roll.is_here("a"), roll.place("a"), roll.when("a")) == (False, None, 0)
    roll.note("a", place)
    now[0] += HERE_SECONDS - 1
    assert roll.is_here("a")
    roll.note("a")  # its browser asked, and no page ran
    now[0] += HERE_SECONDS - 1
    assert (roll.is_here("a"), roll.place("a")) == (True, place)
    now[0] += 1
    assert (roll.is_here("a"), roll.when("a"), roll.place("a")) == (False, now[0] - HERE_SECONDS, place)


def test_the_roll_forgets_who_was_here_longest_ago() -> None:
    roll = Roll()
    for number in range(MOST_VISITORS):
        roll.note(str(number))
    roll.note("0")
    roll.note("one more")
    assert [bool(roll.when(name)) for name in ("0", "1", "2", "one more")] == [True, False, True, True]


def test_of_each_visitor_all_is_seen(tmp_path: Path) -> None:
    rows = (answered(0, -1, hints=1),)
    visitors, (first, second), _ = class_of(tmp_path, Record("Ada", "0", rows), None)
    with acting_as(second):
        Workspace(second.folder).add(picture(1), "mine.png")
    visitors.roll.note(second.folder.name, Place("rois", "fog"))
    ada, other = Register(visitors).look()
    assert [one.number for one in (ada, other)] == [1, 2]
    its = ada.answers
    assert (its.name, its.tries, its.hints, its.right, its.answered, its.lessons_done) == ("Ada", 2, 1, 1, 1, 0)
    assert (other.answers.name, other.answers.tries) == ("", 0)
    assert [one.is_here for one in (ada, other)] == [False, True]
    assert (ada.place, other.place) == (None, Place("rois", "fog"))
    assert [one.held.images for one in (ada, other)] == [0, 1]
    assert ada.held.nbytes == sum(path.stat().st_size for path in first.folder.rglob("*") if path.is_file())
    assert ada.when == visitors.last_visit(first)


def test_answers_are_read_again_only_once_they_changed(tmp_path: Path) -> None:
    visitors, (one,), _ = class_of(tmp_path, Record("Ada", "0", (answered(0),)))
    register = Register(visitors)
    (before,), (same,) = register.look(), register.look()
    assert same.answers is before.answers
    keep(one, Record("Ada", "0", (answered(0, -1),)))
    assert register.look()[0].answers.tries == 2


@pytest.mark.parametrize("content", [b"[" * 100_000, b" " * (MOST_BYTES + 1), b"{}", b"\xff", "fifo", "folder", "link"])
def test_a_damaged_or_hostile_file_is_told_and_the_others_are_seen(content: bytes | str, tmp_path: Path) -> None:
    visitors, (bad, _), _ = class_of(tmp_path / "base", None, Record("Ada", "0", (answered(-1),)))
    path, outside = bad.folder / "lessons.json", tmp_path / "outside.json"
    outside.write_bytes(Record("Secret").to_json())
    make = {
        "fifo": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "link": lambda: path.symlink_to(outside),
    }
    make[content]() if isinstance(content, str) else path.write_bytes(content)
    first, second = Register(visitors).look()
    assert first.answers.problem.count(".") >= 1
    assert first.answers.name == ""
    assert first.answers.student.record.rows == ()
    assert (second.answers.problem, second.answers.name, second.answers.right) == ("", "Ada", 1)


def test_what_is_under_way_is_seen_and_asked_to_stop(tmp_path: Path) -> None:
    visitors, (one, other), _ = class_of(tmp_path, None, None)
    with acting_as(one):
        path = runs_folder() / "mine"
    path.mkdir(parents=True)
    (path / "run.json").write_text("{}")
    signals = Signals(path)
    with signals.alive():
        signals.say(Status(RUNNING, 7))
        first, second = Register(visitors).look()
        assert (first.work.folder.name, first.work.status.step) == ("mine", 7)
        assert second.work is None
        end_work(other)
        assert not signals.is_asked_to_stop
        end_work(one)
        assert signals.is_asked_to_stop
    assert work_of(one) is None  # its process is gone


def test_a_workspace_that_is_removed_is_nobodys(tmp_path: Path) -> None:
    visitors, (first, second), (secret, _) = class_of(tmp_path, Record("Ada"), None)
    register = Register(visitors)
    register.look()
    visitors.remove(first)
    assert not first.folder.exists()
    assert [path.name for path in visitors.folder.iterdir()] == [second.folder.name]
    assert [(one.number, one.key) for one in register.look()] == [(1, second.folder.name)]
    with pytest.raises(DataError, match="cookie"):
        visitors.tenant(secret)
    with pytest.raises(DataError, match="cannot be removed"):
        visitors.remove(first)
    (visitors.folder / f"{GONE}left").mkdir()
    visitors.clean(lambda one: False)
    assert [path.name for path in visitors.folder.iterdir()] == [second.folder.name]
