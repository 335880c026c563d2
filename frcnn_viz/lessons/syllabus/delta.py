"""Lesson 5: an anchor and four deltas make a box."""

from __future__ import annotations

from math import exp
from random import Random

from torchvision.ops import box_iou

from frcnn_viz.lessons import CannotAsk, DrawBox, Lesson, Mark, Question, Scene, Screen, Wrong
from frcnn_viz.pipeline.boxes import are_inside

LEAST_SIDE = 40.0
"""Pixels of the user's image: what can be dragged with the mouse."""
MOST_OVERLAP = 0.7
"""IoU of anchor and box up to which the deltas do something that is seen."""
FIRST = 8
"""Candidates among which one is drawn, those of best objectness."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The box that the RPN makes of one anchor."""
    candidate = rng.choice(_candidates(scene))
    anchor = int(scene.trace.proposals.anchor[candidate])
    start = scene.in_image(scene.trace.anchors.boxes[anchor])
    end = scene.in_image(scene.trace.decoded[anchor])
    weights = scene.detector.model.rpn.box_coder.weights
    dx, dy, dw, dh = (d / weight for d, weight in zip(scene.trace.rpn.deltas[anchor].tolist(), weights, strict=True))
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
dx, dy, dw, dh = trace.rpn.deltas[{anchor}] / torch.tensor(model.rpn.box_coder.weights)
x, y = (x0 + x1) / 2 + dx * (x1 - x0), (y0 + y1) / 2 + dy * (y1 - y0)
w, h = (x1 - x0) * dw.exp(), (y1 - y0) * dh.exp()
box = torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2])   # = trace.decoded[{anchor}]
answer = trace.input.boxes_in_image(box[None])[0].tolist()
""",
        marks=(Mark(start, "anchor"),),
        screen=Screen(selected=(("candidate", candidate),)),
    )
    return (question,)


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
    found: list[int] = []
    for row in best_first[fits[best_first]].tolist():
        if len(found) < FIRST and float(box_iou(anchors[row][None], boxes[row][None])) <= MOST_OVERLAP:
            found.append(row)
    if not found:
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
)
