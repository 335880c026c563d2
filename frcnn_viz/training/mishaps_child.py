"""The process in which a mishap happens: `Child("frcnn_viz.training.mishaps_child", NAME)`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.ops import box_iou

from frcnn_viz.analysis.confusion import confusion
from frcnn_viz.data.checks import Finding
from frcnn_viz.data.checks_before_training import anchor_shapes, findings_before_training
from frcnn_viz.data.child import serve
from frcnn_viz.pipeline.configure import with_module
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.training.evaluation import Evaluation, evaluate_samples
from frcnn_viz.training.loop import Loop, Step, evaluating, one_thread
from frcnn_viz.training.mishaps import CLASSES, KINDS, MISHAPS, Plan, held_out, sane, truths
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.run import Run, build
from frcnn_viz.training.samples import Samples, draw_batch

TELL_EVERY = 5
"""Steps."""
SCORE = 0.5
"""From which a detection is shown and counted."""
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Anchors:
    """How the anchors of all pictures are labelled before the first step.

    Attributes:
        count: of them. fitting: those that overlap an object by the RPN's upper threshold. positive: those that
            torchvision labels so; it gives each object its best anchors too, however little they overlap it.
    """

    count: int
    fitting: int
    positive: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a training ended, measured on the scenes held out.

    Attributes:
        findings: what the check before training says of what was given to it.
        refusal: what torchvision says of a box, before any step; empty where it takes them all.
        objects, left_out: objects given, and those of them that were left out since torchvision refuses them.
        anchors: as they were labelled.
        broken: why the loop stopped early; empty where it did not. ruined, weights: how many parameters are no number
            at the end, and how many there are; where the loop stopped, after the step that it would not do.
        evaluations: of the detector, by kind of scene.
        found: for each scene held out boxes, labels and scores, as the model gives them.
        confusion: int64 [1 + C, 1 + C] of detections from `SCORE` on, as `analysis.confusion` has it.
    """

    findings: tuple[Finding, ...]
    refusal: str
    objects: int
    left_out: int
    anchors: Anchors
    broken: str
    ruined: int
    weights: int
    evaluations: dict[str, Evaluation]
    found: tuple[dict[str, Tensor], ...]
    confusion: np.ndarray


@dataclass(frozen=True, eq=False)
class Report:
    """Where it is: the steps so far, in order, of how many, and how it ended, once it did."""

    steps: tuple[Step, ...]
    total: int
    outcome: Outcome | None = None


def happen(name: str, seed: int = 0) -> Iterator[Report]:
    """Do the training of a mishap of `MISHAPS`, and measure what came of it."""
    with one_thread():
        yield from train(MISHAPS[name].spoil(sane()), seed)


def train(plan: Plan, seed: int = 0) -> Iterator[Report]:
    """Train as the plan says; what torchvision refuses is told and left out, as its own reference training does."""
    model = build(Run("mishap", plan.recipe, plan.detector, seed=seed))
    findings, refusal = look_before(model, plan), refusal_of(model, plan.samples)
    taken = without_refused(plan) if refusal else plan
    anchors, samples, last = count_anchors(model, taken.samples), taken.samples, {}

    def losses() -> dict[str, Tensor]:
        last.update(model(*draw_batch(samples, plan.recipe, CPU)))
        return last

    loop, steps, broken = Loop(model, plan.recipe, losses, seed), [], ""
    while loop.step < plan.recipe.steps and not broken:
        try:
            steps.append(loop.advance())
        except TrainingError as error:
            broken = str(error)
            follow(loop, last)
        if loop.step % TELL_EVERY == 0:
            yield Report(tuple(steps), plan.recipe.steps)
    numbers = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    given, used = (sum(map(len, one.samples.labels)) for one in (plan, taken))
    outcome = Outcome(
        findings=tuple(findings),
        refusal=refusal,
        objects=given,
        left_out=given - used,
        anchors=anchors,
        broken=broken,
        ruined=int((~numbers.isfinite()).sum()),
        weights=len(numbers),
        **measure(model),
    )
    yield Report(tuple(steps), plan.recipe.steps, outcome)


def look_before(model: FasterRCNN, plan: Plan) -> list[Finding]:
    """What the check before training says."""
    own = Settings.of(model)
    return findings_before_training(
        plan.annotated,
        CLASSES,
        (own.min_size, own.max_size),
        anchors=anchor_shapes(own.anchor_sizes, own.aspect_ratios),
        labels=[labels.tolist() for labels in plan.samples.labels],
    )


def refusal_of(model: FasterRCNN, samples: Samples) -> str:
    """What torchvision says of the first target that it will not train on; empty where it takes all."""
    gate = with_module(model, "backbone", _Gate()).train()
    for place in range(len(samples)):
        try:
            gate(*draw_batch(samples.take([place]), Recipe(1, batch=1, mirror=False), CPU))
        except AssertionError as error:
            return str(error)
        except _Passed:
            continue
    return ""


def without_refused(plan: Plan) -> Plan:
    """The objects whose boxes end after they begin."""
    return plan.take([(boxes[:, 2:] > boxes[:, :2]).all(dim=1) for boxes in plan.samples.boxes])


def count_anchors(model: FasterRCNN, samples: Samples) -> Anchors:
    """Label the anchors of every picture as torchvision does."""
    count = fitting = positive = 0
    with evaluating(model), torch.inference_mode():
        anchors = Trace(model, _pixels(samples.images[0])).anchors.boxes  # the pictures are of one size
        for image, boxes, labels in zip(samples.images, samples.boxes, samples.labels, strict=True):
            _, targets = model.transform([_pixels(image)], [{"boxes": boxes, "labels": labels}])
            (given,), _ = model.rpn.assign_targets_to_anchors([anchors], targets)
            reached = box_iou(targets[0]["boxes"], anchors) >= model.rpn.proposal_matcher.high_threshold
            count, fitting = count + len(anchors), fitting + int(reached.any(dim=0).sum())
            positive += int((given == 1).sum())
    return Anchors(count, fitting, positive)


def follow(loop: Loop, losses: dict[str, Tensor]) -> None:
    """Do the step that the loop would not, as a loop without its guard does."""
    loop.optimizer.zero_grad()
    sum(losses.values()).backward()
    nn.utils.clip_grad_norm_(loop.learning.values(), loop.recipe.clip)
    loop.optimizer.step()


def measure(model: FasterRCNN) -> dict[str, object]:
    """On the scenes held out, by the names of `Outcome`."""
    scenes = held_out()
    places = {kind: range(first, len(scenes), len(KINDS)) for first, kind in enumerate(KINDS)}
    evaluations = {kind: evaluate_samples(model, scenes.take(of), CLASSES) for kind, of in places.items()}
    with evaluating(model), torch.inference_mode():
        found = tuple(model([_pixels(image)])[0] for image in scenes.images)
    table = confusion(found, truths(), CLASSES, min_score=SCORE)
    return {"evaluations": evaluations, "found": found, "confusion": table}


def _pixels(image: np.ndarray) -> Tensor:
    return torch.tensor(image).to(torch.float32) / 255


class _Passed(Exception):
    """The targets were looked at, and none was refused."""


class _Gate(nn.Module):
    """In the place of a backbone, which runs after torchvision looked at the targets."""

    def forward(self, images: Tensor) -> Tensor:
        raise _Passed


if __name__ == "__main__":
    from frcnn_viz.training import mishaps_child  # what is told is of the module by its name, which the parent knows

    serve(mishaps_child.happen)
