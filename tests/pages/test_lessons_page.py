"""A lesson's card and pages: every way to answer, wrong and right; the record; links; a teacher's own folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.lessons import Alternative, ChooseOne, ChooseSome, GiveNumbers, Lesson, PutInOrder, Question, Stage
from frcnn_viz.lessons.forms import Form
from frcnn_viz.lessons.record import FILE, Record, lock_of
from frcnn_viz.lessons.shelf import BUILT_IN
from frcnn_viz.paths import LESSONS_VARIABLE
from frcnn_viz.ui import session
from frcnn_viz.ui.lessons import answers
from frcnn_viz.ui.lessons.asked import scene_of
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.view import View
from frcnn_viz.words import word
from tests.pages.opening import as_read, open_page, seen

OWN = """
from dataclasses import replace

from frcnn_viz.lessons import *

TWO = (Alternative("a", "*one*", (10.0, 10.0, 60.0, 60.0)), Alternative("b", "other"))
KINDS = {
    "numbers": (GiveNumbers((Field("wide", "px"), Field("high"))), [2, 0.5], [2, 3]),
    "one": (ChooseOne(TWO), "a", "b"),
    "some": (ChooseSome(TWO), ["a", "b"], ["b"]),
    "order": (PutInOrder(TWO), ["b", "a"], ["a", "b"]),
    "box": (DrawBox((10.0, 10.0, 60.0, 60.0)), [20.0, 20.0, 90.0, 90.0], [10.0, 10.0, 60.0, 60.0]),
}


SCREEN = Screen("anchors", (("anchor", 40),), look="n=4")


def ask(scene, rng):
    kinds = {**KINDS, "anchor": (scene.anchor_form(), [1, 2, 3, 1], [1, 3, 3, 1])}
    questions = tuple(
        Question(name, f"Which {name}?", form, right, (Wrong(wrong, "read `it` wrongly", "Look again."),),
                 ("First hint.", "Second hint."), "It is so.", screen=SCREEN)
        for name, (form, right, wrong) in kinds.items()
    )
    known = replace(questions[1], name="later", text="Which later?")

    def later(tell):
        for step in range(3):
            tell(step, 3, "steps")
        return known

    return (*questions, replace(known, right=None, later=later))


LESSON = Lesson(99, "kinds", "All kinds", "Answer in every way.", "proposals", ask)
"""
KINDS = ("numbers", "one", "some", "order", "box", "anchor", "later")
LAST = {"lesson_next_lesson", "lesson_finish"}
NEXT = LAST | {"lesson_next_question", "lesson_transfer"}
ONE = ChooseOne((Alternative("a", "*one*"), Alternative("b", "other")))


@pytest.fixture(autouse=True)
def folder(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A teacher's folder: a lesson with a question of every kind, and one that is broken."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "kinds.py").write_text(OWN)
    (folder / "broken.py").write_text("LESSON = 5")
    monkeypatch.setenv(LESSONS_VARIABLE, str(folder))
    return folder


def card() -> None:
    from frcnn_viz.ui import session, view
    from frcnn_viz.ui.lessons.card import lesson_card

    session.arrive("proposals")
    lesson_card()
    view.going_to()


def open_card(kind: str = "numbers", **link: str) -> AppTest:
    test = AppTest.from_function(card, default_timeout=60)
    test.query_params.update({"lesson": "kinds", "lesson.question": str(KINDS.index(kind)), **link})
    assert not test.run().exception
    return test


def give(test: AppTest, form: Form, answer: Any) -> None:
    """Fill in the widgets and lock in; what is made on the picture comes as the canvas's draft."""
    if isinstance(form, GiveNumbers):
        for place, number in zip(test.number_input, answer, strict=True):
            place.set_value(number)
    elif isinstance(form, ChooseOne):
        test.radio[0].set_value(answer)
    elif isinstance(form, ChooseSome):
        for box, key in zip(test.checkbox, form.by_key, strict=True):
            box.set_value(key in answer)
    elif isinstance(form, PutInOrder):
        for key in answer:
            label = form.by_key[key].label
            next(one for one in test.button if as_read(one.label) == label).click().run()
    else:
        *_, draft = test.session_state["kept_lesson_drafts"].values()
        draft.value = list(answer)
        test.run()
    test.button(key="lesson_lock").click()
    assert not test.run().exception


def asked(test: AppTest) -> Question:
    """What the card asks, worked out here."""
    there, options = seen(test), dict(seen(test).options)
    seed, stage = options.get("lesson.seed", ""), Stage(options.get("lesson.stage", "predict"))
    questions = shelf().find(there.lesson).questions(scene_of(session.of(there)), seed, stage)
    return questions[int(options.get("lesson.question", 0))]


