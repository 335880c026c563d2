"""Lesson 12: the four losses of a training step, why one is so small, and which one grows at first."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from math import log
from random import Random

from frcnn_viz.lessons import (
    Alternative,
    CannotAsk,
    ChooseOne,
    Field,
    GiveNumbers,
    Lesson,
    PutInOrder,
    Question,
    Scene,
    Screen,
    Tell,
    Wrong,
    needs,
)
from frcnn_viz.lessons.trial import Trial, too_slow, train
from frcnn_viz.pipeline.losses import Losses

TITLES = {
    "loss_objectness": "RPN: object or not",
    "loss_rpn_box_reg": "RPN: boxes",
    "loss_classifier": "Second stage: classes",
    "loss_box_reg": "Second stage: boxes",
}
CLOSE = 0.95
"""The part of a loss from which on another counts as the same."""
BATCHES = (64, 128, 256, 512)
"""Anchors of a sample, of which a student's is drawn."""
STEPS, WINDOW, GROWN = 21, 3, 1.2
"""Of the training that is watched; steps whose mean is taken; by how much a loss grows to be said to."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The losses by size; why the RPN's box loss is small; and which grows while both heads learn from nothing."""
    there, losses = _drawn(scene, rng)
    screen = _screen(scene, there)
    questions = (_order(losses, there, rng, screen), _divided(losses, there, screen))
    return questions if too_slow(scene) else (*questions, _grows(scene))


