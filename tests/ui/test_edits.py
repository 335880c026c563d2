"""What the tools send is read with suspicion."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frcnn_viz.data.annotations import FLAGS, Object
from frcnn_viz.ui.edits import MAX_CLASSES, Edit, EditError, read_edit

SIZE = (480, 640)


def test_an_edit_is_read() -> None:
    message = {"boxes": [[1, 2.5, 30, 40, "cat", ["crowd"], "cat-1"]], "classes": ["cat", " dog "], "serial": "a:1"}
    cat = Object((1.0, 2.5, 30.0, 40.0), "cat", crowd=True, identity="cat-1")
    assert read_edit(message, SIZE) == Edit((cat,), ("cat", "dog"), "a:1")


def test_a_corner_that_is_no_number_stays_none() -> None:
    edit = read_edit({"boxes": [[None, 2, 3, 4, "cat", [], ""]], "classes": [], "serial": "s"}, SIZE)
    assert math.isnan(edit.objects[0].box[0])


@pytest.mark.parametrize(
    "boxes",
    [
        [[1, 2, 3, "cat", [], ""]],
        [["x", 2, 3, 4, "cat", [], ""]],
        [[1, 2, 3, 4, "", [], ""]],
        [[1, 2, 3, 1e9, "cat", [], ""]],
        [[1, 2, 3, math.inf, "cat", [], ""]],
        [[1, math.nan, 3, 4, "cat", [], ""]],
        [[1, 2, "inf", 4, "cat", [], ""]],
        [5],
        5,
        [[1, 2, 3, 4, "cat", 7, ""]],
        [[0, 0, 1, 1, "cat", [], ""]] * 5001,
    ],
)
def test_nonsense_is_refused_whole(boxes: Any) -> None:
    with pytest.raises(EditError):
        read_edit({"boxes": boxes, "classes": ["cat"], "serial": "s"}, SIZE)


def test_too_many_classes_are_refused() -> None:
    with pytest.raises(EditError, match="at most 200"):
        read_edit({"boxes": [], "classes": list(map(str, range(MAX_CLASSES + 1))), "serial": "s"}, SIZE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from(["boxes", "classes", "serial"]), inner),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_read_or_refused_in_a_sentence(message: Any) -> None:
    try:
        edit = read_edit(message, SIZE)
    except EditError:
        return
    for item in edit.objects:
        assert item.label
        assert all(isinstance(getattr(item, flag), bool) for flag in FLAGS)
