"""What the anchor sliders send back is read, and anything else is not."""

from __future__ import annotations

from typing import Any

import pytest

from frcnn_viz.ui.anchor_dials import _read


def test_what_the_sliders_send_is_read() -> None:
    message = {"sizes": [[12, 24.5], [48]], "ratios": [[0.5, 1], [2]]}
    assert _read(message) == (((12.0, 24.5), (48.0,)), ((0.5, 1.0), (2.0,)))


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "sizes",
        {"sizes": [[1]]},
        {"sizes": [1], "ratios": [[1]]},
        {"sizes": [["a"]], "ratios": [[1]]},
        {"sizes": [[None]], "ratios": [[1]]},
        {"sizes": [[float("nan")]], "ratios": [[1]]},
        {"sizes": [[10**400]], "ratios": [[1]]},
    ],
)
def test_anything_else_is_not(message: Any) -> None:
    assert _read(message) is None