def record(workspace: Path) -> Record:
    return Record.from_json((workspace / "lessons.json").read_bytes())


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("numbers", [2, 3], [2, 0.5]),
        ("one", "b", "a"),
        ("some", ["b"], ["a", "b"]),
        ("order", ["a", "b"], ["b", "a"]),
        ("box", [11.0, 10.0, 60.0, 60.0], [20.0, 20.0, 90.0, 90.0]),
        ("anchor", [1, 3, 3, 1], [1, 2, 3, 1]),
        ("later", "b", "a"),
    ],
)
def test_an_answer_of_every_kind_is_locked_in_and_judged(
    kind: str, wrong: list | str, right: list | str, workspace: Path
) -> None:
    test = open_card(kind)
    assert f"Which {kind}?" in [as_read(one.value) for one in test.markdown]
    form = asked(test).form
    give(test, form, wrong)
    assert as_read(test.warning[0].value).endswith("read `it` wrongly. Look again.")
    assert not test.success
    give(test, form, right)
    assert test.success[0].value.startswith(f"**{word('lesson.right').term}**")
    assert (seen(test).page, seen(test).selected, seen(test).look) == ("proposals", (("anchor", 40),), "n=4")
    row = record(workspace).find("kinds", "predict", kind)
    assert [(one.answer, one.right, one.reason) for one in row.tries] == [
        (wrong, False, "read `it` wrongly"),
        (right, True, ""),
    ]
    assert [one.key for one in test.button if one.key == "lesson_lock"] == []


@pytest.mark.parametrize("lesson", BUILT_IN, ids=lambda lesson: lesson.name)
def test_a_lesson_of_the_program_is_gone_through_wrong_then_right(lesson: Lesson, workspace: Path) -> None:
    test = open_card(lesson=lesson.name, **{"lesson.question": "0", "lesson.seed": "7b"})
    if test.error:
        test.button(key="lesson_find").click().run()
    while True:
        question = asked(test)
        assert " ".join(question.text.split()) in [as_read(one.value) for one in test.markdown]
        if question.later:  # which takes long, and is another test's
            return
        if question.wrong:
            give(test, question.form, question.wrong[0].answer)
            told = f"{question.wrong[0].reason}. {question.wrong[0].sentence}"
            assert as_read(test.warning[0].value).casefold().endswith(told.casefold())
        give(test, question.form, question.right)
        assert as_read(test.success[0].value).endswith(question.solution)
        (following,) = {one.key for one in test.button} & NEXT
        if following in LAST:
            break
        test.button(key=following).click().run()
    test.button(key="lesson_leave").click().run()
    assert test.session_state["view"].changes == ()  # what the answers were shown with is gone
    rows = record(workspace).rows
    assert {row.score for row in rows if row.tries} <= {1.0, 2 / 3}
    assert all(row.is_right for row in rows)


def test_hints_come_one_by_one_and_the_solution_after_the_last_answer(workspace: Path) -> None:
    test = open_card("one")
    assert not [one for one in test.button if one.key == "lesson_hint"]  # nothing was answered yet
    for number, hints in enumerate((["First hint."], ["First hint.", "Second hint."])):
        give(test, ONE, "b")
        test.button(key="lesson_hint").click().run()
        assert [one.value for one in test.info] == hints
        assert len(test.warning) == number + 1
    give(test, ONE, "b")
    assert as_read(test.info[0].value) == f"{word('lesson.solution').term}: *one*"
    row = record(workspace).find("kinds", "predict", "one")
    assert (len(row.tries), row.hints, row.score) == (3, 2, 0.0)


def test_what_is_no_answer_is_told_and_nothing_is_locked_in(workspace: Path) -> None:
    test = open_card("numbers")
    give(test, asked(test).form, [2, None])
    assert test.session_state["sentences"] == ["high is no number; write one."]
    assert not (workspace / "lessons.json").exists()


def test_a_record_is_resumed_on_its_picture_and_in_order(workspace: Path) -> None:
    test = open_card("one", image="crowd", **{"lesson.seed": "class 7"})
    give(test, ONE, "a")
    again = open_card("one", image="night", **{"lesson.seed": "another"})
    assert again.success
    assert record(workspace).seed == "class 7"
    assert word("lesson.other_seed").sentence in [one.value for one in again.caption]
    again.button(key="lesson_next_question").click().run()
    assert (seen(again).image, dict(seen(again).options).get("lesson.question")) == ("crowd", None)
    elsewhere = open_card("some", image="night")
    assert elsewhere.info[0].value == word("lesson.elsewhere").sentence
    elsewhere.button(key="lesson_back").click().run()
    assert (seen(elsewhere).image, not elsewhere.info) == ("crowd", True)


