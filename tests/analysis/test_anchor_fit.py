"""The best anchor without making any: to the bit what torchvision's IoU with all of them gives."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.models.detection import FasterRCNN
from torchvision.ops import box_iou

from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids, count_anchors_over, fit_anchors, place_objects
from frcnn_viz.pipeline.boxes import to_input
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import build_tiny_fpn, make_image

MODEL = build_tiny_fpn()


def random_boxes(count: int, height: int, width: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    size = torch.tensor([width, height])
    sides = (torch.rand(count, 2, generator=generator) ** 2 * 0.9 + 0.02) * size
    corner = torch.rand(count, 2, generator=generator) * (size - sides)
    return torch.cat([corner, corner + sides], dim=1)


def placed(model: FasterRCNN, boxes: torch.Tensor, size: tuple[int, int], chosen: Settings) -> ObjectsOnGrids:
    image = torch.zeros(len(boxes), dtype=torch.int64)
    return place_objects(
        model, boxes, ["thing"] * len(boxes), image, [size], min_size=chosen.min_size, max_size=chosen.max_size
    )


@pytest.mark.parametrize("size", [(150, 200), (480, 640), (90, 300)])
def test_the_fit_is_the_best_of_all_anchors(tiny: FasterRCNN, size: tuple[int, int]) -> None:
    trace = Trace(tiny, make_image(*size))
    chosen = trace.settings
    boxes = random_boxes(60, *size, seed=1)
    objects = placed(tiny, boxes, size, chosen)
    assert torch.equal(objects.boxes, to_input(boxes, size, trace.input.input_size))
    quality = box_iou(objects.boxes, trace.anchors.boxes)
    fit = fit_anchors(objects, chosen.anchor_sizes, chosen.aspect_ratios)
    assert torch.equal(fit.iou, quality.max(dim=1).values)
    assert torch.equal(fit.iou, box_iou(objects.boxes, fit.anchors).diagonal())
    for threshold in (0.3, 0.5, 0.7):
        counts = count_anchors_over(objects, chosen.anchor_sizes, chosen.aspect_ratios, threshold)
        assert torch.equal(counts, (quality >= threshold).sum(dim=1))
        assert fit.recall(threshold) == float((quality.max(dim=1).values >= threshold).float().mean())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.floats(2, 300), min_size=1, max_size=2), min_size=4, max_size=4),
    st.lists(st.floats(0.2, 5), min_size=1, max_size=3),
    st.integers(0, 10**6),
)
def test_the_fit_holds_for_any_sizes(sizes: list[list[float]], ratios: list[float], seed: int) -> None:
    chosen = Settings.of(MODEL).replace(anchor_sizes=tuple(map(tuple, sizes)), aspect_ratios=(tuple(ratios),) * 4)
    trace = Trace(MODEL, make_image(120, 160), chosen)
    objects = placed(MODEL, random_boxes(12, 120, 160, seed), (120, 160), chosen)
    quality = box_iou(objects.boxes, trace.anchors.boxes)
    fit = fit_anchors(objects, chosen.anchor_sizes, chosen.aspect_ratios)
    assert torch.equal(fit.iou, quality.max(dim=1).values)
    counts = count_anchors_over(objects, chosen.anchor_sizes, chosen.aspect_ratios, 0.6)
    assert torch.equal(counts, (quality >= 0.6).sum(dim=1))


def test_objects_of_many_images_keep_their_own_grids(tiny_fpn: FasterRCNN) -> None:
    chosen = Settings.of(tiny_fpn)
    image_sizes = [(150, 200), (90, 300)]
    boxes = [random_boxes(10, *size, seed=3) for size in image_sizes]
    image = torch.tensor([0] * 10 + [1] * 10)
    mixed = place_objects(
        tiny_fpn, torch.cat(boxes), ["a"] * 20, image, image_sizes, min_size=chosen.min_size, max_size=chosen.max_size
    )
    together = fit_anchors(mixed, chosen.anchor_sizes, chosen.aspect_ratios).iou
    alone = [
        fit_anchors(placed(tiny_fpn, b, size, chosen), chosen.anchor_sizes, chosen.aspect_ratios).iou
        for b, size in zip(boxes, image_sizes, strict=True)
    ]
    assert torch.equal(together, torch.cat(alone))
    assert len(mixed.take(image == 1)) == 10


def test_no_objects_fit_nothing(tiny: FasterRCNN) -> None:
    chosen = Settings.of(tiny)
    objects = placed(tiny, torch.zeros(0, 4), (100, 100), chosen)
    assert len(fit_anchors(objects, chosen.anchor_sizes, chosen.aspect_ratios).iou) == 0
    assert len(count_anchors_over(objects, chosen.anchor_sizes, chosen.aspect_ratios, 0.7)) == 0
