"""How good a detector under training is: losses, average precision and recall after every stage on pictures kept apart.

All comes from one trace of each picture, in evaluation mode: also the losses, which torchvision gives in training mode
alone, where looking would move the batch norms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.metrics import coco_metrics
from frcnn_viz.analysis.overlaps import Overlaps
from frcnn_viz.analysis.waterfall import STAGES, recalls, stage_ious
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.training.loop import evaluating
from frcnn_viz.training.samples import Samples

IOU = 0.5
"""The overlap at which an object counts as reached."""


@dataclass(frozen=True)
class Evaluation:
    """Figures of one step; nan where there is nothing to measure.

    Attributes:
        losses: the four of torchvision, means over the pictures.
        ap, ap50: COCO's, over all classes. per_class: AP of each.
        recall: after each stage, the part of the objects that a box overlaps by 0.5.
        detections: boxes found in all pictures. images, objects: how many were looked at.
    """

    losses: dict[str, float]
    ap: float
    ap50: float
    per_class: dict[str, float]
    recall: dict[str, float]
    detections: int
    images: int
    objects: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Evaluation:
        """What `to_dict` wrote.

        Raises:
            TypeError, KeyError: it is something else.
        """
        return cls(**content)


@dataclass(frozen=True, eq=False)
class Looks:
    """What a detector made of pictures, at the network's size.

    Attributes:
        predictions, truths: of each picture, as `coco_metrics` takes them.
        ious: of every object, picture by picture, as `stage_ious` gives them: float32 [G, len(STAGES)].
        losses: the four of torchvision, means over the pictures.
    """

    predictions: list[dict[str, Tensor]]
    truths: list[GroundTruth]
    ious: Tensor
    losses: dict[str, float]

    @property
    def recall(self) -> dict[str, float]:
        """After each stage, the part of the objects that a box overlaps by `IOU`."""
        return dict(zip(STAGES, recalls(self.ious, IOU), strict=True))


def evaluate_samples(
    model: FasterRCNN,
    samples: Samples,
    classes: Sequence[str],
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """The figures of a detector under training; arguments as `look_at` takes them."""
    looks = look_at(model, samples, classes, tell)
    metrics = coco_metrics(looks.predictions, looks.truths, classes)
    return Evaluation(
        losses=looks.losses,
        ap=metrics.AP,
        ap50=metrics.AP50,
        per_class=metrics.per_class,
        recall=looks.recall,
        detections=sum(len(one["boxes"]) for one in looks.predictions),
        images=len(samples),
        objects=sum(len(truth) for truth in looks.truths),
    )


def look_at(
    model: FasterRCNN,
    samples: Samples,
    classes: Sequence[str],
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Looks:
    """Look at every picture once. The model's modes are as before when it is done; its weights are only read.

    Args:
        model: under training.
        samples: pictures and objects at the network's size; all is measured there.
        classes: names of the labels 1, 2 ....
        tell: called with the pictures done and their number; what it raises stops.
    """
    predictions, truths, ious = [], [], []
    losses: dict[str, float] = {}
    with evaluating(model):
        for index, (image, boxes, labels) in enumerate(_each(samples)):
            tell(index, len(samples))
            story = Trace(model, image)
            found = story.detections
            parts = {"boxes": found.boxes_in_image, "labels": found.labels, "scores": found.scores}
            predictions.append({name: tensor.cpu() for name, tensor in parts.items()})
            truths.append(GroundTruth(boxes, tuple(classes[label - 1] for label in labels.tolist())))
            ious.append(stage_ious(Overlaps(story, boxes, labels)))
            for name, loss in story.losses(boxes, labels).by_name.items():
                losses[name] = losses.get(name, 0.0) + loss.item() / len(samples)
    return Looks(predictions, truths, torch.cat(ious), losses)


def _each(samples: Samples) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    for image, boxes, labels in zip(samples.images, samples.boxes, samples.labels, strict=True):
        yield torch.tensor(image).to(torch.float32) / 255, boxes, labels