def test_a_link_opens_a_lesson_at_a_picture_and_an_unknown_one_is_told() -> None:
    shown = open_page("lessons", lesson="kinds", image="crowd")
    assert (seen(shown).lesson, seen(shown).image) == ("kinds", "crowd")
    assert shown.button_group[0].value == "question"
    assert open_card(lesson="none of them").error[0].value == (
        "There is no lesson 'none of them' here; choose one of the list."
    )


def test_lessons_of_a_teachers_folder_are_listed_and_a_broken_one_is_named(folder: Path) -> None:
    test = open_page("lessons")
    assert {f"begin_{one.name}" for one in BUILT_IN} | {"begin_kinds"} <= {one.key for one in test.button}
    assert as_read(test.warning[0].value).startswith("broken.py holds no `LESSON = Lesson(...)`")
    (folder / "broken.py").write_text(OWN.replace('"kinds"', '"mended"'))
    assert not test.run().warning
    assert test.button(key="begin_mended").label == word("lesson.new").term


def test_a_picture_that_lacks_what_a_lesson_needs_says_so_and_another_is_found(folder: Path) -> None:
    needy = OWN.replace("ask)\n", 'ask, (lambda scene: "" if scene.key == "night" else "It is not night.",))\n')
    (folder / "kinds.py").write_text(needy)
    test = open_page("lessons")
    assert "It is not night." in " ".join(as_read(one.value) for one in test.markdown)
    assert test.button(key="begin_kinds").label == word("lesson.find").term
    told = open_card()
    assert told.error[0].value == "It is not night."
    told.button(key="lesson_find").click().run()
    assert (seen(told).image, len(told.error)) == ("night", 0)


def test_a_link_shows_no_controls_but_those_it_names() -> None:
    every = open_page("input")
    assert [one.key for one in every.slider] == ["slider_min_size", "slider_max_size"]
    few = open_page("input", only="max_size")
    assert [one.key for one in few.slider] == ["slider_max_size"]
    assert not few.selectbox
    none = open_page("proposals", only="none")
    assert not none.slider
    assert not none.toggle
    assert len(none.button_group) == 1  # the tabs are no control


def test_a_link_for_a_class_is_what_was_chosen() -> None:
    test = open_page("lessons/class", image="crowd", **{"lessons.lesson": "kinds", "lessons.seed": "7"})
    test.multiselect[0].set_value(["image", "seed"]).run()
    link = dict(parse_qsl(urlsplit(test.code[0].value).query))
    there = View.of(link, "lessons")
    assert (there.lesson, there.image, there.only) == ("kinds", "crowd", "image,seed")
    assert dict(there.options) == {"lessons.tab": "question", "lesson.seed": "7"}


def test_a_file_that_was_handed_in_is_brought_back_and_another_is_refused(workspace: Path) -> None:
    give(open_card("one"), ONE, "a")
    file, test = (workspace / "lessons.json").read_bytes(), open_page("lessons")
    test.text_input(key="lesson_student").set_value("Ada").run()
    assert record(workspace).student == "Ada"
    test.file_uploader[0].upload("mine.json", file, "application/json").run()
    assert (record(workspace).student, len(record(workspace).rows)) == ("", len(KINDS))
    assert len(list(workspace.glob("lessons.json.before-*"))) == 1
    test.file_uploader[0].upload("other.json", b"{}", "application/json").run()
    assert "other.json is no record of lessons" in as_read(test.warning[0].value)
    assert len(record(workspace).rows) == len(KINDS)


def test_a_damaged_record_is_set_aside_and_told(workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "lessons.json").write_text(json.dumps({"lessons": 1, "rows": 5}))
    test = open_card("one")
    give(test, ONE, "a")
    assert test.session_state["sentences"][0].startswith(
        "Your answers so far cannot be read; the file is lessons.json."
    )
    assert record(workspace).find("kinds", "predict", "one").is_right
    assert len(list(workspace.glob("lessons.json.damaged-*"))) == 1


def test_an_answer_that_cannot_be_kept_now_is_told(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WAIT", 0)
    test = open_card("one")
    workspace.mkdir(exist_ok=True)
    with lock_of(workspace / FILE, 0):
        give(test, ONE, "a")
    assert test.session_state["sentences"] == ["Your answer is not kept: another tab is keeping one; answer again."]
    assert not (workspace / FILE).exists()
