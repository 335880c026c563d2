"""The anchor lab, and the conventions."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from torchvision.models.detection.anchor_utils import AnchorGenerator

from frcnn_viz.analysis.conventions import centred_anchors, inside_count, published_anchors, torchvision_anchors
from frcnn_viz.ui import session
from frcnn_viz.ui.session import Session
from tests.pages.opening import open_page


def labels(test: AppTest) -> list[str]:
    """Of the objects of the image, as the lab's table gives them."""
    (table,) = [frame.value for frame in test.dataframe if "label" in frame.value.columns]
    return table["label"].tolist()


def seen(test: AppTest) -> Session:
    """What the page was made of."""
    return session.of(test.session_state["view"])


def test_a_smaller_anchor_makes_tiny_birds_positive_by_iou() -> None:
    test = open_page("lab", image="tiny-birds", min_size="480", max_size="640")
    test.selectbox(key="lab_preset").set_value("torchvision, five levels: 32 to 512").run()
    assert seen(test).settings.anchor_sizes == ((32,), (64,), (128,), (256,), (512,))
    assert test.selectbox(key="lab_preset").value == "torchvision, five levels: 32 to 512"
    before = labels(test)
    test = open_page("lab", image="tiny-birds", min_size="480", max_size="640", anchor_sizes="12|64|128|256|512")
    after = labels(test)
    assert sum(old == "best match only" and new == "IoU ≥ 0.7" for old, new in zip(before, after, strict=True)) > 0
    assert test.selectbox(key="lab_preset").value is None


def test_a_preset_taken_away_leaves_the_sizes() -> None:
    test = open_page("lab", anchor_sizes="8|16|32|64|128")
    test.selectbox(key="lab_preset").set_value("the detector's own").run()
    assert not test.session_state["view"].changes
    test.selectbox(key="lab_preset").set_value(None).run()
    assert not test.exception
    assert test.selectbox(key="lab_preset").value == "the detector's own"


def test_a_search_is_shown_and_used() -> None:
    test = open_page("lab", image="football", **{"lab.tab": "search"})
    assert any("no promise of better average precision" in caption.value for caption in test.caption)
    assert any("are few to choose 15 anchors by" in warning.value for warning in test.warning)
    test.button(key="lab_search").click().run()
    assert "in 300 steps" in test.success[0].value
    assert "AnchorGenerator(" in test.code[0].value
    test.button(key="lab_use").click().run()
    found = test.session_state["kept_lab_found"]
    assert (seen(test).settings.anchor_sizes, seen(test).settings.aspect_ratios) == (found["sizes"], found["ratios"])
    assert not test.exception


def test_the_objective_and_the_seed_of_a_search_are_in_the_link() -> None:
    test = open_page("lab", **{"lab.tab": "search", "lab.objective": "recall_50", "lab.seed": "7"})
    assert test.selectbox(key="option_lab.objective").value == "recall_50"
    test.number_input(key="option_lab.seed").set_value(8).run()
    link = test.session_state["view"].link()
    assert (link["lab.objective"], link["lab.seed"]) == ("recall_50", "8")


def test_other_sets_and_anchors_that_do_not_fit_the_head() -> None:
    test = open_page("lab", anchor_sizes="8_12|16|32|64|128", **{"lab.tab": "trained_head"})
    assert "It cannot be run: level 0 has 6 anchors per cell" in " ".join(info.value for info in test.info)
    test = open_page("lab", model="street-c4", set="samples", **{"lab.tab": "whole_set"})
    (table,) = [frame.value for frame in test.dataframe if "group" in frame.value.columns]
    assert int(table["objects"][0]) > 90


def test_the_whole_sets_figures_are_of_the_detectors_own_sizes_and_of_these() -> None:
    def mean_iou(**link: str) -> list[str]:
        test = open_page("lab", set="samples", **link, **{"lab.tab": "whole_set"})
        (table,) = [frame.value for frame in test.dataframe if "group" in frame.value.columns]
        return table["mean best IoU"][0].split(" → ")

    own, same = mean_iou()
    assert own == same
    before, now = mean_iou(anchor_sizes="12|24|64|96|176")
    assert before == own
    assert now != own


def test_three_programs_count_differently() -> None:
    test = open_page("conventions")
    assert [metric.value for metric in test.metric] == ["8,940", "9,132", "9,321"]
    assert all("of 22,500" in metric.help for metric in test.metric)


def test_a_convention_sets_its_numbers() -> None:
    test = open_page("conventions", **{"conventions.tab": "how_sampled"})
    test.button(key="use_paper").click().run()
    assert seen(test).settings.box_batch_size_per_image == 128
    assert test.session_state["view"].link()["rpn_min_size"] == "16.0"
    test.button(key="use_tutorial").click().run()
    assert seen(test).settings.rpn_batch_size_per_image // 2 > 0
    assert not test.exception


def test_every_figure_said_about_the_conventions_is_so() -> None:
    told = " ".join(markdown.value for markdown in open_page("conventions", **{"conventions.tab": "why"}).markdown)
    exact, published, torchvision = (make(50, 50) for make in (centred_anchors, published_anchors, torchvision_anchors))
    inside = [
        inside_count(boxes, 800, 800) for boxes in (exact, exact - 8, torchvision)
    ]  # 0.5 and 0 as Detectron2's offset
    assert inside == [8_940, 9_321, 9_321]
    assert "with 0, 9,321 of these stay inside, as do torchvision's; with 0.5, 8,940" in told
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
