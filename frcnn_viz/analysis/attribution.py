"""Why this score: which pixels raised or lowered one number that the network gives one box.

The number is that of the trace: a proposal's class logit, class probability or delta, or an anchor's objectness or
delta. The box itself is held fixed: a map tells how pixels act through the features, not how they would have moved the
box. All is measured against an image of the mean colour, which is zero in the network's input. The model is only read.
Shape shorthand: h x w the input frame, without padding; N inputs at once.
Gradient x input: Shrikumar et al., arXiv:1605.01713. Integrated gradients: Sundararajan et al., arXiv:1703.01365.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor

from frcnn_viz.extras import need
from frcnn_viz.pipeline.backbone import as_maps
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.pipeline.turns import turn_on

COMPLETE = 0.02
"""The part of the number's change by which a complete map's sum may miss it."""
FIRST_PIECES, MOST_STEPS = 8, 512
STEPS_OF_PIECE = 4
"""Of a piece of the way from the mean colour to the image, which is gone in one turn on the device."""
PIXELS_AT_ONCE = 1_300_000
"""Of inputs that are run together: four of 640 x 480, one at torchvision's usual size."""


class Kind(StrEnum):
    """What a number is, and whose."""

    LOGIT = "class logit"
    PROBABILITY = "class probability"
    DELTA = "delta"
    OBJECTNESS = "objectness logit"
    LIKELIHOOD = "objectness"
    ANCHOR_DELTA = "RPN's delta"

    @property
    def of_anchor(self) -> bool:
        """Whether it is an anchor's; else a proposal's."""
        return self in (Kind.OBJECTNESS, Kind.LIKELIHOOD, Kind.ANCHOR_DELTA)


@dataclass(frozen=True)
class Target:
    """One number.

    Attributes:
        kind: what it is. box: a proposal's index, or an anchor's.
        label: the class, of a proposal's. side: of a delta, 0 to 3 for dx, dy, dw, dh.
    """

    kind: Kind
    box: int
    label: int = 0
    side: int = 0


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each pixel added to a number.

    Attributes:
        target: the number. value: as the trace has it.
        map: float32 [h, w], signed, in the input frame.
        change: the number, less what it is for an image of the mean colour; None where it was not measured.
        edges: where on the way from the mean colour (0) to the image (1) its pieces end; none for gradient x input.
    """

    target: Target
    value: float
    map: Tensor
    change: float | None = None
    edges: tuple[float, ...] = ()

    @property
    def steps(self) -> int:
        """Gradients that the map is made of."""
        return STEPS_OF_PIECE * (len(self.edges) - 1) if self.edges else 1

    @property
    def raised(self) -> float:
        """What the pixels that raised the number added to it."""
        return float(self.map.clamp(min=0).sum(dtype=torch.float64))

    @property
    def lowered(self) -> float:
        """What the pixels that lowered the number took from it, not positive."""
        return float(self.map.clamp(max=0).sum(dtype=torch.float64))

    @property
    def missing(self) -> float | None:
        """What the map's sum lacks of the change, or has too much, as a part of it; None where it was not measured."""
        if self.change is None:
            return None
        return abs(float(self.map.sum(dtype=torch.float64)) - self.change) / max(abs(self.change), 1e-12)

    @property
    def complete(self) -> bool:
        """Whether the map adds up to the change, within `COMPLETE` of it."""
        return self.missing is not None and self.missing <= COMPLETE


def targets(anchor: int, proposal: int | None = None, label: int = 0) -> dict[str, Target]:
    """The numbers of a box that can be explained, by name.

    Args:
        anchor: the box's anchor.
        proposal: what became of that; None where it never was a proposal, which has no numbers of the second stage.
        label: the class whose numbers these are.
    """
    numbers = {name: Target(kind, anchor) for name, kind in _OF_ANCHOR.items()}
    numbers |= {f"rpn-delta-{name}": Target(Kind.ANCHOR_DELTA, anchor, 0, side) for side, name in enumerate("xywh")}
    if proposal is None:
        return numbers
    of_class = {"logit": Target(Kind.LOGIT, proposal, label), "probability": Target(Kind.PROBABILITY, proposal, label)}
    deltas = {f"delta-{name}": Target(Kind.DELTA, proposal, label, side) for side, name in enumerate("xywh")}
    return of_class | deltas | numbers


_OF_ANCHOR = {"objectness": Kind.OBJECTNESS, "objectness-probability": Kind.LIKELIHOOD}


def value_of(trace: Trace, target: Target) -> float:
    """The number in the trace.

    Raises:
        IndexError: there is no such box, class or side.
    """
    match target.kind:
        case Kind.LOGIT:
            return float(trace.rois.class_logits[target.box, target.label])
        case Kind.PROBABILITY:
            return float(trace.rois.scores[target.box, target.label])
        case Kind.DELTA:
            return float(trace.rois.box_regression[target.box].view(-1, 4)[target.label, target.side])
        case Kind.OBJECTNESS:
            return float(trace.rpn.objectness[target.box])
        case Kind.LIKELIHOOD:
            return float(trace.rpn.objectness[target.box].sigmoid())
        case Kind.ANCHOR_DELTA:
            return float(trace.rpn.deltas[target.box, target.side])


def number(trace: Trace, target: Target) -> Callable[[Tensor], Tensor]:
    """The target as a function of the network's padded inputs [N, 3, H, W] that can be differentiated: [N].

    At the trace's own input it is the trace's number but for rounding: a head that is given one RoI instead of all may
    sum in another order.
    """
    return _of_anchor(trace, target) if target.kind.of_anchor else _of_proposal(trace, target)


