"""What the canvas sends is read with suspicion."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from frcnn_viz.ui.box_canvas import Pick, _read


def test_a_click_is_read() -> None:
    click = {"x": 1, "y": 2.5, "layer": "detection", "id": 7}
    assert _read(SimpleNamespace(pick=click)) == Pick(1.0, 2.5, "detection", 7)
    assert _read(SimpleNamespace(pick={"x": 1, "y": 2})) == Pick(1.0, 2.0, None, None)


@pytest.mark.parametrize(
    "pick",
    [
        None,
        5,
        "pick",
        [1, 2],
        {"x": 1},
        {"x": "a", "y": 1},
        {"x": math.inf, "y": 1},
        {"x": 1, "y": math.nan},
        {"x": 10**400, "y": 1},
        {"x": 1, "y": 1, "id": math.inf},
        {"x": 1, "y": 1, "id": -1},
        {"x": 1, "y": 1, "id": [1]},
    ],
)
def test_nonsense_is_no_click(pick: Any) -> None:
    assert _read(SimpleNamespace(pick=pick)) is None