def ask_one(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: what more negatives would make of the RPN's box loss."""
    there, losses = _drawn(scene, rng)
    parts, count = losses.rpn.box_parts, len(losses.rpn.anchors)
    positives = int((losses.rpn.labels > 0).sum())
    if positives == count:
        raise CannotAsk("No negative anchor is drawn here; choose another picture.")
    now, doubled = float(losses.rpn.box), 2 * positives
    total = float(parts.sum()) * count
    return (
        Question(
            name="batch",
            text=f"{count} anchors are drawn, {positives} of them positive, and the RPN's box loss is {now:.3g}. The "
            f"same {positives} positives are now drawn with {count - positives + count} negatives, "
            f"{2 * count} anchors in all. What is the box loss then?",
            form=GiveNumbers((Field("loss", "", 0.03 * now / 2),)),
            right=[now / 2],
            wrong=(
                Wrong(
                    [now],
                    "divided by the positives alone",
                    "Negatives add no box loss, but they are counted where the mean is taken.",
                ),
                Wrong([2 * now], "took more anchors for more loss", "The new ones are negatives, and add no box loss."),
                Wrong([total / doubled], "doubled the positives", f"There are still {positives} positives among them."),
            ),
            hints=(
                "What do the new anchors add to the sum, and what do they change in the number it is divided by?",
                f"The sum of the positives stays {total:.3g}; it is divided by {2 * count}.",
            ),
            why=f"{total:.3g} / {2 * count} = {now / 2:.3g}: negatives add nothing to the sum, and divide it.",
            code=f"""
{_code(there)}answer = [(losses.rpn.box_parts.sum() * {count} / {2 * count}).item()]
""",
            screen=_screen(scene, there),
        ),
    )


def _drawn(scene: Scene, rng: Random) -> tuple[Scene, Losses]:
    """The losses with a student's own sample."""
    there = scene.at(seed=rng.randrange(1000), rpn_batch_size_per_image=rng.choice(BATCHES))
    known, labels = there.objects.known_in(there.classes)
    losses = there.trace.losses(known.boxes_in_image, labels)
    if float(losses.rpn.box) < 1e-4:
        raise CannotAsk("The RPN's boxes are perfect here; choose another picture.")
    return there, losses


def _screen(scene: Scene, there: Scene) -> Screen:
    options = {"training.tab": "losses", "training.head": "own", "training.batch": "anchors"}
    return Screen(options=options, settings=scene.changes(there))


def _code(there: Scene) -> str:
    known, labels = there.objects.known_in(there.classes)
    return f"losses = trace.losses(torch.tensor({known.boxes_in_image.tolist()}), torch.tensor({labels.tolist()}))\n"


def _order(losses: Losses, there: Scene, rng: Random, screen: Screen) -> Question:
    values = {name: float(value) for name, value in losses.by_name.items()}
    right = sorted(values, key=values.__getitem__, reverse=True)
    positive, anchors = int((losses.rpn.labels > 0).sum()), len(losses.rpn.labels)
    objects, rois = int((losses.roi.labels > 0).sum()), len(losses.roi.labels)
    first = values["loss_objectness"] + values["loss_rpn_box_reg"]
    return Question(
        name="order",
        text=f"A training step on this picture draws {anchors} anchors, {positive} of them positive, and {rois} "
        f"proposals, {objects} of them on objects. It computes four losses. How large are they for "
        f"{there.detector.name} as it is? Put the largest first.",
        form=PutInOrder(tuple(Alternative(key, TITLES[key]) for key in rng.sample(list(TITLES), len(TITLES)))),
        right=right,
        also_right=tuple(list(order) for order in permutations(right) if list(order) != right and _near(order, values)),
        wrong=(
            Wrong(list(reversed(right)), "put the smallest first", "That is the order from the smallest on."),
            Wrong(
                _to_front(right, "loss_rpn_box_reg"),
                "took the RPN's box loss for large",
                f"Only {positive} positives add to it, and all {anchors} anchors divide it.",
                lambda order: order.index("loss_rpn_box_reg") < right.index("loss_rpn_box_reg"),
            ),
            Wrong(
                _to_front(right, "loss_objectness"),
                "took the RPN's objectness for hard",
                "Most of the anchors are clearly background to it: their part of the mean is near 0.",
                lambda order: order.index("loss_objectness") < right.index("loss_objectness"),
            ),
            Wrong(
                [dict(zip(_second(right), reversed(_second(right)), strict=True)).get(name, name) for name in right],
                "swapped the second stage's two losses",
                "Only proposals on objects add a box loss, but boxes are hard to get right; classes are easy for most.",
                lambda order: _second(order) != _second(right),
            ),
        ),
        hints=(
            "Each is a mean over what is drawn: what is easy for nearly all of it is small.",
            f"Both of the RPN together are {first:.3g}; the classes alone are {values['loss_classifier']:.3g}.",
        ),
        why=", ".join(f"{TITLES[name]} {values[name]:.3g}" for name in right) + ".",
        code=f"""
{_code(there)}answer = sorted(losses.by_name, key=losses.by_name.get, reverse=True)
""",
        screen=screen,
    )


def _near(order: tuple[str, ...], values: dict[str, float]) -> bool:
    """Whether an order is right but for losses that are as good as the same."""
    return all(values[first] >= CLOSE * values[then] for n, first in enumerate(order) for then in order[n + 1 :])


def _second(order: list[str]) -> list[str]:
    """The second stage's two in their order."""
    return [name for name in order if name in ("loss_classifier", "loss_box_reg")]


def _to_front(order: list[str], name: str) -> list[str]:
    return [name, *(one for one in order if one != name)]


def _divided(losses: Losses, there: Scene, screen: Screen) -> Question:
    loss, count = float(losses.rpn.box), len(losses.rpn.anchors)
    positive, total = int((losses.rpn.labels > 0).sum()), loss * count
    return Question(
        name="divided",
        text=f"Of the {count} anchors that are drawn, {positive} are positive. How far the RPN's deltas are off "
        f"(smooth L1) adds up to {total:.3g} over all positives. What is the RPN's box loss?",
        form=GiveNumbers((Field("loss", "", 0.03 * loss),)),
        right=[loss],
        wrong=(
            Wrong(
                [total / positive],
                "divided by the positives alone",
                f"Only the positives add to it, but it is divided by all {count} anchors that were drawn.",
            ),
            Wrong([total], "did not divide", "It is a mean: the sum is divided by the anchors that were drawn."),
            Wrong(
                [total / len(there.trace.anchors)],
                "divided by all anchors there are",
                "Only those that are drawn have a part in a step.",
            ),
            *(
                Wrong(
                    [total / (4 * anchors)],
                    "took the mean over the four deltas",
                    "torchvision adds up the four deltas of a box, and divides by anchors.",
                )
                for anchors in (positive, count)
            ),
        ),
        hints=(
            "Which anchors add to the sum, and which are counted where it is divided?",
            f"All {count} are counted, the negatives too, though they add nothing.",
        ),
        why=f"{total:.3g} / {count} = {loss:.3g}: {positive} add to it, and {count} divide it; "
        "so it looks small beside the others.",
        code=f"""
{_code(there)}errors = torch.nn.functional.smooth_l1_loss(
    losses.rpn.deltas, losses.rpn.targets, beta=1 / 9, reduction="none"
).sum(dim=1)
answer = [errors[losses.rpn.labels > 0].sum().item() / len(losses.rpn.labels)]
""",
        screen=screen,
    )


def _grows(scene: Scene) -> Question:
    trial = Trial(tuple(range(len(scene.objects))), STEPS, fresh=True)
    none = Alternative("none", "None: all fall")

    def answered(tell: Tell) -> Question:
        steps = train(scene, trial, tell).steps
        rises, told = {}, []
        for name in TITLES:
            values = [step.losses[name] for step in steps]
            means = [sum(values[n : n + WINDOW]) / WINDOW for n in range(len(values) - WINDOW + 1)]
            rises[name] = max(means) / means[0] if means[0] else 1.0
            told.append(f"{TITLES[name]} {means[0]:.2g} to {max(means) if rises[name] >= GROWN else means[-1]:.2g}")
        grown = [name for name in sorted(rises, key=rises.__getitem__, reverse=True) if rises[name] >= GROWN]
        known = len(trial.classes(scene)) + 1
        return replace(
            question,
            right=grown[0] if grown else "none",
            also_right=tuple(grown[1:]),
            wrong=(
                Wrong(
                    "none",
                    "thought that every loss falls",
                    "The second stage learns from what the RPN gives it, and that changes.",
                ),
                Wrong(
                    "loss_classifier",
                    "took the classes for what grows",
                    f"They begin near log {known} = {log(known):.2f}, as if all classes were as likely, and fall.",
                ),
                Wrong(
                    "loss_objectness",
                    "took objectness for what grows",
                    "It begins at log 2 = 0.69, as if all were a coin's toss, and falls: its anchors stay the same.",
                ),
                Wrong(
                    "loss_rpn_box_reg",
                    "took the RPN's boxes for what grows",
                    "Its positives are anchors, which never move: what it is to learn stays the same, and it falls.",
                ),
                Wrong(
                    "loss_box_reg",
                    "took the second stage's boxes for what grows",
                    "It does where more and more proposals lie on objects; here enough do from the first step on.",
                ),
            ),
            why="; ".join(told)
            + (". The more proposals lie on objects, the more add a box loss." if grown else ": all fall."),
            code=f"""{trial.code(scene)}
rises = {{"none": {GROWN}}}
for name in outcome.steps[0].losses:
    losses = torch.tensor([step.losses[name] for step in outcome.steps])
    means = losses.unfold(0, {WINDOW}, 1).mean(dim=1)
    rises[name] = float(means.max() / means[0])
answer = max(rises, key=rises.get)
""",
            screen=Screen(page="train", options={"train.tab": "overfit"}),
            later=None,
        )

    question = Question(
        name="grows",
        text="Now both heads begin with random numbers, on the backbone as it is, and learn this picture for "
        f"{STEPS} steps. Which loss first grows, before it falls?",
        form=ChooseOne((*(Alternative(key, words) for key, words in TITLES.items()), none)),
        right=None,
        wrong=(),
        hints=(
            "The RPN learns from fixed anchors. Where does the second stage get its boxes from?",
            "At first few proposals lie on objects. The better the RPN gets, the more do.",
        ),
        why="",
        later=answered,
    )
    return question


LESSON = Lesson(
    number=12,
    name="losses",
    title="Four losses",
    goal="Rank the four losses of a training step, and say why the RPN's box loss is small.",
    page="training",
    ask=ask,
    transfer=ask_one,
    needs=(needs.known_objects,),
)
