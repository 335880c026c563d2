"""Lesson 5: an anchor and four deltas make a box."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from math import exp
from random import Random

import torch
from torchvision.models.detection._utils import BoxCoder
from torchvision.ops import box_iou

from frcnn_viz.lessons import Box, CannotAsk, DrawBox, Field, GiveNumbers, Lesson, Mark, Question, Scene, Screen, Wrong
from frcnn_viz.lessons.forms import FARTHEST
from frcnn_viz.pipeline.boxes import are_inside

LEAST_SIDE = 40.0
"""Pixels of the user's image: what can be dragged with the mouse."""
MOST_OVERLAP = 0.7
"""IoU of anchor and box up to which the deltas do something that is seen."""
CLOSE = 0.05
"""How far from a delta counts as it."""
FIRST = 8
"""Candidates among which one is drawn, those of best objectness."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The box that the RPN makes of one anchor."""
    candidate, anchor, start, end, (dx, dy, dw, dh) = _draw(scene, rng)
    x, y, w, h = (start[0] + start[2]) / 2, (start[1] + start[3]) / 2, start[2] - start[0], start[3] - start[1]
    u, v, new_w, new_h = (end[0] + end[2]) / 2, (end[1] + end[3]) / 2, end[2] - end[0], end[3] - end[1]
    question = Question(
        name="box",
        text=f"The marked anchor is {w:.0f} px wide and {h:.0f} px high. The RPN gives it the deltas dx {dx:+.2f}, "
        f"dy {dy:+.2f}, dw {dw:+.2f}, dh {dh:+.2f}. Drag the box to where they send it.",
        form=DrawBox(start),
        right=list(end),
        wrong=(
            Wrong(
                _box(x - dx * w, y - dy * h, new_w, new_h),
                "moved it the other way",
                "A positive dx goes to the right, a positive dy down: pixels are counted from the top left.",
            ),
            Wrong(
                _box(start[0] + dx * w + new_w / 2, start[1] + dy * h + new_h / 2, new_w, new_h),
                "moved its corner, not its centre",
                "dx and dy move the centre; the box grows and shrinks on all sides of it.",
            ),
            Wrong(
                _box(u, v, w, h),
                "moved it but left its size",
                "dw and dh change its sides: the width is multiplied by exp(dw), the height by exp(dh).",
            ),
            Wrong(
                _box(x + dx, y + dy, new_w, new_h),
                "took dx and dy for pixels",
                "dx counts in widths of the anchor, dy in its heights, so that one network serves all sizes.",
            ),
            Wrong(
                _box(u, v, w * exp(dh), h * exp(dw)),
                "swapped width and height",
                "dw is the width's, dh the height's.",
            ),
            Wrong(
                _box(u, v, w * exp(-dw), h * exp(-dh)),
                "grew where it shrinks",
                "exp of a negative number is below 1: a negative dw makes the box narrower, a positive one wider.",
            ),
            Wrong(
                _box(u, v, w * dw, h * dh),
                "took dw and dh for factors",
                "The factors are exp(dw) and exp(dh); deltas of 0 leave a box as it is.",
            ),
            Wrong(list(start), "left the anchor as it was", "The deltas are not 0: move it, and resize it."),
        ),
        hints=(
            "The centre moves by dx widths and dy heights of the anchor; the sides are multiplied by exp(dw), exp(dh).",
            f"Move it {dx * w:+.0f} px across and {dy * h:+.0f} px down (minus is left and up); "
            f"then make it {new_w:.0f} px wide and {new_h:.0f} px high.",
        ),
        why=f"{w:.0f} x exp({dw:.2f}) = {new_w:.0f} px wide, {h:.0f} x exp({dh:.2f}) = {new_h:.0f} px high, "
        f"moved by {dx:.2f} x {w:.0f} = {dx * w:.0f} and {dy:.2f} x {h:.0f} = {dy * h:.0f} px.",
        code=f"""
x0, y0, x1, y1 = trace.anchors.boxes[{anchor}]
dx, dy, dw, dh = trace.rpn.deltas[{anchor}] / trace.rpn.deltas.new_tensor(model.rpn.box_coder.weights)
x, y = (x0 + x1) / 2 + dx * (x1 - x0), (y0 + y1) / 2 + dy * (y1 - y0)
w, h = (x1 - x0) * dw.exp(), (y1 - y0) * dh.exp()
box = torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2])   # = trace.decoded[{anchor}]
answer = trace.input.boxes_in_image(box[None])[0].tolist()
""",
        marks=(Mark(start, "anchor"),),
        screen=Screen(selected=(("candidate", candidate),)),
    )
    return (question,)


