"""Names that a screen reader tells: what is one, and what the canvas says is chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from frcnn_viz.paths import APP
from tests.browser.names import is_a_name, names


def test_what_is_a_name() -> None:
    assert [is_a_name(text) for text in ("Zoom in", "+ class", "Final NMS IoU")] == [True] * 3
    bad = ("", "chevron_left icon", "history icon Open", "Step Step", "Final NMS IoU Final NMS IoU")
    assert [is_a_name(text) for text in bad] == [False] * 5


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (
            "proposals?image=night&rpn_nms_thresh=0.6",
            r"^night\.png, Street scenes, FPN, rpn_nms_thresh 0\.6: [\d,]+ boxes shown",
        ),
        ("proposals?candidate=3", r"Chosen: candidate 3: (kept|suppressed by NMS), score 0\.\d+, "),
        ("detections?detection=7", r"Chosen: [\w ]+ 7: [\w ]+, score 0\.\d+, "),
        ("autopsy?object=1", r"Chosen: object 1: [\w, ]+, "),
    ],
)
def test_the_canvas_names_what_is_seen_and_what_is_chosen(
    link: str, told: str, serve: Callable[[Path], str], page: Page, settled: Callable[[Page], None]
) -> None:
    page.goto(f"{serve(APP)}/{link}")
    settled(page)
    expect(page.locator("canvas.picture")).to_have_accessible_name(re.compile(told))


def test_buttons_have_their_names_before_the_script_that_they_press_has_come(
    serve: Callable[[Path], str], page: Page
) -> None:
    page.route("**/module/*.js", lambda route: None)  # never answered
    page.goto(f"{serve(APP)}/lessons")
    expect(page.locator(".desk .row button")).to_have_count(6)
    assert [one for one in names(page) if not is_a_name(one[1])] == []
