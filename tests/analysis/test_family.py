"""R-CNN, Fast R-CNN and Faster R-CNN on one picture: fair to each other, and to the trace."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from frcnn_viz import load_detector
from frcnn_viz.analysis.family import (
    Times,
    crop_regions,
    detect_in,
    fast_rcnn,
    faster_rcnn,
    rcnn,
    recall_by_count,
    time_stages,
)
from frcnn_viz.analysis.selective_search import (
    MOST_SIDE,
    Regions,
    Task,
    begin_search,
    read_search,
    search,
    search_regions,
)
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.data.samples import sample_picture
from frcnn_viz.extras import lacking
from frcnn_viz.pipeline.results import Detections
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.training.scenes import held_out_scenes

REGIONS = Regions(
    torch.tensor([[0.0, 0, 640, 480], [100, 100, 300, 260], [400, 20, 420, 200], [5, 5, 6, 6], [90, 240, 330, 400]]),
    ms=700.0,
    searched=(375, 500),
)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return Trace(load_detector("street-fpn", "cpu").model, sample_picture("first-street")[0].pixels)


def are_equal(ours: Detections, theirs: Detections) -> bool:
    names = ("boxes", "boxes_in_image", "labels", "scores")
    return all(torch.equal(getattr(ours, name), getattr(theirs, name)) for name in names)


@pytest.mark.parametrize(("detector", "scenes"), [("street-fpn", 20), ("street-c4", 4)])
def test_fast_rcnn_on_the_rpn_s_own_proposals_is_faster_rcnn(detector: str, scenes: int) -> None:
    model = load_detector(detector, "cpu").model
    found = 0
    for image, _, _ in held_out_scenes(scenes):
        trace = Trace(model, image)
        assert are_equal(detect_in(trace, trace.proposals.boxes), trace.detections)
        found += len(trace.detections)
    assert found > 4 * scenes


def test_fast_rcnn_finds_what_its_regions_are_on(trace: Trace) -> None:
    way = fast_rcnn(trace, REGIONS, time_stages(trace))
    assert (way.name, way.computed) == ("fast", len(REGIONS))
    assert way.times.regions == REGIONS.ms
    assert way.times.of_crops == 0
    boxes = REGIONS.boxes_in_image * torch.tensor(trace.input.scale * 2).flip(0)
    assert are_equal(way.detections, detect_in(trace, boxes))


def test_faster_rcnn_is_the_trace_and_its_times_are_of_all_its_stages(trace: Trace) -> None:
    ms = time_stages(trace)
    assert min(ms.values()) > 0
    way = faster_rcnn(trace, ms)
    assert way.detections is trace.detections
    assert len(way.regions_in_image) == way.computed == len(trace.proposals)
    assert way.times.total == sum(ms.values())


def test_crops_are_computed_in_any_portions(trace: Trace) -> None:
    once = crop_regions(trace, REGIONS, None, 99)
    crops = None
    for done in (2, 4, 5, 5):
        crops = crop_regions(trace, REGIONS, crops, 2)
        assert len(crops) == done
    assert torch.equal(crops.class_logits, once.class_logits)
    assert torch.equal(crops.box_regression, once.box_regression)


def test_the_head_says_of_a_crop_what_it_says_of_that_picture(trace: Trace) -> None:
    """R-CNN on one region is the same network on another picture, which shows the region alone."""
    square = torch.zeros(3, 112, 112)
    square[:, 20:90, 20:90] = 0.7
    of = Trace(trace.model, square, trace.settings.replace(min_size=112, max_size=112))
    inside = Regions(torch.tensor([[16.0, 16, 96, 96]]), 0.0, (112, 112))
    crops = crop_regions(of, inside, None, 1)
    assert crops.side == 80
    same = detect_in(of, torch.tensor([[16.0, 16, 96, 96]]))
    torch.testing.assert_close(crops.class_logits, same.rois.class_logits, atol=1e-4, rtol=1e-4)


def test_times_of_some_crops_are_extrapolated_and_said_to_be(trace: Trace) -> None:
    crops = crop_regions(trace, REGIONS, None, 2)
    some = rcnn(trace, REGIONS, crops)
    assert (some.computed, some.times.of_crops) == (2, 2)
    assert some.times.features == pytest.approx(crops.features_ms * len(REGIONS) / 2)
    assert set(some.detections.roi.tolist()) <= {0, 1}
    every = crop_regions(trace, REGIONS, crops, 99)
    whole = rcnn(trace, REGIONS, every)
    assert (whole.computed, whole.times.of_crops) == (5, 0)
    assert whole.times.features == every.features_ms


def test_without_regions_nothing_is_found(trace: Trace) -> None:
    none = Regions(torch.zeros(0, 4), 1.0, (375, 500))
    crops = crop_regions(trace, none, None, 50)
    assert len(crops) == len(rcnn(trace, none, crops).detections) == 0
    assert len(fast_rcnn(trace, none, time_stages(trace)).detections) == 0


def test_a_total_is_the_sum() -> None:
    assert Times(1.0, 20.0, 300.0).total == 321.0


def test_recall_grows_with_the_regions() -> None:
    truth = torch.tensor([[0.0, 0, 10, 10], [20, 20, 40, 40], [50, 0, 60, 10]])
    # IoU with the objects: none; 0.5 of the first; all of the second; 0.6 of the first
    regions = torch.tensor([[80.0, 80, 90, 90], [0, 0, 10, 5], [20, 20, 40, 40], [0, 0, 10, 6]])
    assert recall_by_count(truth, regions, 0.5).tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3])
    assert recall_by_count(truth, regions, 0.55).tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3])
    assert recall_by_count(truth, regions[:0], 0.5).tolist() == []


def test_the_same_picture_has_the_same_regions_in_every_process() -> None:
    image, truth = sample_picture("first-street")
    once, again = search_regions(image), search_regions(image)
    assert torch.equal(once.boxes_in_image, again.boxes_in_image)
    assert max(once.searched) == MOST_SIDE
    assert once.ms > 0
    height, width = image.size
    assert once.boxes_in_image.amin() >= 0
    assert once.boxes_in_image.amax(dim=0).tolist() == [*once.boxes_in_image.amax(dim=0)[:2].tolist(), width, height]
    assert (once.boxes_in_image[:, 2:] > once.boxes_in_image[:, :2]).all()
    assert recall_by_count(truth.boxes_in_image, once.boxes_in_image, 0.5)[-1] > 0.8


def test_a_search_that_takes_too_long_is_ended_and_told() -> None:
    child = begin_search(LoadedImage("flat", torch.zeros(3, 8, 8, dtype=torch.uint8)))
    with pytest.raises(ValueError, match="took more than 0 seconds and was ended"):
        read_search(child, 0)
    assert not child.is_running


@pytest.mark.parametrize("cv2", [None, ModuleType("cv2")], ids=["not installed", "without its contributed modules"])
def test_where_opencv_is_missing_a_sentence_says_what_to_install(
    cv2: ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", cv2)
    with pytest.raises(ValueError, match="Selective search needs OpenCV") as told:
        next(search(Task(np.zeros((8, 8, 3), np.uint8), (8, 8))))
    assert str(told.value) == lacking("compare")


@pytest.mark.parametrize("size", [(1, 1), (500, 1), (2, 300)])
def test_a_picture_of_any_size_has_at_least_itself(size: tuple[int, int]) -> None:
    """In this process the order may be another; the regions are the same."""
    (found,) = search(Task(np.zeros((*size, 3), np.uint8), (2 * size[0], 3 * size[1])))
    assert found.boxes_in_image.tolist() == [[0, 0, 3 * size[1], 2 * size[0]]]