def ask_back(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: the deltas that lead from an anchor to a box, as training asks the RPN for them."""
    candidate, anchor, start, end, deltas = _draw(scene, rng)
    dx, dy, dw, dh = deltas
    (w, h), (new_w, new_h) = ((box[2] - box[0], box[3] - box[1]) for box in (start, end))
    right, down = dx * w, dy * h
    return (
        Question(
            name="deltas",
            text=f"The anchor is {w:.0f} px wide and {h:.0f} px high; the RPN's box is {new_w:.0f} px wide "
            f"and {new_h:.0f} px high, its centre {right:+.0f} px across and {down:+.0f} px down from the anchor's "
            "(minus is left and up). Which deltas were that?",
            form=GiveNumbers(tuple(Field(name, "", CLOSE, -1e6, 1e6) for name in ("dx", "dy", "dw", "dh"))),
            right=list(deltas),
            wrong=(
                Wrong(
                    [right, down, new_w - w, new_h - h],
                    "gave pixels",
                    "Deltas count in the anchor's sides; divide dx by its width and dy by its height.",
                ),
                Wrong(
                    [dx, dy, new_w / w, new_h / h],
                    "forgot the logarithm",
                    "dw is the logarithm of the width's factor: 0 leaves it, and halving is as far as doubling.",
                ),
                Wrong(
                    [dx, dy, new_w / w - 1, new_h / h - 1],
                    "gave the growth in parts of the side",
                    "dw is log(new width / anchor's width), which is near that only for small changes.",
                ),
                Wrong(
                    [right / new_w, down / new_h, dw, dh],
                    "divided by the box, not by the anchor",
                    "The anchor is what is known before; dx and dy count in its sides.",
                ),
                Wrong([-dx, -dy, -dw, -dh], "went from the box to the anchor", "The anchor is where one starts."),
                Wrong([dy, dx, dh, dw], "swapped across and down", "dx and dw go with the width."),
            ),
            hints=(
                "dx is the way across divided by the anchor's width; dw is the logarithm of the width's factor.",
                f"dx = {right:+.0f} / {w:.0f}, and dw = log({new_w:.0f} / {w:.0f}).",
            ),
            why=f"{right:+.0f} / {w:.0f} = {dx:+.2f}, {down:+.0f} / {h:.0f} = {dy:+.2f}, "
            f"log {new_w / w:.2f} = {dw:+.2f}, log {new_h / h:.2f} = {dh:+.2f}; training asks for such numbers.",
            code=f"""
answer = (trace.rpn.deltas[{anchor}] / trace.rpn.deltas.new_tensor(model.rpn.box_coder.weights)).tolist()
""",
            marks=(Mark(start, "anchor"), Mark(end, "box")),
            screen=Screen(selected=(("candidate", candidate),)),
            looks=lambda given: _decoded(start, given),
        ),
    )


def _decoded(start: Box, deltas: Sequence[float]) -> list[tuple[Box, str]]:
    """The box that given deltas make of an anchor, as torchvision does it; none where it would fill no screen."""
    made = BoxCoder((1.0, 1.0, 1.0, 1.0)).decode_single(torch.tensor([deltas]), torch.tensor([start]))[0].tolist()
    return [(tuple(made), "")] if all(abs(corner) < FARTHEST for corner in made) else []


def _draw(scene: Scene, rng: Random) -> tuple[int, int, Box, Box, tuple[float, ...]]:
    """A candidate, its anchor, both boxes in the user's image, and the deltas between them."""
    candidate = rng.choice(_candidates(scene))
    anchor = int(scene.trace.proposals.anchor[candidate])
    start = scene.in_image(scene.trace.anchors.boxes[anchor])
    end = scene.in_image(scene.trace.decoded[anchor])
    weights = scene.detector.model.rpn.box_coder.weights
    deltas = (d / weight for d, weight in zip(scene.trace.rpn.deltas[anchor].tolist(), weights, strict=True))
    return candidate, anchor, start, end, tuple(deltas)


def _candidates(scene: Scene) -> list[int]:
    """Those that the deltas move so that it is seen, wholly on the picture, of best objectness first."""
    trace = scene.trace
    proposals = trace.proposals
    anchors, boxes = trace.anchors.boxes[proposals.anchor], trace.decoded[proposals.anchor]
    down, across = trace.input.scale
    fits = are_inside(anchors, trace.input.input_size) & are_inside(boxes, trace.input.input_size)
    for either in (anchors, boxes):
        sides = (either[:, 2:] - either[:, :2]) / either.new_tensor([across, down])
        fits &= (sides >= LEAST_SIDE).all(dim=1)
    best_first = proposals.scores.argsort(descending=True, stable=True)
    rows = best_first[fits[best_first]].tolist()
    seen = (row for row in rows if float(box_iou(anchors[[row]], boxes[[row]])) <= MOST_OVERLAP)
    if not (found := list(islice(seen, FIRST))):
        raise CannotAsk("Here the RPN moves no large box far enough to be seen; choose another picture or detector.")
    return found


def _box(x: float, y: float, w: float, h: float) -> list[float]:
    return [x - w / 2, y - h / 2, x + w / 2, y + h / 2]


LESSON = Lesson(
    number=5,
    name="delta",
    title="Anchor, delta, proposal",
    goal="Work out the box that an anchor and its four deltas make.",
    page="proposals",
    ask=ask,
    transfer=ask_back,
)
