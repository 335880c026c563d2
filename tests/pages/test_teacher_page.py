"""The teacher's page: the whole class for the teacher, and nothing of it for anybody else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy, StreamlitCookies
from streamlit.testing.v1 import AppTest

from frcnn_viz.classroom import news
from frcnn_viz.classroom.roll import Place
from frcnn_viz.classroom.rules import CLASS_VARIABLE, rules
from frcnn_viz.classroom.visitors import Visitors
from frcnn_viz.data.csv_rows import ENCODING
from frcnn_viz.data.tenant import FOLDER_VARIABLE, Tenant, acting_as, find_by, usual
from frcnn_viz.figures.classroom import visitor_rows
from frcnn_viz.lessons.record import Record
from frcnn_viz.lessons.shelf import BUILT_IN
from frcnn_viz.models.runs import runs_folder
from frcnn_viz.training.signals import RUNNING, Signals, Status
from frcnn_viz.ui.classroom import door, present
from frcnn_viz.ui.panes import class_grading
from frcnn_viz.words import word
from tests.classroom.pupils import COUNT, RULES, TOKEN, answered, class_of
from tests.pages.opening import as_read, contents, open_app, open_page, seen

ADA, EVIL = "Ada Lovelace", "=1+1 ![](http://evil/x)"
TOLD = f"'{EVIL}"
"""In tables that can be taken away."""
TABS = ("here", "mistakes", "push")
REASON = answered(0).tries[0].reason


@dataclass(frozen=True)
class Room:
    """A class of three, of whom two answered; and the cookies of the browser that comes."""

    visitors: Visitors
    tenants: list[Tenant]
    secrets: list[str]
    cookies: dict[str, str]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    records = Record(ADA, "0", (answered(0, -1, hints=1),)), Record(EVIL, "7", (answered(0, seed="7"),)), None
    made, tenants, secrets = class_of(tmp_path / "base", *records)
    monkeypatch.setenv(CLASS_VARIABLE, RULES.to_text())
    monkeypatch.setenv(FOLDER_VARIABLE, str(made.base))
    cookies: dict[str, str] = {}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _: StreamlitCookies(cookies)))
    held = (rules, door.visitors, present.register)
    for one in held:
        one.cache_clear()
    door.open_door()
    yield Room(door.visitors(), tenants, secrets, cookies)
    find_by(usual)
    for one in held:
        one.cache_clear()


@pytest.fixture
def taught(room: Room) -> Room:
    """The same, and it is the teacher who comes."""
    room.cookies[door.TEACHER_COOKIE] = TOKEN
    return room


def told(test: AppTest) -> str:
    return as_read(" ".join(one.value for kind in ("markdown", "caption", "info", "warning") for one in test.get(kind)))


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("token", ["", "another", RULES.teacher])
def test_a_visitor_is_told_whose_page_it_is_and_nothing_of_the_class(token: str, tab: str, room: Room) -> None:
    room.cookies.update({door.COOKIE: room.secrets[2], door.TEACHER_COOKIE: token})
    test = open_page(f"teacher/{tab}")
    assert [one.value for one in test.info] == [word("teacher.not_teacher").sentence]
    assert not test.dataframe
    assert not test.button
    shown = " ".join(contents(test))
    for private in (ADA, "evil", REASON, *(one.folder.name for one in room.tenants), *room.secrets, TOKEN):
        assert private not in shown


def test_where_there_is_no_class_the_page_says_so() -> None:
    for tab in TABS:
        assert [one.value for one in open_page(f"teacher/{tab}").info] == [word("teacher.not_teacher").sentence]


@pytest.mark.parametrize("who", ["teacher", "visitor", "nobody"])
def test_the_navigation_has_it_for_the_teacher_alone(who: str, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.cookies.update(
        {"teacher": {door.TEACHER_COOKIE: TOKEN}, "visitor": {door.COOKIE: room.secrets[0]}}.get(who, {})
    )
    offered: list[str] = []
    navigation = st.navigation

    def spy(sections: dict[str, list[Any]], **more: Any) -> Any:
        offered.extend(one.title for pages in sections.values() for one in pages if one.visibility == "visible")
        return navigation(sections, **more)

    monkeypatch.setattr(st, "navigation", spy)
    test = open_app()
    assert not test.exception
    assert (word("page.teacher").term in offered) == (who == "teacher")
    assert bool(offered) == (who != "nobody")
    assert bool(test.error) == (who == "nobody")


def test_who_is_where(taught: Room) -> None:
    taught.visitors.roll.note(taught.tenants[0].folder.name, Place("rois", "fog", COUNT.name, "predict", 0))
    table = open_page("teacher/here").dataframe[0].value
    assert list(table["who"]) == [ADA, TOLD, "Visitor 3"]
    first = table.iloc[0]
    assert (first["seen"], first["page"], first["lesson"], first["at"]) == (
        *("now", "RoIs"),
        *(f"3. {COUNT.title}", "answer 1"),
    )
    assert (first["right"], first["tries"], first["hints"]) == ("1 of 1", 2, 1)
    assert table["right"][1] == "0 of 1"
    assert set(table["seen"][1:]) == {"a moment ago"}


def test_how_long_ago_is_told_in_one_unit(taught: Room) -> None:
    everyone, lessons = present.register().look(), {one.name: one for one in BUILT_IN}
    for seconds, words in ((59, "a moment ago"), (60, "1 min ago"), (7199, "1 h ago"), (86_400 * 2, "2 days ago")):
        assert visitor_rows(everyone, lessons, everyone[0].when + seconds)[0]["seen"] == words


def chosen(test: AppTest, **what: str) -> AppTest:
    """The page with a row chosen, as a click on it does."""
    test.session_state["kept_class_chosen"] = what
    return test.run()


def test_a_visitor_s_answers_are_told_lesson_by_lesson(taught: Room) -> None:
    test = chosen(open_page("teacher/here"), visitor=taught.tenants[0].folder.name)
    (row,) = test.dataframe[1].value.to_dict("records")
    assert row == {
        **{"lesson": f"3. {COUNT.title}", "right": "1 of 1", "at once": 0},
        **{"hints": 1, "minutes": 0.5, "mistakes": REASON},
    }


def test_a_run_is_ended_and_a_workspace_removed_but_not_while_it_runs(taught: Room) -> None:
    one = taught.tenants[0]
    with acting_as(one):
        path = runs_folder() / "mine"
    path.mkdir(parents=True)
    (path / "run.json").write_text("{}")
    signals = Signals(path)
    test = chosen(open_page("teacher/here"), visitor=one.folder.name)
    with signals.alive():
        signals.say(Status(RUNNING, 7))
        test.button(key="teacher_remove_sure").click().run()  # the page did not know of the run yet
        assert "has a run under way" in told(test)
        assert one.folder.exists()
        test.button(key="teacher_end_run").click().run()
        assert signals.is_asked_to_stop
    test.run().button(key="teacher_remove_sure").click().run()
    assert not test.exception
    assert [each.folder.exists() for each in taught.tenants] == [False, True, True]
    assert list(test.dataframe[0].value["who"]) == [TOLD, "Visitor 2"]


def test_mistakes_are_counted_and_a_click_tells_who_made_one(taught: Room) -> None:
    test = open_page("teacher/mistakes")
    (row,) = test.dataframe[0].value.to_dict("records")
    assert row == {"mistake": REASON, "of lesson": f"3. {COUNT.title}", "made by": 2, "right in the end": 1}
    assert "2 of 3 have answered something; 0 of these are graded anew." in told(test)
    test = chosen(test, mistake=f"{COUNT.name}|{REASON}")
    assert test.dataframe[1].value.to_dict("records") == [
        {"who": TOLD, "now right": "not yet"},
        {"who": ADA, "now right": "yes"},
    ]


def test_answers_are_graded_anew_and_taken_away_as_a_table_that_no_spreadsheet_runs(
    taught: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = open_page("teacher/mistakes")
    test.button(key="class_grade").click().run()
    assert not test.exception
    assert "2 of these are graded anew." in told(test)
    made: list[bytes] = []
    monkeypatch.setattr(class_grading, "download", lambda label, make, *more: made.append(make()))
    test.run()
    rows = list(csv.DictReader(io.StringIO(made[0].decode(ENCODING), newline="")))
    assert [(one["student"], one["lesson"], one["points"], one["told_otherwise"]) for one in rows] == [
        (ADA, COUNT.name, "0.667", "0"),
        (TOLD, COUNT.name, "0.0", "0"),
    ]


@pytest.mark.parametrize(("button", "page", "lesson"), [("ask", "lessons", COUNT.name), ("answer", COUNT.page, "")])
def test_a_mistake_is_one_click_from_its_question_and_its_answer(
    button: str, page: str, lesson: str, taught: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    went: list[str] = []
    monkeypatch.setattr("frcnn_viz.ui.view.go_to", lambda page, look="": went.append(page))
    test = chosen(open_page("teacher/mistakes"), mistake=f"{COUNT.name}|{REASON}")
    test.button(key=f"teacher_{button}").click().run()
    assert not test.exception
    now = seen(test)
    assert went == [page]
    assert (now.image, now.lesson) == ("fog", lesson)
    assert dict(now.options).get("lessons.tab") == ("question" if lesson else None)


def test_a_picture_is_shown_to_everyone_and_it_is_told_how_many_look_at_it(taught: Room) -> None:
    test = open_page("teacher/push", image="fog")
    test.selectbox(key="option_teacher.page").select("rois").run()
    test.text_input(key="option_teacher.words").set_value("Look *here*").run()
    test.button(key="teacher_push").click().run()
    shown = news.latest(taught.visitors.base)
    assert shown
    assert (shown.picture, shown.page, shown.words) == ("fog", "rois", "Look *here*")
    for one, picture in zip(taught.tenants, ("fog", "night"), strict=False):
        taught.visitors.roll.note(one.folder.name, Place("rois", picture))
    test.run()
    assert "Look *here* 1 of 2 who are here look at it now." in told(test)
