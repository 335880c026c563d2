"""Lessons of a teacher's own folder: they appear, and what is broken is named while the others work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from frcnn_viz.lessons import CannotAsk, LessonError, Scene, Stage
from frcnn_viz.lessons.check import check
from frcnn_viz.lessons.shelf import BUILT_IN, Shelf, read_lesson, with_folder
from frcnn_viz.paths import ROOT
from tests.lessons.scenes import keys, scene

OWN = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)[2]


def own(name: str) -> str:
    """The lesson of CONTRIBUTING.md under another name."""
    return OWN.replace('name="scores", title', f'name="{name}", title')


def test_lessons_of_a_folder_come_after_the_programs_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(own(name))
    (tmp_path / "notes.txt").write_text("not a lesson")
    shelf = with_folder(tmp_path)
    assert [lesson.name for lesson in shelf] == [*(lesson.name for lesson in BUILT_IN), "one", "two"]
    assert shelf.broken == ()
    assert check(shelf.find("two"), [scene()]) == []
    assert shelf.find("three") is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def ask(:", "line 1"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("raise SystemExit(3)", "SystemExit(3)"),
        ("LESSON = 5", "holds no `LESSON = Lesson(...)`"),
        ("", "holds no `LESSON = Lesson(...)`"),
        (own("no name"), "the name 'no name' is none"),
        (own("count"), "there is a lesson 'count' already"),
        ("\0", "null bytes"),
    ],
)
def test_a_broken_lesson_is_named_while_the_others_work(tmp_path: Path, code: str, told: str) -> None:
    (tmp_path / "broken.py").write_text(code)
    (tmp_path / "works.py").write_text(own("works"))
    shelf = with_folder(tmp_path)
    (sentence,) = shelf.broken
    assert sentence.startswith("broken.py")
    assert told in sentence
    assert "\n" not in sentence
    assert shelf.find("works").questions(scene(), "7")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="none is not there; check the path"):
        with_folder(tmp_path / "none")
    (tmp_path / "lesson.txt").touch()
    with pytest.raises(LessonError, match=r"lesson\.txt is no lesson; name a \.py file"):
        with_folder(tmp_path / "lesson.txt")
    assert list(Shelf()) == list(BUILT_IN)


def faults_of(tmp_path: Path, *changes: tuple[str, str]) -> str:
    code = own("mine")
    for old, new in changes:
        assert old in code
        code = code.replace(old, new)
    (tmp_path / "mine.py").write_text(code)
    return "\n".join(check(read_lesson(tmp_path / "mine.py"), [scene()], ["7"]))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("answer = [len(", "answer = [1 + len(", "its code gives 8 scores, not 7 scores"),
        ("answer = [len(", "answer = (len(", "its code fails with SyntaxError"),
        ("answer = [len", "other = [len", "its code leaves no answer"),
        ("[count - 1], reasons", "[count], reasons", "it knows no wrong answer here"),
        ("reasons.BACKGROUND", "'forgot ' * 20", "is empty or too long"),
        ('"Scores"', '"S" * 99', "title has 99 characters"),
        ('text=f"There', 'text="x" * 501 + f"There', "text has"),
        ('"The head must be able to say so."', '""', "give two"),
        (
            "rng.randrange(len(scene.trace.proposals))",
            "__import__('random').randrange(10**9)",
            "asked twice, it differs",
        ),
        ("    return (", "    return (), (", "must return a tuple of questions"),
        ("    return (", "    1 / 0\n    return (", "the lesson 'mine' fails on this picture (ZeroDivisionError"),
    ],
)
def test_what_is_wrong_with_a_lesson_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in faults_of(tmp_path, (old, new))


def test_a_lesson_that_is_never_asked_is_told(tmp_path: Path) -> None:
    refusing = ("    return (", "    raise CannotAsk('Not here.')\n    return (")
    told = faults_of(tmp_path, ("import Field", "import CannotAsk, Field"), refusing)
    assert told == "it asked nothing on any of these pictures (Not here.)."


def test_pictures_are_drawn_by_the_seed_among_those_that_fit() -> None:
    follow, pictures = BUILT_IN[0], keys(8)
    drawn = [follow.find_scene(pictures, scene, str(seed), Stage.PREDICT).key for seed in range(5)]
    assert len(set(drawn)) > 1
    assert drawn[0] == follow.find_scene(reversed(pictures), scene, "0", Stage.PREDICT).key
    second = follow.find_scene(pictures[:2], scene, "0", Stage.TRANSFER, other_than=pictures[0])
    assert second.key == pictures[1]
    with pytest.raises(CannotAsk, match="no other picture"):
        follow.find_scene(pictures[:1], scene, "0", Stage.TRANSFER, other_than=pictures[0])


def test_why_no_picture_fits_is_told() -> None:
    def strict(key: str) -> Scene:
        return scene(key).at(box_score_thresh=1.0)

    with pytest.raises(CannotAsk, match="Nothing is detected"):
        BUILT_IN[0].find_scene(keys(2), strict, "0", Stage.PREDICT)
