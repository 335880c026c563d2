"""The RPN fitted to other anchors in seconds: on features that are kept, from the weights it has, and nothing else.

Fitting costs something by itself, whatever the anchors are. So new anchors are compared with the detector's own after
as many steps on the same pictures: the control.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.metrics import coco_metrics
from frcnn_viz.analysis.waterfall import best_iou
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.variant import Variant, alter
from frcnn_viz.training.kept import MOST_BYTES, KeptPicture, detect_in, heads_of, keep, propose, rpn_losses
from frcnn_viz.training.loop import Loop
from frcnn_viz.training.recipe import Recipe, TrainingError

RECIPE = Recipe(steps=90, batch=4, learning_rate=1e-3, weight_decay=0.0, warm_up=10, decay="linear", decay_from=0.3)
IOU, TOP = 0.7, 50
"""Recall is the part of the objects that one of so many proposals overlaps by so much."""
FEATURES, MEASURE = "features", "measure"
OWN, OLD, REFITTED, CONTROL = "own", "old_head", "refitted", "control"
"""The detector as it is; its head on the new anchors; the refitted head on them; the own anchors, refitted too."""


@dataclass(frozen=True)
class Figures:
    """How good proposals are, and what the unchanged second stage makes of them; nan where nothing can be measured.

    Attributes:
        recall: of all objects, as `IOU` and `TOP` say. ap: COCO's, over the classes that the detector knows.
    """

    recall: float
    ap: float


@dataclass(frozen=True)
class Report:
    """Where a refit is.

    Attributes:
        phase: `FEATURES`, or the arm that is fitted or measured. done, total: pictures or steps of it.
        kept, left_out: pictures whose features are kept, and those for which there was no room.
        figures: of the arms that were measured.
    """

    phase: str
    done: int
    total: int
    kept: int
    left_out: int
    figures: dict[str, Figures]


class Refit:
    """The RPN of a detector fitted to other anchors, on the pictures of a set.

    Every second picture is learnt from; on the others all is measured.

    Attributes:
        pictures, truths: those whose features are kept, and what is on them. left_out: how many found no room.
        arms: the heads of each arm that was begun.
    """

    def __init__(
        self,
        model: FasterRCNN,
        classes: Sequence[str],
        variant: Variant,
        recipe: Recipe = RECIPE,
        seed: int = 0,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Nothing is computed yet.

        Args:
            model: in evaluation mode; it is only read.
            classes: of the model by label, the background first.
            variant: whose anchors are wanted.
            recipe: of both arms; flips and light have no part in it.
            seed: of every step, and of what is new in the head.
            most_bytes: of features that are kept.
        """
        self._model, self._classes, self._variant = model, classes, variant
        self._recipe, self._seed, self._most_bytes = recipe, seed, most_bytes
        self.pictures: list[KeptPicture] = []
        self.truths: list[GroundTruth] = []
        self.left_out = 0
        self.arms: dict[str, FasterRCNN] = {}
        self._figures: dict[str, Figures] = {}

    def run(self, pictures: Iterable[tuple[Tensor, GroundTruth]], count: int) -> Iterator[Report]:
        """Keep features, then measure and fit arm after arm; the last report has all figures.

        Args:
            pictures: read once: image as `keep` takes it, and what is on it.
            count: of them.

        Raises:
            ModelError: the anchors cannot be had. TrainingError: fewer than two pictures have objects, or a loss is
                not finite.
        """
        for arm, variant in ((OWN, None), (OLD, self._variant), (REFITTED, self._variant), (CONTROL, None)):
            self.arms[arm] = self._arm(variant)
        yield from self._keep(pictures, count)
        for arm, heads in self.arms.items():
            if arm in (REFITTED, CONTROL):
                yield from self._fit(arm, heads)
            if arm != OLD or fits(self._model, heads):  # else its head is partly new, and random
                yield from self._measure(arm, heads)
        yield self._report(CONTROL, 1, 1)

    def _arm(self, variant: Variant | None) -> FasterRCNN:
        heads = heads_of(self._model)
        if variant is None:
            return heads
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._seed)
            return alter(heads, variant, self._classes).eval()

    def _keep(self, pictures: Iterable[tuple[Tensor, GroundTruth]], count: int) -> Iterator[Report]:
        room = self._most_bytes
        for done, (image, truth) in enumerate(pictures):
            yield self._report(FEATURES, done, count)
            counted = truth.counted
            if not len(counted):
                continue
            if self.pictures and room < self.pictures[-1].nbytes:
                self.left_out = count - done
                break
            self.pictures.append(keep(self._model, image, counted.boxes_in_image, counted.labels_in(self._classes)))
            self.truths.append(truth)
            room -= self.pictures[-1].nbytes
        if len(self.pictures) < 2:
            raise TrainingError(
                "a refit needs two pictures with objects whose features can be kept, one to learn from and one to "
                f"measure on, and there are {len(self.pictures)}; choose a set with more."
            )

    def _fit(self, arm: str, heads: FasterRCNN) -> Iterator[Report]:
        learnt, recipe = self.pictures[::2], self._recipe

        def losses() -> dict[str, Tensor]:
            drawn = torch.randint(len(learnt), (recipe.batch,)).tolist()
            each = [rpn_losses(heads, learnt[index]) for index in drawn]
            return {name: torch.stack([one[name] for one in each]).mean() for name in each[0]}

        heads.rpn._pre_nms_top_n = {**heads.rpn._pre_nms_top_n, "training": 1}  # proposals are of no use here
        loop = Loop(heads, recipe, losses, self._seed, learns=lambda name: name.startswith("rpn."))
        while loop.step < recipe.steps:
            yield self._report(arm, loop.step, recipe.steps)
            loop.advance()
        heads.eval()

    def _measure(self, arm: str, heads: FasterRCNN) -> Iterator[Report]:
        reached, predictions = [], []
        pictures, truths = self.pictures[1::2], self.truths[1::2]
        for done, picture in enumerate(pictures):
            yield self._report(MEASURE, done, len(pictures))
            proposals = propose(heads, picture)
            reached.append(best_iou(picture.boxes, proposals[:TOP]) >= IOU)
            found = detect_in(heads, picture, proposals)
            predictions.append({name: tensor.cpu() for name, tensor in found.items()})
        ap = coco_metrics(predictions, truths, self._classes[1:]).AP
        self._figures[arm] = Figures(torch.cat(reached).float().mean().item(), ap)

    def _report(self, phase: str, done: int, total: int) -> Report:
        return Report(phase, done, total, len(self.pictures), self.left_out, dict(self._figures))


def fits(model: FasterRCNN, heads: FasterRCNN) -> bool:
    """Whether all weights of the model's RPN have a place in the heads'."""
    own, other = model.rpn.state_dict(), heads.rpn.state_dict()
    return {name: tensor.shape for name, tensor in own.items()} == {n: t.shape for n, t in other.items()}
