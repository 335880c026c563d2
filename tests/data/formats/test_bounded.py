"""JSON that is read in pieces is the same as read whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frcnn_viz.data.formats import bounded
from tests.data.formats.made import json_values


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])
def test_json_is_read_in_pieces_as_if_it_were_whole(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [{"id": n, "file_name": f"Bild \u00e4\U0001f600 {n}.png", "width": n + 10} for n in range(12)]
    boxes = [[1.25, 2e1, 123456789, 4], [0, -0.5, 1e-3, 7]]
    notes = [
        {"image_id": n, "category_id": 1, "bbox": box, "note": ["]", {"a": '"}'}]} for n in range(12) for box in boxes
    ]
    content = {
        "info": {},
        "x": 12.5,
        "licenses": [],
        "images": images,
        "annotations": notes,
        "y": [1, [2], "z"],
        "z": 345,
    }
    text = json.dumps({**content, "categories": [{"id": 1, "name": "cat"}]}, ensure_ascii=False, indent=1)
    whole = list(bounded.read_json(text.encode(encoding), "a.json"))
    assert [item for key, item in whole if key == "images"] == images
    assert [item for key, item in whole if key == "annotations"] == notes
    assert [item for key, item in whole if key in "xyz"] == [12.5, 1, [2], "z", 345]
    for size in (1, 3, 7, 64):
        monkeypatch.setattr(bounded, "CHUNK", size)
        assert list(bounded.read_json(text.encode(encoding), "a.json")) == whole


@given(st.dictionaries(st.text(max_size=4), st.lists(json_values, max_size=3) | json_values, max_size=4))
def test_json_in_pieces_agrees_with_the_library(content: dict) -> None:
    text = json.dumps(content)
    assert json.dumps(json.loads(text)) == json.dumps(content)
    back: dict = {}
    for key, item in bounded.read_json(text.encode(), "a.json"):
        back.setdefault(key, []).append(item)
    expected = {key: (value or [()]) if isinstance(value, list) else [value] for key, value in content.items()}
    assert repr(back) == repr(expected)
