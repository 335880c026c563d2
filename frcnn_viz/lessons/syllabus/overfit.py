"""Lesson 16: two boxes learnt by heart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import torch

from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.lessons import (
    Alternative,
    Box,
    CannotAsk,
    ChooseOne,
    Field,
    GiveNumbers,
    Lesson,
    Mark,
    Question,
    Scene,
    Screen,
    Tell,
    Wrong,
    needs,
)
from frcnn_viz.lessons.trial import Outcome, Trial, too_slow, train

STEPS, RATES = 100, (3e-6, 3e-5, 3e-4, 3e-3, 3e-2)
LEARNT, LEARNT_RATES = 60, (5e-4, 1e-3, 2e-3)
"""Steps of a training, at any of these rates, after which what it was given is known by heart."""
IOU, SCORE, SEEN = 0.5, 0.9, 0.5
"""What a find needs; the score from which something counts as seen."""
NEAR = 0.03
"""How far from what is needed a number is where both answers are right: other computers round differently."""
SLOW, FAST = 1e-4, 1e-2
"""Rates below which 100 steps change little, and from which a step changes too much."""
MOST_SHOWN = 8
HALF_LABELLED = "so half-labelled pictures teach a detector not to find things."
STILL_PASS = "but each step takes only some of it, and what looks much the same can still pass."
SCREEN = Screen(options={"train.tab": "overfit"})
WORDS = {"both": "Both", "one": "One of them", "none": "Neither"}


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """Whether two boxes are found after 100 steps."""
    if len(scene.objects) < 2:
        raise CannotAsk("This picture has one object, and the lesson needs two; choose another picture.")
    rows = tuple(sorted(rng.sample(range(len(scene.objects)), 2)))
    trial = Trial(rows, STEPS, rng.choice(RATES))
    features = scene.detector.model.roi_heads.box_predictor.cls_score.in_features
    classes, marks = trial.classes(scene), _marks(scene, rows)

    def answered(tell: Tell) -> Question:
        outcome = train(scene, trial, tell)
        ious, scores = outcome.check.ious.tolist(), outcome.check.object_scores.tolist()
        pairs = list(zip(ious, scores, strict=True))
        least, found, most = count_found(pairs)
        keys = ("none", "one", "both")
        numbers = " and ".join(f"score {score:.2f}, IoU {iou:.2f}" for iou, score in pairs)
        return replace(
            question,
            right=keys[found],
            also_right=tuple(key for n, key in enumerate(keys) if least <= n <= most and n != found),
            wrong=tuple(Wrong(key, *_why_not(n, found, trial.rate)) for n, key in enumerate(keys) if n != found),
            why=f"{WORDS[keys[found]]}: {numbers}. The loss went from {outcome.steps[0].total:.2f} "
            f"to {outcome.steps[-1].total:.2g}.",
            code=f"""{trial.code(scene)}
