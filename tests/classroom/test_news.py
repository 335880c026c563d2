"""What the teacher shows to everyone: the last of it, in order, and nothing where the file is not what was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from frcnn_viz.classroom.news import MOST_BYTES, MOST_WORDS, latest, push


def test_the_last_is_read_back_and_each_has_a_higher_number(tmp_path: Path) -> None:
    assert latest(tmp_path) is None
    pushed = [push(tmp_path, "night", "  Look\nhere  "), *(push(tmp_path, "fog", "") for _ in range(20))]
    assert (pushed[0].picture, pushed[0].words, pushed[0].page) == ("night", "Look here", "")
    assert [one.number for one in pushed] == sorted({one.number for one in pushed})
    assert latest(tmp_path) == pushed[-1]
    assert latest(tmp_path) is latest(tmp_path)
    one = push(tmp_path, "clip:crossing@3", "w" * 2 * MOST_WORDS, "proposals")
    assert latest(tmp_path) == one
    assert (len(one.words), one.page) == (MOST_WORDS, "proposals")


def test_a_clock_that_goes_back_makes_no_lower_number(tmp_path: Path) -> None:
    first = push(tmp_path, "night", "")
    path = tmp_path / "news.json"
    path.write_text(path.read_text().replace(str(first.number), str(first.number + 10**9)))
    assert push(tmp_path, "night", "").number == first.number + 10**9 + 1


@pytest.mark.parametrize(("picture", "page"), [("", ""), ("x" * 201, ""), ("night", "../x"), ("night", "x" * 31)])
def test_what_names_no_picture_or_page_is_not_pushed(picture: str, page: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="news name a picture"):
        push(tmp_path, picture, "", page)
    assert not (tmp_path / "news.json").exists()


GOOD = {"number": 5, "picture": "night", "words": "", "when": 1.0, "page": ""}


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "3", "null", "[" * 5000, " " * (MOST_BYTES + 1) + json.dumps(GOOD)),
        *(json.dumps({name: value for name, value in GOOD.items() if name != lacking}) for lacking in GOOD),
        *(json.dumps({**GOOD, "number": number}) for number in (0, -1, 2**53, 1e400, "x", None)),
        *(json.dumps({**GOOD, "when": when}) for when in (float("nan"), float("inf"), "x")),
        *(json.dumps({**GOOD, "page": page}) for page in ("<b>", "a" * 31)),
        json.dumps({**GOOD, "words": "x" * (MOST_WORDS + 1)}),
    ],
)
def test_a_file_that_is_none_of_ours_is_no_news(content: str, tmp_path: Path) -> None:
    (tmp_path / "news.json").write_text(content)
    assert latest(tmp_path) is None
    assert push(tmp_path, "night", "").number > 10**12
    assert latest(tmp_path).picture == "night"
