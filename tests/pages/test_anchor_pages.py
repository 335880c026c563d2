"""The anchor lab, the conventions, and matching under glass."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from torchvision.models.detection.anchor_utils import AnchorGenerator

from frcnn_viz.analysis.conventions import centred_anchors, inside_count, published_anchors, torchvision_anchors
from tests.pages.opening import open_page


def labels(test: AppTest) -> list[str]:
    """Of the objects of the image, as the lab's table gives them."""
    (table,) = [frame.value for frame in test.dataframe if "label" in frame.value.columns]
    return table["label"].tolist()


def test_a_smaller_anchor_makes_tiny_birds_positive_by_iou() -> None:
    test = open_page("lab", image="tiny-birds", min_size="480", max_size="640")
    test.selectbox(key="lab_preset").set_value("torchvision, five levels: 32 to 512").run()
    assert test.session_state["settings"].anchor_sizes == ((32,), (64,), (128,), (256,), (512,))
    before = labels(test)
    test.slider(key="size_0_0").set_value(12).run()
    after = labels(test)
    assert not test.exception
    assert sum(old == "best match only" and new == "IoU ≥ 0.7" for old, new in zip(before, after, strict=True)) > 0


def test_a_search_is_shown_and_used() -> None:
    test = open_page("lab", image="football")
    assert any("no promise of better average precision" in caption.value for caption in test.caption)
    assert any("are few to choose 15 anchors by" in warning.value for warning in test.warning)
    test.button(key="lab_search").click().run()
    assert "in 300 steps" in test.success[0].value
    assert "AnchorGenerator(" in test.code[0].value
    test.button(key="lab_use").click().run()
    sizes, ratios, _ = test.session_state["lab_found"]
    assert (test.session_state["settings"].anchor_sizes, test.session_state["settings"].aspect_ratios) == (
        sizes,
        ratios,
    )
    assert not test.exception


def test_other_sets_and_anchors_that_do_not_fit_the_head() -> None:
    test = open_page("lab", anchor_sizes="8_12|16|32|64|128")
    assert "It cannot be run: level 0 has 6 anchors per cell" in " ".join(info.value for info in test.info)
    test = open_page("lab", model="street-c4")
    key = next(control.key for control in test.button_group if control.key.startswith("lab_set"))
    test.button_group(key=key).set_value("the sample scenes").run()
    assert not test.exception
    (table,) = [frame.value for frame in test.dataframe if "group" in frame.value.columns]
    assert int(table["objects"][0]) > 90


def test_a_convention_sets_its_numbers() -> None:
    test = open_page("conventions")
    table = test.dataframe[0].value
    assert table["inside"].tolist() == [8940, 9132, 9321]
    assert set(table["of"]) == {22500}
    test.button(key="use_paper").click().run()
    assert test.session_state["settings"].box_batch_size_per_image == 128
    assert test.query_params["rpn_min_size"] == "16.0"
    test.button(key="use_tutorial").click().run()
    settings = test.session_state["settings"]
    matches_positive = settings.rpn_batch_size_per_image // 2
    assert matches_positive > 0
    assert not test.exception


def test_every_figure_said_about_the_conventions_is_so() -> None:
    told = " ".join(markdown.value for markdown in open_page("conventions").markdown)
    exact, published, torchvision = (make(50, 50) for make in (centred_anchors, published_anchors, torchvision_anchors))
    inside = [
        inside_count(boxes, 800, 800) for boxes in (exact, exact - 8, torchvision)
    ]  # 0.5 and 0 as Detectron2's offset
    assert inside == [8_940, 9_321, 9_321]
    assert "with 0 9,321 of these stay inside, as of torchvision's, with 0.5 8,940" in told
    assert f"nine anchors each: {len(exact):,}" in told
    wide, tall = 0, 6  # of the nine, at scale 8
    pairs = []
    for shape in (tall, wide):
        of_code = published[shape, 2:] - published[shape, :2] + 1  # both corners are counted
        of_paper = exact[shape, 2:] - exact[shape, :2]
        pairs.append(("{:.0f} x {:.0f}".format(*of_code), "{:.1f} x {:.1f}".format(*of_paper)))
    assert f"its tall anchors are a little smaller, {pairs[0][0]} for {pairs[0][1]}" in told
    assert f"its wide ones a little larger, {pairs[1][0]} for {pairs[1][1]}" in told
    (x0, y0, x1, y1) = torchvision[wide].tolist()
    assert f"where torchvision makes {pairs[1][1]} to {x1 - x0:.0f} x {y1 - y0:.0f}" in told
    for ratio, name in ((2, "at ratio 2, "), (0.5, "at ratio 0.5, ")):
        width = round((256 / ratio) ** 0.5)
        by_area = f"{16 * ratio**-0.5:.1f} x {16 * ratio**0.5:.1f}"
        assert f"{name}{width} x {round(width * ratio)} instead of {by_area}" in told
    # a square of 128 needs its centre between 64 and 736
    assert [sum(64 <= n <= 736 for n in range(start, 800, 16)) for start in (8, 0)] == [42, 43]
    assert "leaves 42 a row" in told
    assert "it leaves 43" in told


def test_torchvision_goes_through_the_sizes_of_each_ratio() -> None:
    (base,) = AnchorGenerator(((10, 100),), ((0.25, 4.0),)).cell_anchors
    widths = (base[:, 2] - base[:, 0]).tolist()
    assert widths == [20, 200, 4, 50]  # 5 is made to 4: half of it, 2.5, is rounded to even


@pytest.mark.parametrize("model", ["street-fpn", "street-c4"])
def test_an_object_shows_its_anchors_and_an_anchor_its_target(model: str) -> None:
    test = open_page("sampling", model=model, object="0")
    (ranked,) = [frame.value for frame in test.dataframe if "anchor" in frame.value.columns]
    assert ranked["IoU"].tolist() == sorted(ranked["IoU"], reverse=True)
    best = int(ranked["anchor"][0])
    test = open_page("sampling", model=model, object="0", anchor=str(best))
    (deltas,) = [frame.value for frame in test.dataframe if "target" in frame.value.columns]
    assert deltas["delta"].tolist() == ["tx", "ty", "tw", "th"]
    test = open_page("sampling", model=model, anchor="0")
    assert "It is not positive" in " ".join(caption.value for caption in test.caption)


def test_snapped_ground_truth_is_matched_instead() -> None:
    test = open_page("sampling")
    before = test.dataframe[-1].value["best IoU"].tolist()
    test.toggle(key="sampling_snap").set_value(True).run()
    assert not test.exception
    assert test.dataframe[-1].value["best IoU"].tolist() != before


def test_anchors_that_cross_the_border_are_left_out_when_asked() -> None:
    test = open_page("sampling", anchor="0")
    test.toggle(key="sampling_inside").set_value(True).run()
    assert not test.exception
    assert "Left out: it crosses the border of the picture." in [m.value for m in test.markdown]
