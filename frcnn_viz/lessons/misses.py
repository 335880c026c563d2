"""Objects that a detector misses, for lessons: on the picture as it is, or with one setting made tighter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from frcnn_viz.analysis.autopsy import Autopsy, examine
from frcnn_viz.analysis.case import IOU, rank_in_level
from frcnn_viz.analysis.outcomes import UNKNOWN
from frcnn_viz.analysis.overlaps import Overlaps
from frcnn_viz.analysis.verdicts import Finding
from frcnn_viz.analysis.waterfall import reached
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.lessons.forms import Box
from frcnn_viz.lessons.lesson import CannotAsk
from frcnn_viz.lessons.scene import Scene

TIGHTER: dict[str, tuple[float, ...]] = {
    "rpn_pre_nms_top_n": (5, 10, 20, 40),
    "rpn_nms_thresh": (0.1, 0.2, 0.3),
    "rpn_post_nms_top_n": (5, 10, 20, 30),
    "box_score_thresh": (0.8, 0.9, 0.95, 0.98),
    "box_nms_thresh": (0.01, 0.05, 0.1, 0.2),
    "box_detections_per_img": (2, 3, 5, 8),
}
"""Values of settings with which something is lost on most pictures."""
CLEAR = 0.01
"""How far from 0.5 every IoU is, so that two digits tell on which side it lies."""


@dataclass(frozen=True, eq=False)
class Miss:
    """An object that is not found.

    Attributes:
        there: the scene at the settings with which it is not. object: its place on the pages. finding: why.
        stage: place of the stage that lost it in the waterfall. ious: float32 [S], its best IoU after each of them.
        autopsy: of all objects.
    """

    there: Scene
    object: int
    finding: Finding
    stage: int
    ious: Tensor
    autopsy: Autopsy

    @property
    def name(self) -> str:
        """The object's class."""
        return self.there.truth.names[self.object]

    @property
    def box(self) -> Box:
        """The object, in pixels of the picture."""
        x0, y0, x1, y1 = self.there.truth.boxes_in_image[self.object].tolist()
        return x0, y0, x1, y1

    @property
    def label(self) -> int:
        """The object's, of the detector."""
        return int(self.autopsy.labels[self.object])


def misses(scene: Scene, rng: Random, takes: Callable[[Finding], bool] = lambda finding: True) -> Iterator[Miss]:
    """Objects of the picture that are missed at some settings, in an order drawn at random.

    Args:
        scene: with ground truth.
        rng: what they are drawn from.
        takes: whether the lesson has a use for a miss.
    """
    for there in settings_to_try(scene, rng):
        autopsy = examine(there.trace, there.truth, there.classes)
        stages = reached(autopsy.ious, IOU).tolist()
        clear = ((autopsy.ious - IOU).abs() > CLEAR).all(dim=1).tolist()
        rows = [g for g, finding in enumerate(autopsy.findings) if finding.missed and takes(finding) and clear[g]]
        for g in rng.sample(rows, len(rows)):
            yield Miss(there, g, autopsy.findings[g], stages[g], autopsy.ious[g], autopsy)


def settings_to_try(scene: Scene, rng: Random) -> Iterator[Scene]:
    """The scene as it is, and with one setting tighter, in an order drawn at random."""
    changes = [{}, *({name: rng.choice(values)} for name, values in TIGHTER.items())]
    for change in rng.sample(changes, len(changes)):
        raised = {name: value > getattr(scene.settings, name) for name, value in change.items()}
        if all(up == (name == "box_score_thresh") for name, up in raised.items()):
            yield scene.at(**change)


def a_miss(found: Iterator[Miss]) -> Miss:
    """The first.

    Raises:
        CannotAsk: there is none.
    """
    miss = next(found, None)
    if miss is None:
        raise CannotAsk("Nothing that this lesson can ask about is missed here; choose another picture.")
    return miss


def truth_code(truth: GroundTruth, labels: Tensor) -> str:
    """Python that makes `boxes`, `labels`, `crowd` and `difficult` of the objects of a picture."""
    return f"""
boxes, labels = torch.tensor({truth.boxes_in_image.tolist()}), torch.tensor({labels.tolist()})
crowd, difficult = torch.tensor({truth.crowd.tolist()}), torch.tensor({truth.difficult.tolist()})
"""


def best_score(miss: Miss) -> float:
    """The best score for its class among the boxes refined as that class that are on the object; 0 without one."""
    trace, label = miss.there.trace, miss.label
    on_it = overlaps(miss.there, miss.box).of(trace.rois.boxes[:, label])[0] >= IOU
    return float(trace.rois.scores[on_it, label].max()) if on_it.any() else 0.0


def best_rank(miss: Miss) -> int:
    """The best place by objectness, within its level, of the boxes that the RPN moved onto the object, 1 the first."""
    trace = miss.there.trace
    on_it = (overlaps(miss.there, miss.box).moved[0] >= IOU).nonzero()[:, 0].tolist()
    return min((rank_in_level(trace, anchor) for anchor in on_it), default=0)


def overlaps(scene: Scene, box: Box) -> Overlaps:
    """The tables of one box of the picture, whatever its class."""
    return Overlaps(scene.trace, torch.tensor([box]), torch.tensor([UNKNOWN]))
