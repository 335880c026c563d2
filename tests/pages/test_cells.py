"""The photographs of blood cells are offered, and looked at, as the drawn scenes are."""

from __future__ import annotations

import pytest
import torch

from frcnn_viz.data.samples import sample_picture, samples_of
from frcnn_viz.words import word
from tests.pages.opening import open_app, open_page, seen

CELLS = samples_of("cells")


def test_they_are_offered_and_gone_through() -> None:
    test = open_app(image=CELLS[0], set="cells")
    assert not test.exception
    assert not test.error
    assert test.sidebar.selectbox(key="choose_image").value == CELLS[0]
    assert "Blood cells 24" in test.sidebar.selectbox(key="choose_image").options
    assert word("set.cells").term in test.sidebar.selectbox(key="choose_set").options
    assert test.sidebar.selectbox(key="choose_set").value == "cells"
    assert any("blood smear" in caption.value for caption in test.sidebar.caption)
    test.sidebar.button(key="previous").click().run()
    assert seen(test).image == CELLS[-1]
    test.sidebar.button(key="next").click().run()
    assert seen(test).image == CELLS[0]


@pytest.mark.parametrize("page", ["images/check", "images/draw", "lab/whole_set", "autopsy", "proposals"])
def test_a_page_opens_on_them(page: str) -> None:
    test = open_page(page, image=CELLS[5], set="cells")
    assert not test.error


def test_the_check_counts_the_cells() -> None:
    test = open_page("images/check", set="cells")
    assert "Of the blood cells." in [caption.value for caption in test.caption]
    assert any("Nothing is wrong" in one.value and "24 images" in one.value for one in test.success)


def test_a_detector_that_knows_the_pictures_classes_is_offered() -> None:
    test = open_app(model="street-fpn", image="cells-014")
    assert "knows none of the classes" in " ".join(caption.value for caption in test.sidebar.caption)
    test.sidebar.button(key="open_knowing").click().run()
    assert seen(test).model == "cells-fpn"
    assert "open_knowing" not in [button.key for button in test.sidebar.button]
    assert not test.exception


def test_the_code_opens_the_same_photograph() -> None:
    names: dict[str, torch.Tensor] = {}
    exec(open_page("input/code", image=CELLS[0]).code[0].value, names)
    assert torch.equal(names["image"], sample_picture(CELLS[0])[0].tensor)
