"""One object under stress: the picture is changed along one axis, and every stage is asked how well it still does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from frcnn_viz.analysis.case import IOU
from frcnn_viz.analysis.overlaps import Overlaps
from frcnn_viz.analysis.waterfall import STAGES, reached, stage_ious
from frcnn_viz.pipeline.boxes import check_finite
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace


@dataclass(frozen=True)
class Axis:
    """What is changed.

    Attributes:
        name: on the screen. unit: of its values. values: from mild to harsh.
        neutral: the value that changes nothing.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    neutral: float


AXES = {
    "shift": Axis("shift", "pixels to the right", tuple(range(33)), 0),
    "brightness": Axis("brightness", "times", (1.0, 0.85, 0.7, 0.55, 0.4, 0.3, 0.2, 0.12, 0.06), 1.0),
    "blur": Axis("blur", "sigma, pixels", (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0), 0.0),
    "occlusion": Axis("occlusion", "part of the object, from below", tuple(n / 10 for n in range(10)), 0.0),
    "image size": Axis("image size", "times", (1.0, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2), 1.0),
}


@dataclass(frozen=True, eq=False)
class Point:
    """One value of the axis.

    Attributes:
        value: of the axis. ious: float32 [stages], the best overlap of each stage with the object.
        objectness: the best of a candidate on it. score: the best of its class on it; both 0 where there is none.
        found: whether the last stage still has it.
    """

    value: float
    ious: Tensor
    objectness: float
    score: float
    found: bool


def stress(
    trace_of: Callable[[Tensor, Settings], Trace],
    image: Tensor,
    box_in_image: Tensor,
    label: int,
    axis: Axis,
    settings: Settings,
) -> Iterator[Point]:
    """Run the picture at every value of an axis.

    Args:
        trace_of: runs an image at settings.
        image: float32 [3, H, W] in 0..1.
        box_in_image: float32 [4], the object.
        label: its class.
        axis: of `AXES`.
        settings: of the detector; the image size scales `min_size` and `max_size`.

    Raises:
        ValueError: the box is not finite.
    """
    check_finite(box_in_image[None], "box")
    for value in axis.values:
        changed, box, at = _change(image, box_in_image, axis, value, settings)
        trace = trace_of(changed, at)
        overlaps = Overlaps(trace, box[None], torch.tensor([label]))
        ious = stage_ious(overlaps)[0]
        first, second = overlaps.candidates[0] >= IOU, overlaps.refined[0] >= IOU
        objectness = float(trace.proposals.scores[first].max()) if bool(first.any()) else 0.0
        score = float(trace.rois.scores[second, label].max()) if bool(second.any()) else 0.0
        yield Point(value, ious, objectness, score, bool(ious[-1] >= IOU))


def breaks_first(points: list[Point]) -> tuple[float, str] | None:
    """The first value at which the object is lost, and the stage that loses it; None where it never is."""
    for point in points:
        if not point.found:
            return point.value, STAGES[int(reached(point.ious[None], IOU))]
    return None


def _change(
    image: Tensor, box: Tensor, axis: Axis, value: float, settings: Settings
) -> tuple[Tensor, Tensor, Settings]:
    if value == axis.neutral:
        return image, box, settings
    if axis.name == "shift":
        by = int(value)
        moved = torch.cat([image[:, :, :1].expand(-1, -1, by), image[:, :, : image.shape[2] - by]], dim=2)
        x0, y0, x1, y1 = box.tolist()
        width = image.shape[2]
        return moved, torch.tensor([min(x0 + by, width - 1.0), y0, min(x1 + by, float(width)), y1]), settings
    if axis.name == "brightness":
        return image * value, box, settings
    if axis.name == "blur":
        size = 2 * int(3 * value) + 1
        return F.gaussian_blur(image, [max(size, 3)] * 2, [value, value]), box, settings
    if axis.name == "occlusion":
        x0, y0, x1, y1 = (round(v) for v in box.tolist())
        covered = image.clone()
        covered[:, max(y0, round(y1 - value * (y1 - y0))) : y1, x0:x1] = 0.5
        return covered, box, settings
    resize = {
        "min_size": max(32, round(settings.min_size * value)),
        "max_size": max(32, round(settings.max_size * value)),
    }
    return image, box, settings.replace(**resize)
