from __future__ import annotations

from pathlib import Path

import pytest

from frcnn_viz.data.annotations import AnnotatedImage, DataError
from frcnn_viz.data.lists import read_list

IMAGES = [
    AnnotatedImage("b.png", file="left/b.png"),
    AnnotatedImage("a b.jpg", file="a b.jpg"),
    AnnotatedImage("b.jpg", file="right/b.jpg"),
    AnnotatedImage("lost.png"),
]


@pytest.mark.parametrize(
    ("text", "places", "strange"),
    [
        ("right/b.jpg\nleft/b.png", [0, 2], []),
        ("b.jpg", [2], []),
        ("b", [0, 2], []),
        ("  a b  \r\n\r\n", [1], []),
        ("b.png -1", [0], []),
        ("lost", [3], []),
        ("c\nb.jpg\nc\n.", [2], ["c", "."]),
        ("", [], []),
    ],
)
def test_a_line_is_a_file_a_name_or_a_stem(tmp_path: Path, text: str, places: list[int], strange: list[str]) -> None:
    listed = tmp_path / "val.txt"
    listed.write_text(text)
    assert read_list(listed, IMAGES) == ([IMAGES[place] for place in places], strange)


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.txt cannot be read .*; check the path of the list"):
        read_list(tmp_path / "none.txt", IMAGES)
