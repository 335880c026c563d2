"""A visitor of a class before the teacher's pictures: they are looked at, learnt from and copied, and shown to all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.classroom import news as shown
from frcnn_viz.classroom import rules as held
from frcnn_viz.classroom.rules import CLASS_VARIABLE, Rules
from frcnn_viz.data import tenant as tenants
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.tenant import Tenant
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.training.run import CLASS
from frcnn_viz.ui.classroom import door
from frcnn_viz.ui.frame import news
from frcnn_viz.ui.panes.learn_set import dataset_of, version
from tests.pages.opening import open_page, seen
from tests.pictures import picture

CAR, FLAT = Object((10, 10, 90, 60), "car"), Object((5, 5, 5, 9), "car")


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The teacher's workspace, of a server for a class."""
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "base"))
    monkeypatch.setenv(CLASS_VARIABLE, Rules().to_text())
    held.rules.cache_clear(), door.visitors.cache_clear()
    made = Workspace(tmp_path / "base")
    made.add(picture(1, 160, 120), "first.png", [CAR])
    made.add(picture(2, 160, 120), "second.png", [CAR, FLAT])
    yield made
    held.rules.cache_clear(), door.visitors.cache_clear()


@pytest.fixture
def visitors(base: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Tenant]]:
    """Two of them; scripts run for the first in the list."""
    two = [Rules().visitor(base.folder / "visitors" / name, base.folder) for name in "ab"]
    monkeypatch.setattr(tenants, "_find", lambda: two[0])
    monkeypatch.setattr(news, "_DONE", {})
    return two


def words(test: AppTest) -> str:
    return " ".join(part.value for part in (*test.markdown, *test.caption, *test.info))


def buttons(test: AppTest) -> set[str]:
    return {button.key for button in test.button}


def test_a_class_picture_is_looked_at_copied_and_then_ones_own(base: Workspace, visitors: list[Tenant]) -> None:
    _, second = base.ids
    assert "**Class pictures**" in words(open_page("images"))
    test = open_page("images/draw", image=second, set="class")
    assert seen(test).image == second
    assert "second.png is your teacher's, with 2 objects" in words(test)
    assert buttons(test) & {"remove", "restore", "mend_0", "start", "draw_copy_class"} == {"draw_copy_class"}
    test.button(key="draw_copy_class").click().run()
    assert {"remove", "mend_0"} <= buttons(test)
    test.button(key="mend_0").click().run()
    mine = Workspace(visitors[0].folder)
    assert (mine.ids, mine.item(second).objects) == ((second,), (CAR,))
    assert base.item(second).objects == (CAR, FLAT)
    assert "Of class pictures, 1 in all." in words(open_page("metrics", set="class"))
    assert "Of your images, 1 in all." in words(open_page("metrics", set="yours"))
    visitors.reverse()  # the other one, who has copied nothing, follows a link
    test = open_page("images/draw", image=second)
    assert "second.png is your teacher's, with 2 objects" in words(test)
    test = open_page("images/check", set="class")
    assert test.warning[0].value.startswith("1 finding.")
    assert not any(key.startswith("mend_") and key != "mend_chosen" for key in buttons(test))
    assert "Of class pictures, 2 in all." in words(open_page("metrics", set="class"))


def test_the_class_set_is_learnt_from_as_it_is_now(base: Workspace, visitors: list[Tenant]) -> None:
    test = open_page("train/learn", **{"train.set": "class"})
    assert "learns from 2 pictures with objects" in words(test)
    assert test.selectbox[0].options == ["class pictures", "blood cells", "200 street scenes"]
    before = dataset_of(CLASS, version(CLASS))
    base.save(base.ids[0], [])
    after = dataset_of(CLASS, version(CLASS))
    assert [len(one.images[0].objects) for one in (before, after)] == [1, 0]