def gradient_times_input(trace: Trace, target: Target) -> Attribution:
    """One backward pass: the number's change, were it a linear function of the pixels.

    Raises:
        IndexError: the trace has no such number.
    """
    value = value_of(trace, target)
    with turn_on(trace.device).take(), torch.inference_mode(False), torch.enable_grad():
        pixels = trace.input.images.tensors.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(number(trace, target)(pixels).sum(), pixels)
        return Attribution(target, value, _signed(trace, gradient * pixels.detach()))


def integrated_gradients(
    trace: Trace,
    target: Target,
    most_steps: int = MOST_STEPS,
    progress: Callable[[int, int, str], object] = lambda done, total, words: None,
) -> Attribution:
    """Gradients along the way from the mean colour to the image, which add up to the number's change between them.

    The way is gone in pieces, and the number at their ends tells what each must add up to: the one that misses most is
    halved until they all do, within `COMPLETE` of the whole change, or would take more than `most_steps`.

    Args:
        trace: of the image.
        target: the number.
        most_steps: gradients in all, `STEPS_OF_PIECE` for each piece.
        progress: told before every piece: steps done, steps foreseen, and what is done. What it raises ends the work.

    Raises:
        IndexError: the trace has no such number.
        MissingExtraError: Captum is not installed.
    """
    made_by = need("attribution").IntegratedGradients
    value, function = value_of(trace, target), number(trace, target)
    count = max(1, min(FIRST_PIECES, most_steps // STEPS_OF_PIECE))
    todo = [(i / count, (i + 1) / count) for i in range(count)]
    gone: list[_Piece] = []
    steps = 0
    while True:
        for piece, (start, end) in enumerate(todo):
            progress(steps, steps + STEPS_OF_PIECE * (len(todo) - piece), f"{steps} steps")
            with turn_on(trace.device).take(), torch.inference_mode(False), torch.enable_grad():
                pixels = trace.input.images.tensors.clone()
                ends = pixels * end, pixels * start
                parts = made_by(function).attribute(*ends, n_steps=STEPS_OF_PIECE, internal_batch_size=at_once(pixels))
                with torch.no_grad():
                    change = float(function(ends[0]) - function(ends[1]))
            gone.append(_Piece(start, end, _signed(trace, parts), change))
            steps += STEPS_OF_PIECE
        gone.sort(key=lambda piece: piece.start)
        whole = torch.stack([piece.map for piece in gone]).sum(dim=0)
        edges = (*(piece.start for piece in gone), 1.0)
        found = Attribution(target, value, whole, sum(piece.change for piece in gone), edges)
        if found.complete or steps + 2 * STEPS_OF_PIECE > most_steps:
            return found
        worst = max(gone, key=lambda piece: piece.missing)
        gone.remove(worst)
        middle = (worst.start + worst.end) / 2
        todo = [(worst.start, middle), (middle, worst.end)]


@dataclass(frozen=True, eq=False)
class _Piece:
    """A piece of the way, from part to part of it: the map [h, w] of its gradients, and the number's change on it."""

    start: float
    end: float
    map: Tensor
    change: float

    @property
    def missing(self) -> float:
        return abs(float(self.map.sum(dtype=torch.float64)) - self.change)


def at_once(pixels: Tensor) -> int:
    """How many inputs like these [N, 3, H, W] are run together, so that memory stays bounded."""
    height, width = pixels.shape[-2:]
    return min(STEPS_OF_PIECE, max(1, PIXELS_AT_ONCE // (height * width)))


def _signed(trace: Trace, parts: Tensor) -> Tensor:
    """Parts of each colour [1, 3, H, W] as a map [h, w]; nothing is lost, since padding is zero and adds nothing."""
    height, width = trace.input.input_size
    return parts.detach()[0, :, :height, :width].sum(dim=0)


def _of_proposal(trace: Trace, target: Target) -> Callable[[Tensor], Tensor]:
    model, heads, size = trace.model, trace.model.roi_heads, trace.input.input_size
    box = trace.proposals.boxes[target.box].clone()[None]
    pooler = copy.copy(heads.box_roi_pool)  # it writes the maps' scales into itself on first use

    def run(pixels: Tensor) -> Tensor:
        count = len(pixels)
        pooled = pooler(as_maps(model.backbone(pixels)), [box] * count, [size] * count)
        logits, deltas = heads.box_predictor(heads.box_head(pooled))
        if target.kind is Kind.DELTA:
            return deltas.view(count, -1, 4)[:, target.label, target.side]
        return (logits.softmax(dim=-1) if target.kind is Kind.PROBABILITY else logits)[:, target.label]

    return run


def _of_anchor(trace: Trace, target: Target) -> Callable[[Tensor], Tensor]:
    model = trace.model
    level, row, column, shape = trace.anchors.place(target.box)

    def run(pixels: Tensor) -> Tensor:
        feature_map = list(as_maps(model.backbone(pixels)).values())[level]
        (objectness,), (deltas,) = model.rpn.head([feature_map])
        if target.kind is Kind.ANCHOR_DELTA:
            return deltas[:, 4 * shape + target.side, row, column]
        logit = objectness[:, shape, row, column]
        return logit.sigmoid() if target.kind is Kind.LIKELIHOOD else logit

    return run