found = (outcome.check.ious >= {IOU}) & (outcome.check.object_scores >= {SCORE})
answer = ["none", "one", "both"][int(found.sum())]
""",
            looks=lambda answer: _found(outcome, classes) if answer == keys[found] else [],
            later=None,
        )

    question = Question(
        name="found",
        text=f"A new last layer knows {' and '.join(classes)} alone, and both heads learn the two marked boxes by "
        f"heart: {STEPS} steps of AdamW with a learning rate of {trial.rate:g}, the backbone as it is. A box is found "
        f"by a detection of its class with an IoU of {IOU:g} and a score of {SCORE:g} or more. Which are found then?",
        form=ChooseOne(tuple(Alternative(key, words) for key, words in WORDS.items())),
        right=None,
        wrong=(),
        hints=(
            "A step of AdamW moves a weight by about the learning rate. How far do all steps move it?",
            f"All steps move a weight by {STEPS * trial.rate:g} or so; the new layer's begin between "
            f"-{features**-0.5:.2g} and {features**-0.5:.2g}.",
        ),
        why="",
        marks=marks,
        screen=SCREEN,
        later=answered,
    )
    return (question,)


def ask_others(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: what becomes of the objects that had no box."""
    counted = Counter(scene.objects.names)
    several = sorted(name for name, count in counted.items() if count > min(2, max(counted.values()) - 1) > 0)
    if not several:
        raise CannotAsk("No class is twice on this picture, and the lesson needs that; choose another picture.")
    name = rng.choice(several)
    of_class = [row for row, one in enumerate(scene.objects.names) if one == name]
    rows = tuple(sorted(rng.sample(of_class, 2 if len(of_class) > 2 else 1)))
    trial, others = Trial(rows, LEARNT, rng.choice(LEARNT_RATES)), [row for row in of_class if row not in rows]
    marks, both = _marks(scene, rows), "the two marked ones have a box, and the heads learn them"

    def answered(tell: Tell) -> Question:
        outcome = train(scene, trial, tell)
        seen = outcome.check.scores >= SEEN
        truth = scene.objects.boxes_in_image[[*rows, *others]]
        pairs = judge(
            outcome.check.boxes_in_image[seen],
            outcome.check.labels[seen],
            truth,
            torch.ones(len(truth), dtype=torch.int64),
        )
        found = int(pairs.found[len(rows) :].sum())
        return replace(
            question,
            right=[found],
            wrong=(
                Wrong(
                    [len(others)],
                    "thought that it learnt the class",
                    "It learnt these boxes: what has no box is background in training, and that was learnt too.",
                    lambda answer: answer[0] > found,
                ),
                Wrong(
                    [0],
                    "thought that it knows nothing else",
                    "What looks much the same can still pass: each step takes only some of the background.",
                    lambda answer: answer[0] < found,
                ),
            ),
            why=f"{found} of {len(others)}: what is not drawn is background in training, "
            + (HALF_LABELLED if found < len(others) else STILL_PASS),
            code=f"""{trial.code(scene)}
from frcnn_viz.analysis.outcomes import judge

seen, objects = outcome.check.scores >= {SEEN}, torch.tensor({truth.tolist()})
ones = torch.ones(len(objects), dtype=torch.int64)
pairs = judge(outcome.check.boxes_in_image[seen], outcome.check.labels[seen], objects, ones)
answer = [int(pairs.found[{len(rows)}:].sum())]
""",
            looks=lambda answer: _found(outcome, (name,)) if answer == [found] else [],
            later=None,
        )

    question = Question(
        name="others",
        text=f"{len(of_class)} objects of the class {name} are on this picture. In this exercise only "
        f"{'the marked one has a box, and the heads learn it' if len(rows) == 1 else both} by heart: {trial.steps} "
        f"steps with a learning rate of {trial.rate:g}. How many of those without a box ({len(others)}) are then "
        f"found, with an IoU of {IOU:g} and a score of {SEEN:g} or more?",
        form=GiveNumbers((Field("how many", f"of {len(others)}", 0, 0, len(others)),)),
        right=None,
        wrong=(),
        hints=(
            "What is an anchor on one of the others in this training: positive, ignored or negative?",
            "It overlaps no box that was drawn, so it is a negative, and the detector learns that it is background.",
        ),
        why="",
        marks=marks,
        screen=SCREEN,
        later=answered,
    )
    return (question,)


def count_found(pairs: Sequence[tuple[float, float]]) -> tuple[int, int, int]:
    """How many of two boxes are found, by IoU and score: at least, here, and at most, elsewhere.

    Raises:
        CannotAsk: from none to both, so that no answer would be wrong.
    """
    least, found, most = (
        sum(iou >= IOU + near and score >= SCORE + near for iou, score in pairs) for near in (NEAR, 0, -NEAR)
    )
    if most - least == len(pairs):
        numbers = " and ".join(f"{score:.2f} with IoU {iou:.2f}" for iou, score in pairs)
        raise CannotAsk(
            f"After this training the scores are {numbers}: too near {SCORE:g} and {IOU:g} to say the same on every "
            "computer. Choose another picture."
        )
    return least, found, most


def _marks(scene: Scene, rows: tuple[int, ...]) -> tuple[Mark, ...]:
    return tuple(Mark(tuple(scene.objects.boxes_in_image[row].tolist()), scene.objects.names[row]) for row in rows)


def _found(outcome: Outcome, classes: tuple[str, ...]) -> list[tuple[Box, str]]:
    """What is seen at the end: the right answer on the picture. Another one is not told by it."""
    check = outcome.check
    rows = zip(check.boxes_in_image.tolist(), check.labels.tolist(), check.scores.tolist(), strict=True)
    seen = [(tuple(box), f"{classes[label - 1]} {score:.2f}") for box, label, score in rows if score >= SEEN]
    return seen[:MOST_SHOWN]


def _why_not(guess: int, found: int, rate: float) -> tuple[str, str]:
    """Reason and sentence for another number of boxes than were found."""
    if guess < found:
        return (
            "took learning by heart for slow",
            "The features of one picture never change, and the heads have far more weights than two boxes need.",
        )
    if rate < SLOW:
        return (
            "forgot how little a step moves",
            f"{STEPS} steps of {rate:g} leave the new layer near where it began, and its scores low.",
        )
    if rate >= FAST:
        return (
            "thought that faster is better",
            f"Steps of {rate:g} throw the weights past where the loss is least, and it comes down badly.",
        )
    return (
        "expected more in so few steps",
        "The loss is low, but not every box has its score yet; some more steps would do.",
    )


LESSON = Lesson(
    number=16,
    name="overfit",
    title="Overfit",
    goal="Say what a detector knows after a short training on one picture, and what it does not.",
    page="train",
    ask=ask,
    transfer=ask_others,
    needs=(needs.ground_truth, too_slow),
)
