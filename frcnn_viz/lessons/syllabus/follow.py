"""Lesson 1: one box from its anchor to the answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import torch
from torch import Tensor
from torchvision.ops import box_area, box_iou

from frcnn_viz.analysis.lineage import Lineage, follow
from frcnn_viz.lessons import Alternative, ChooseOne, Lesson, Mark, PutInOrder, Question, Scene, Screen, Wrong, needs
from frcnn_viz.pipeline.boxes import centers

MOST_ALIKE = 0.8
"""IoU up to which two anchors can be told apart on the picture."""
FIRST_PLACES = 8
"""Detections among which one is drawn, the best-scored ones."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The order of the stages for one detection, and the anchor it came from."""
    place = _draw(scene, rng)
    return _order(scene, rng, place), _anchor(scene, rng, place)


def ask_again(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The anchor of another detection; the order of the stages would be the same."""
    return (_anchor(scene, rng, _draw(scene, rng)),)


def _draw(scene: Scene, rng: Random) -> int:
    """A detection's place in the list."""
    return rng.randrange(min(FIRST_PLACES, len(scene.trace.detections)))


def _shown(scene: Scene, place: int) -> tuple[Lineage, Mark, Screen]:
    """A detection: its life, its box, and the page with it chosen."""
    found = scene.trace.detections
    life = follow(scene.trace, int(found.roi[place]), int(found.labels[place]))
    mark = Mark(scene.in_image(life.box), f"{scene.classes[life.label]} {life.score:.2f}")
    return life, mark, Screen(selected=(("detection", int(found.kept[place])),))


def _order(scene: Scene, rng: Random, place: int) -> Question:
    life, detection, screen = _shown(scene, place)
    name = scene.classes[life.label]
    stages = {
        "place": f"It is an anchor at row {life.row}, column {life.column} of a feature map",
        "move": f"The RPN gives it objectness {life.objectness_score:.2f} and moves it",
        "first_nms": "NMS among the boxes of one level, by objectness",
        "pool": "Its features are cut out as a small square",
        "refine": f"The second stage says {name}, {life.score:.2f}, and moves it again",
        "second_nms": f"NMS among the boxes of the class {name}, by score",
    }
    shown = list(stages)
    rng.shuffle(shown)
    return Question(
        name="order",
        text=f"The marked {name} was detected. This is what happened to its box, mixed up. What came first, what next?",
        form=PutInOrder(tuple(Alternative(key, stages[key]) for key in shown)),
        right=list(stages),
        wrong=(
            Wrong(
                list(reversed(stages)),
                "told it backwards",
                "That is the way from the answer back to the anchor; begin with the anchor.",
            ),
            Wrong(
                ["move", "place", "first_nms", "pool", "refine", "second_nms"],
                "did not begin with the anchor",
                "Nothing is scored or moved before there is a box: every detection starts from an anchor.",
                lambda order: order[0] != "place",
            ),
            Wrong(
                ["place", "first_nms", "move", "pool", "refine", "second_nms"],
                "filtered before the RPN moved it",
                "NMS compares the boxes as the RPN has moved them; anchors of one cell would always overlap.",
                _before("first_nms", "move"),
            ),
            Wrong(
                ["place", "move", "first_nms", "refine", "pool", "second_nms"],
                "classified before its features were cut out",
                "The second stage reads nothing but the small square that is cut out for the proposal.",
                _before("refine", "pool"),
            ),
            Wrong(
                ["place", "move", "second_nms", "pool", "refine", "first_nms"],
                "took one NMS for the other",
                "Before the second stage a box has no class: the first NMS goes by objectness, the second by class.",
                _before("second_nms", "refine"),
            ),
            Wrong(
                ["place", "move", "pool", "refine", "first_nms", "second_nms"],
                "put the first NMS too late",
                "The first NMS spares the second stage the work: only what it leaves is cut out.",
                _before("pool", "first_nms"),
            ),
        ),
        hints=(
            "There are two stages, and each scores its boxes, moves them, and then filters them.",
            "A box has a class only after its features were cut out; before that it has an objectness.",
        ),
        why="Both stages score and move a box before they filter it; only the second knows of classes.",
        marks=(detection,),
        screen=screen,
    )


def _before(one: str, other: str) -> Callable[[list], bool]:
    """Whether one stage is put before another."""
    return lambda order: order.index(one) < order.index(other)


def _anchor(scene: Scene, rng: Random, place: int) -> Question:
    life, detection, screen = _shown(scene, place)
    known = _others(scene, rng, life)
    letters = list("ABCDE"[: len(known) + 1])
    rng.shuffle(letters)
    anchors = {letters[0]: life.anchor} | dict(zip(letters[1:], (anchor for anchor, _, _ in known), strict=True))
    boxes = {letter: scene.in_image(scene.trace.anchors.boxes[anchor]) for letter, anchor in anchors.items()}
    (x0, y0, x1, y1), (u0, v0, u1, v1) = boxes[letters[0]], detection.box
    right, down = (u0 + u1 - x0 - x1) / 2, (v0 + v1 - y0 - y1) / 2
    moves = f"{abs(right):.0f} px to the {'right' if right >= 0 else 'left'} and {abs(down):.0f} px "
    moves += "down" if down >= 0 else "up"
    wider, higher = (u1 - u0) / (x1 - x0), (v1 - v0) / (y1 - y0)
    numbers = {anchor: letter for letter, anchor in sorted(anchors.items())}
    return Question(
        name="anchor",
        text=f"From its anchor to the marked {scene.classes[life.label]} this box moved "
        f"{moves}, and became {wider:.2f} times as wide and {higher:.2f} times as high. "
        "Which of the anchors did it come from?",
        form=ChooseOne(tuple(Alternative(letter, letter, boxes[letter]) for letter in sorted(letters))),
        right=letters[0],
        wrong=tuple(
            Wrong(letter, reason, sentence) for letter, (_, reason, sentence) in zip(letters[1:], known, strict=True)
        ),
        hints=(
            "Go back from the detection: move its centre the other way, and divide its sides.",
            f"The anchor is {x1 - x0:.0f} px wide and {y1 - y0:.0f} px high.",
        ),
        why=f"It is anchor {life.anchor:,}, and the RPN gave it objectness {life.objectness_score:.2f}; "
        "the path is kept at every filter.",
        code=f"""
proposal = trace.detections.roi[{place}]          # the proposal that the detection came from
candidate = trace.proposals.kept[proposal]        # the candidate that it was
anchor = int(trace.proposals.anchor[candidate])   # one of {len(scene.trace.anchors):,}
answer = {numbers}[anchor]
""",
        marks=(detection,),
        screen=screen,
    )


def _others(scene: Scene, rng: Random, life: Lineage) -> list[tuple[int, str, str]]:
    """Anchors that it did not come from: index, what is taken for right in them, and what to think of."""
    grid = scene.trace.anchors
    boxes, own = grid.boxes, life.anchor_box
    sides, own_sides = boxes[:, 2:] - boxes[:, :2], own[2:] - own[:2]
    away = (centers(boxes) - centers(own[None])).norm(dim=1)
    alike = _alike(sides, own_sides)
    size = (box_area(boxes) / box_area(own[None])).log2().abs()
    step = max(1, round(0.7 * float(own_sides.max()) / min(grid.strides[life.level])))
    told = [
        (
            int(box_iou(life.box[None], boxes)[0].argmax()),
            "took the anchor that fits best",
            "The best fit need not be the start: every anchor is moved, and one that began worse may score best.",
        ),
        (
            _nearest(away, alike & (size > 0.9)),
            "took another size at its place",
            "Its centre fits, but its sides do not: divide those of the detection by what they grew.",
        ),
        (
            _nearest(away, ~alike & (size < 0.5)),
            "took another ratio at its place",
            "Its centre fits, but it is of another ratio: width and height did not grow alike.",
        ),
        (
            _beside(scene, rng, life, step),
            "took its neighbour",
            "Its sides fit, but it lies elsewhere: move the detection's centre back by what it moved.",
        ),
    ]
    kept = [life.anchor]
    chosen = []
    for anchor, reason, sentence in told:
        if anchor >= 0 and float(box_iou(boxes[kept], boxes[anchor][None]).max()) <= MOST_ALIKE:
            kept.append(anchor)
            chosen.append((anchor, reason, sentence))
    return chosen


def _alike(sides: Tensor, own: Tensor) -> Tensor:
    """Which anchors have nearly the ratio of this one: bool [A]."""
    return ((sides[:, 1] / sides[:, 0]).log() - math.log(float(own[1] / own[0]))).abs() < 0.1


def _nearest(away: Tensor, among: Tensor) -> int:
    """The nearest anchor of some; -1 where there is none."""
    return int(torch.where(among, away, math.inf).argmin()) if bool(among.any()) else -1


def _beside(scene: Scene, rng: Random, life: Lineage, step: int) -> int:
    """An anchor of the same shape some cells away; -1 where the grid is too small."""
    grid = scene.trace.anchors
    rows, columns = grid.grid_sizes[life.level]
    cells = [(life.row + a * step, life.column + b * step) for a, b in ((0, 1), (0, -1), (1, 0), (-1, 0))]
    inside = [(row, column) for row, column in cells if 0 <= row < rows and 0 <= column < columns]
    return grid.of_cell(life.level, *rng.choice(inside))[life.shape] if inside else -1


LESSON = Lesson(
    number=1,
    name="follow",
    title="Follow one box",
    goal="Tell the stages in their order, and find the anchor that a detection came from.",
    page="detections",
    ask=ask,
    transfer=ask_again,
    needs=(needs.detections,),
)
