"""Lesson 4: the anchor that fits an object best, and how the fit is measured."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import torch
from torch import Tensor
from torchvision.ops import box_area

from frcnn_viz.lessons import (
    Answer,
    CannotAsk,
    Field,
    GiveNumbers,
    Lesson,
    Mark,
    Question,
    Scene,
    Screen,
    Wrong,
    needs,
)
from frcnn_viz.pipeline.boxes import centers, to_input

NEARLY = 0.95
"""Part of the best IoU that counts as the best: cells lie close together."""
FITTING = (0.25, 0.8)
"""IoU of an anchor that one is to be worked out for."""
CLOSE = 0.02
"""How far from an IoU counts as it; edges are told in whole pixels."""
LEAST_SIDE = 32.0
"""Pixels of the user's image, of an object that is asked about."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The best anchor for an object, and the IoU of another one."""
    place = _draw(scene, rng)
    return _pick(scene, place), _iou(scene, rng, place)


def ask_again(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The best anchor for an object of another picture."""
    return (_pick(scene, _draw(scene, rng)),)


def _draw(scene: Scene, rng: Random) -> int:
    """An object."""
    boxes = scene.objects.boxes_in_image
    large = ((boxes[:, 2:] - boxes[:, :2]) >= LEAST_SIDE).all(dim=1).nonzero()[:, 0].tolist()
    if not large:
        raise CannotAsk(f"No object of this picture is {LEAST_SIDE:g} px wide and high; choose another.")
    return rng.choice(large)


def _object(scene: Scene, place: int) -> tuple[Mark, Tensor, Tensor]:
    """An object: as a mark, as a box [1, 4] of the input frame, and its IoU with every anchor, [A]."""
    data, found = scene.trace.input, scene.objects.boxes_in_image[place][None]
    box = to_input(found.to(scene.trace.device), data.image_size, data.input_size)
    mark = Mark(tuple(found[0].tolist()), scene.objects.names[place])
    return mark, box, scene.trace.match(found).iou


def _screen(scene: Scene, anchor: int) -> Screen:
    """The anchors of its level, with it chosen."""
    level, *_ = scene.trace.anchors.place(anchor)
    return Screen(selected=(("anchor", anchor),), options={"stage.level": str(level)})


def _pick(scene: Scene, place: int) -> Question:
    mark, box, overlap = _object(scene, place)
    grid, form = scene.trace.anchors, scene.anchor_form()
    best = int(overlap.argmax())
    good = overlap >= NEARLY * overlap[best]
    away = (centers(grid.boxes) - centers(box)).norm(dim=1)
    near = away < 0.2 * float(box_area(box).sqrt())
    sized = (box_area(grid.boxes) / box_area(box)).log2().abs() < 0.75
    kinds = (
        (
            near & ~sized,
            "right place, wrong size",
            "Compare its area with the object's: the sizes of other levels, or of the same cell, differ.",
        ),
        (
            ~near & sized,
            "right size, wrong place",
            "Its area fits; now find the cell whose anchors are centred where the object is.",
        ),
        (
            near & sized,
            "right place and size, wrong ratio",
            "Place and area fit; compare how wide and how high it is with the object.",
        ),
        (
            ~near & ~sized,
            "neither place nor size",
            "Look for the cell in the middle of the object first, then for the size.",
        ),
    )
    wrong = []
    for mask, reason, sentence in kinds:
        known = mask & ~good
        if bool(known.any()):
            likeliest = int(torch.where(known, overlap, -1.0).argmax())
            wrong.append(Wrong(list(grid.place(likeliest)), reason, sentence, _among(scene, known)))
    level, row, column, _ = grid.place(best)
    words = f"The anchor of {form.words(list(grid.place(best)))}"
    width, height = mark.box[2] - mark.box[0], mark.box[3] - mark.box[1]
    return Question(
        name="pick",
        text=f"Which anchor has the best IoU with the marked {mark.label}? Choose a level, a cell, and the "
        f"cell's anchor. One within {1 - NEARLY:.0%} of the best counts.",
        form=form,
        right=list(grid.place(best)),
        also_right=tuple(list(grid.place(anchor)) for anchor in good.nonzero()[:, 0].tolist() if anchor != best),
        wrong=tuple(wrong),
        hints=(
            f"The {mark.label} is {width:.0f} px wide and {height:.0f} px high in your picture, "
            f"{width * scene.trace.input.scale[1]:.0f} x {height * scene.trace.input.scale[0]:.0f} for the network.",
            f"It is on level {form.names[level]}, near row {row}, column {column}.",
        ),
        why=f"{words} has an IoU of {overlap[best]:.2f}; in training, anchors of "
        f"{scene.settings.rpn_fg_iou_thresh:g} or more are positive.",
        code=f"""
iou = trace.match(torch.tensor([{list(mark.box)}])).iou      # of every anchor with this object
answer = list(trace.anchors.place(int(iou.argmax())))        # level, row, column, and which of the cell
""",
        marks=(mark,),
        screen=_screen(scene, best),
    )


def _among(scene: Scene, mask: Tensor) -> Callable[[Answer], bool]:
    """Whether an answer is one of some anchors, bool [A]."""
    grid = scene.trace.anchors

    def covers(answer: Answer) -> bool:
        level, row, column, shape = answer
        return bool(mask[grid.of_cell(level, row, column)[shape]])

    return covers


def _iou(scene: Scene, rng: Random, place: int) -> Question:
    mark, _, overlap = _object(scene, place)
    low, high = FITTING
    fitting = ((overlap >= low) & (overlap <= high)).nonzero()[:, 0].tolist()
    anchor = rng.choice(fitting) if fitting else int(overlap.argmax())
    box = scene.in_image(scene.trace.anchors.boxes[anchor])
    wide, high = (min(box[n + 2], mark.box[n + 2]) - max(box[n], mark.box[n]) for n in (0, 1))
    shared = max(wide, 0.0) * max(high, 0.0)
    own, others = ((b[2] - b[0]) * (b[3] - b[1]) for b in (mark.box, box))
    union = own + others - shared
    edges = lambda b: ", ".join(f"{edge:.0f}" for edge in b)  # noqa: E731
    return Question(
        name="iou",
        text=f"Left, top, right and bottom of the {mark.label} are {edges(mark.box)}; those of the marked anchor are "
        f"{edges(box)}. What is their IoU?",
        form=GiveNumbers((Field("IoU", "", CLOSE, 0, 1),)),
        right=[float(overlap[anchor])],
        wrong=(
            Wrong(
                [shared / (own + others)],
                "counted the shared area twice",
                "Both areas hold what they share: take it away once from their sum.",
            ),
            Wrong([shared / own], "divided by the object alone", "Divide by the area that both cover together."),
            Wrong([shared / others], "divided by the anchor alone", "Divide by the area that both cover together."),
            Wrong(
                [2 * shared / (own + others)],
                "gave the Dice coefficient",
                "That is twice the shared area by the sum of both; IoU divides by the union.",
            ),
            Wrong([1 - shared / union], "gave what is not shared", "IoU is the shared part; 1 is a perfect fit."),
        ),
        hints=(
            "The shared area, divided by both areas together less the shared one.",
            f"They share {shared:,.0f} px; the {mark.label} has {own:,.0f} px and the anchor {others:,.0f} px.",
        ),
        why=f"{shared:,.0f} / ({own:,.0f} + {others:,.0f} - {shared:,.0f}) = {shared / union:.2f}.",
        code=f"""
iou = trace.match(torch.tensor([{list(mark.box)}])).iou      # of every anchor with this object
answer = [iou[{anchor}].item()]
""",
        marks=(mark, Mark(box, "anchor")),
        screen=_screen(scene, anchor),
    )


LESSON = Lesson(
    number=4,
    name="fit",
    title="Which anchor fits",
    goal="Find the anchor that fits an object, and work out an IoU by hand.",
    page="anchors",
    ask=ask,
    needs=(needs.ground_truth,),
    transfer=ask_again,
)
