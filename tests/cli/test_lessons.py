"""`frcnn-viz lessons`: the list, the proof of a teacher's own, the grading of a class, sheets to print."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from frcnn_viz.cli import cli
from frcnn_viz.lessons import Stage
from frcnn_viz.lessons.record import Record, open_row
from frcnn_viz.lessons.shelf import BUILT_IN
from tests.lessons.scenes import scene

ROOT = Path(__file__).resolve().parents[2]
MINE = re.search(r"```python\n(\"\"\"How many scores.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)[1]


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["lessons", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "mine.py").write_text(MINE)
    return folder


def test_every_lesson_is_listed_with_its_needs(own: Path) -> None:
    told = json.loads(run("list", "--lessons", own, "--json", "-").stdout)["lessons"]
    assert [one["number"] for one in told] == [*(lesson.number for lesson in BUILT_IN), 17]
    assert {one["name"]: one["needs"] for one in told}["fit"] == ["An object at least."]
    assert "Count the anchors" in run("list").stdout


def test_a_teacher_s_own_lesson_is_proved(own: Path) -> None:
    assert run("check", own / "mine.py", "--pictures", 1).stdout == "scores: all is well on 1 picture\n"
    (own / "other.py").write_text(
        MINE.replace("right=[count]", "right=[count + 5]").replace('17, name="scores"', '18, name="o"')
    )
    (own / "broken.py").write_text("x =")
    told = run("check", own, "--pictures", 1, code=1)
    assert "scores: all is well" in told.stdout
    assert "its code gives" in told.stdout
    assert "left out: broken.py cannot be run (line 1" in told.stderr


def test_a_class_is_graded_into_a_table_that_no_spreadsheet_runs(tmp_path: Path) -> None:
    lesson, where = BUILT_IN[2], scene("fog")
    question = lesson.questions(where, "0")[0]
    row = open_row(lesson.name, Stage.PREDICT, question, where)
    row = row.answered(question, question.wrong[0].answer, 1.7e9, 60.0).answered(question, question.right, 1.7e9, 90.0)
    record = Record("=HYPERLINK(1)", "0", (row, replace(row, lesson="@mine")))
    (tmp_path / "-a.json").write_bytes(record.to_json())
    (tmp_path / "b.json").write_bytes(b"{}")
    table = tmp_path / "out.csv"
    told = run("grade", tmp_path, "--csv", table, "--json", "-")
    assert "left out: b.json is no record of lessons" in told.stderr
    content = json.loads(told.stdout)
    made = {"lesson": lesson.name, "mistake": question.wrong[0].reason, "students": 1, "mended": 1}
    assert content["mistakes"] == [made]
    rows = list(csv.DictReader(table.open(encoding="utf-8-sig")))
    assert [(one["file"], one["student"]) for one in rows] == [("'-a.json", "'=HYPERLINK(1)")] * 2
    assert [(one["lesson"], one["points"]) for one in rows] == [(lesson.name, "0.667"), ("'@mine", "0.0")]
    assert (rows[0]["mistakes"], rows[0]["minutes"]) == (question.wrong[0].reason, "1.5")
    assert "There is no lesson '@mine' here" in rows[1]["problems"]
    assert question.wrong[0].reason in run("grade", tmp_path).stdout


class Page(HTMLParser):
    """What a browser would be asked to fetch, and the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched, self.words = [], ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "iframe", "object")
        self.fetched += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_sheet_has_the_questions_and_another_the_answers(tmp_path: Path) -> None:
    plain, solved = (tmp_path / name for name in ("sheet.html", "answers.html"))
    about = ("2", "count", 4, "delta", "--picture", "fog", "--seed", "<7>")
    assert run("sheet", *about, "--out", plain).stdout == f"{plain}: 4 lessons, 7 questions\n"
    run("sheet", *about, "--answers", "--out", solved)
    asked, told = (Page(path.read_text(encoding="utf-8")) for path in (plain, solved))
    where = scene("fog")
    for lesson in BUILT_IN[1:5]:
        for question in lesson.questions(where, "<7>"):
            assert question.text in asked.words
            assert question.text in told.words
            assert question.why in told.words
            assert question.why not in asked.words
            assert all(wrong.reason in told.words for wrong in question.wrong)
    assert "Seed: <7>" in asked.words
    for page in (asked, told):
        assert page.fetched
        assert all(address.startswith("data:image/jpeg;base64,") for address in page.fetched)


def test_what_cannot_be_asked_is_told(tmp_path: Path) -> None:
    about = ("--picture", ROOT / "assets" / "icon.png", "--out", tmp_path / "sheet.html")
    told = run("sheet", 3, 4, *about)
    assert "left out: 4. Which anchor fits: Nobody has drawn an object" in told.stderr
    assert "1 lesson, 2 questions" in told.stdout
    with pytest.raises(ValueError, match="no lesson '99'"):
        run("sheet", 99)