def test_a_link_of_the_teacher_s_is_about_the_same_set_for_everyone(
    base: Workspace, visitors: list[Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = {"image": base.ids[0], "set": "class"}
    assert "Of class pictures, 2 in all." in words(open_page("metrics", **link))
    monkeypatch.setattr(tenants, "_find", lambda: Tenant(base.folder))
    monkeypatch.setattr(door, "_is_teacher", lambda *_: True)
    assert "Of class pictures, 2 in all." in words(open_page("metrics", **link))
    assert open_page("train/learn", **{"train.set": "class"}).selectbox[0].value == "class"


def arrive(test: AppTest) -> AppTest:
    """As `desk.js` has it, once the number is a new one."""
    test.session_state["arriving"] = True
    return test.run()


def script(page: str) -> None:
    """A page within what brings it the news, without the rest of the frame."""
    import streamlit as st

    from frcnn_viz.ui import session, view
    from frcnn_viz.ui.frame import news

    session.arrive(view.now().page if view.restored() else page)
    if st.session_state.pop("arriving", False):
        news.arrived()
    if target := view.going_to():
        view.change(page=target)
    news.news_line()


def opened(page: str, **link: str) -> AppTest:
    test = AppTest.from_function(script, default_timeout=60, args=(page,))
    test.query_params.update(link)
    test.run()
    assert not test.exception
    return test


def test_what_is_shown_opens_at_once_and_leads_back(base: Workspace, visitors: list[Tenant]) -> None:
    _, second = base.ids
    test = opened("metrics", image="night", set="cells")
    assert not buttons(test)
    shown.push(base.folder, second, "Which *car*?")
    arrive(test)
    assert (seen(test).page, seen(test).image) == ("overview", second)
    assert words(test) == r"**Your teacher shows you a picture:** Which \*car\*?"
    shown.push(base.folder, "fog", "", "autopsy")
    arrive(test)
    assert (seen(test).page, seen(test).image) == ("autopsy", "fog")
    test.button(key="news_back").click().run()
    assert (seen(test).page, seen(test).image, seen(test).set) == ("metrics", "night", "cells")
    assert not buttons(test)
    shown.push(base.folder, "clip:crossing@3", "", "no_page")
    test = opened("anchors", image="night")  # the next tab is offered it, and one who looks at a stage stays there
    test.button(key="news_look").click().run()
    assert (seen(test).page, seen(test).image) == ("anchors", "clip:crossing@3")
    assert not buttons(opened("anchors", image="night"))


@pytest.mark.parametrize(
    ("page", "link"),
    [("train", {}), ("experiments", {}), ("images", {"images.tab": "draw"}), ("overview", {"lesson": "count"})],
)
def test_who_is_at_something_is_offered_it(
    page: str, link: dict[str, str], base: Workspace, visitors: list[Tenant]
) -> None:
    test = opened(page, image="night", **link)
    before = seen(test)
    shown.push(base.folder, base.ids[0], "Look")
    arrive(test)
    assert seen(test) == before
    assert buttons(test) == {"news_look", "news_later"}
    test.button(key="news_look").click().run()
    assert (seen(test).page, seen(test).image) == ("overview", base.ids[0])
    test.button(key="news_back").click().run()
    assert replace(seen(test), look="") == before
    shown.push(base.folder, base.ids[1], "And this")
    arrive(test).button(key="news_later").click().run()
    assert seen(test).image == "night"
    assert not buttons(test) | buttons(opened(page, image="night"))


def test_what_is_old_or_not_here_is_not_offered(base: Workspace, visitors: list[Tenant]) -> None:
    one = shown.push(base.folder, "fog", "")
    assert buttons(opened("overview")) == {"news_look", "news_later"}
    path = base.folder / "news.json"
    path.write_text(path.read_text().replace(str(one.when), str(time.time() - news.YOUNG - 1)))
    test = opened("overview")
    assert not buttons(test)
    Workspace(visitors[1].folder).add(picture(9, 160, 120), "theirs.png")
    shown.push(base.folder, Workspace(visitors[1].folder).ids[0], "")
    assert not buttons(arrive(test))
    assert not test.warning


def test_nothing_is_asked_where_there_is_no_class(workspace: Path) -> None:
    assert news.to_follow() is None
