"""Colours that carry text."""

from __future__ import annotations

from frcnn_viz.figures.palette import BLUE, GREY, SKY, VERMILION, text_on


def test_text_on_a_colour_is_black_or_white_whichever_stands_out() -> None:
    """Of the palette only blue takes white: 5.2 to 1, and black 4.0; on vermilion black has 5.4, white 3.9."""
    assert [text_on(of) for of in ("#000000", "#FFFFFF")] == ["#FFFFFF", "#000000"]
    assert [text_on(of) for of in (BLUE, SKY, VERMILION, GREY)] == ["#FFFFFF", "#000000", "#000000", "#000000"]
