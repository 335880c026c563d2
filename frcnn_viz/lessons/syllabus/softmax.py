"""Lesson 9: the class scores of a proposal are one softmax, with the background in it."""

from __future__ import annotations

from math import exp
from random import Random

from frcnn_viz.lessons import (
    Alternative,
    CannotAsk,
    ChooseOne,
    Field,
    GiveNumbers,
    Lesson,
    Mark,
    Question,
    Scene,
    Screen,
    Wrong,
    reasons,
)

SIGMOID = "took each score for a sigmoid"
FIRST = 12
"""Proposals among which one is drawn."""
CLOSE, LEAST = 0.03, 0.1
"""What part of a score still counts as it; of what at least that part is taken: logits are told with two decimals."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """Whether two classes can both be sure; then one score from its logits."""
    score = _score(scene, rng)
    return _both(scene, rng), score


def ask_again(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """What is left for the other classes, and what happens to the background where another logit rises."""
    return _left(scene, rng), _raised(scene, rng)


def _draw(scene: Scene, rng: Random) -> tuple[int, int]:
    """A proposal whose score is shared most among background, best class and all others, and that class."""
    scores = scene.trace.rois.scores
    if not len(scores):
        raise CannotAsk("There is no proposal at these settings; lower the thresholds of the RPN.")
    best = scores[:, 1:].max(dim=1).values
    shared = scores[:, 0] * best * (1 - scores[:, 0] - best if scores.shape[1] > 2 else 1)
    proposal = rng.choice(shared.argsort(descending=True, stable=True)[:FIRST].tolist())
    return proposal, int(scores[proposal, 1:].argmax()) + 1


def _seen(scene: Scene, proposal: int) -> tuple[tuple[Mark, ...], Screen]:
    mark = Mark(scene.in_image(scene.trace.proposals.boxes[proposal]), f"proposal {proposal}")
    return (mark,), Screen(selected=(("proposal", proposal),))


def _both(scene: Scene, rng: Random) -> Question:
    names, scores = scene.classes, scene.trace.rois.scores
    told = [name for name in names[1:] if name != "N/A"]  # COCO's labels have gaps
    one, other = rng.sample(told, 2) if len(told) > 1 else (told[0], "background")
    nearest = int(scores.topk(2, dim=1).values[:, 1].argmax())
    best, second = scores[nearest].topk(2).indices.tolist()
    tie = [f"{'background' if label == 0 else names[label]} {scores[nearest, label]:.2f}" for label in (best, second)]
    answers = [
        Alternative("sum", "No: what one gets, the others lack"),
        Alternative("nms", "No: NMS would remove one of them"),
        Alternative("overlap", "Yes, where both are in the proposal"),
        Alternative("own", "Yes: each class is a yes or no of its own"),
    ]
    rng.shuffle(answers)
    _, screen = _seen(scene, nearest)
    return Question(
        name="both",
        text=f"In one proposal there may be parts of two things. Can the second stage give one proposal {one} 0.9 and "
        f"{other} 0.9 at once?",
        form=ChooseOne(tuple(answers)),
        right="sum",
        wrong=(
            Wrong(
                "own",
                SIGMOID,
                "Objectness is a sigmoid. The class scores are one softmax: they share what there is, which is 1.",
            ),
            Wrong(
                "overlap",
                "thought what is there must be scored",
                "A proposal gets one answer: with two things in it the classes share the score.",
            ),
            Wrong(
                "nms",
                "gave NMS what softmax does",
                "NMS comes later, and compares boxes of one class alone; the scores cannot be so to begin with.",
            ),
        ),
        hints=(
            "How are the scores made from the head's logits?",
            f"Add the {scores.shape[1]} scores of any proposal on the RoI page.",
        ),
        why=f"A proposal's scores add up to 1. The nearest to a tie here is proposal {nearest}: {tie[0]}, {tie[1]}. "
        "No second-best score can pass 0.5.",
        code="""
scores = trace.rois.scores                            # [proposals, classes], background first
second = scores.topk(2, dim=1).values[:, 1]           # the second-best of each proposal
answer = "sum" if (scores.sum(dim=1) - 1).abs().max() < 1e-4 and second.max() <= 0.5 else "own"
""",
        screen=screen,
    )


def _score(scene: Scene, rng: Random) -> Question:
    rois, names = scene.trace.rois, scene.classes
    proposal, label = _draw(scene, rng)
    logits, scores = rois.class_logits[proposal].tolist(), rois.scores[proposal].tolist()
    rest = sum(exp(logit) for at, logit in enumerate(logits) if at not in (0, label))
    zero, logit, score, name = logits[0], logits[label], scores[label], names[label]
    count = len(logits) - 2
    others = f", and exp of the other {count} logits adds up to {rest:.3g}" if count else ""
    exps = f"{exp(zero):.3g} + {exp(logit):.3g}{f' + {rest:.3g}' if count else ''}"
    marks, screen = _seen(scene, proposal)
    return Question(
        name="score",
        text=f"The head gives proposal {proposal} one logit for each class: {zero:.2f} for the background, {logit:.2f} "
        f"for {name}{others}. Which score does {name} get?",
        form=GiveNumbers((Field("score", "", CLOSE * max(score, LEAST), 0, 1),)),
        right=[score],
        wrong=(
            Wrong(
                [1 / (1 + exp(-logit))],
                SIGMOID,
                "That looks at this logit alone; softmax divides its exp by those of all classes together.",
            ),
            Wrong(
                [score / (1 - scores[0])],
                reasons.BACKGROUND,
                "The background is class 0, and its exp is in the sum as well.",
            ),
            Wrong(
                [score / (score + scores[0])],
                "left out the other classes",
                "The exp of every class is in the sum, not only that of the background.",
            ),
            Wrong(
                [scores[0]], "gave the background's score", f"That is what the background gets; {name} was asked for."
            ),
            Wrong([1 - scores[0]], "gave all objects together", "That is what all classes but the background share."),
            Wrong([1 - score], "gave what the others get", f"That is left for the others; {name} was asked for."),
        ),
        hints=(
            "Softmax: exp of the logit, divided by the sum of exp of all logits, the background's too.",
            f"exp({logit:.2f}) = {exp(logit):.3g}; exp({zero:.2f}) = {exp(zero):.3g} for the background.",
        ),
        why=f"{exp(logit):.3g} / ({exps}) = {score:.3f}, and the background gets {scores[0]:.3f}.",
        code=f"""
exps = trace.rois.class_logits[{proposal}].exp()
answer = [(exps[{label}] / exps.sum()).item()]       # = trace.rois.scores[{proposal}, {label}]
""",
        marks=marks,
        screen=screen,
    )


def _left(scene: Scene, rng: Random) -> Question:
    rois, names = scene.trace.rois, scene.classes
    count = rois.num_classes - 2
    proposal, label = _draw(scene, rng)
    zero, score = rois.scores[proposal, 0].item(), rois.scores[proposal, label].item()
    right = 1 - zero - score if count else 1 - zero
    marks, screen = _seen(scene, proposal)
    told = f" and {names[label]} {score:.3f}" if count else ""
    mistaken = (
        Wrong([1 - score], reasons.BACKGROUND, "The background is a class too and has its part."),
        Wrong([1 - zero], "forgot the best class", "Of what the background leaves, the best class has its part."),
        Wrong([count], SIGMOID, "They do not get up to 1 each: all share the same 1."),
    )
    asked = f"the other {count} classes get together" if count > 1 else "the last class get" if count else "objects get"
    return Question(
        name="left",
        text=f"The second stage gives proposal {proposal} these scores: background {zero:.3f}{told}. What do {asked}?",
        form=GiveNumbers((Field("score", "", 0.005, 0, 1000),)),
        right=[right],
        wrong=(
            *(mistaken if count else ()),
            Wrong([zero], "gave the background's score", "That is told already; all that is left of 1 was asked for."),
            Wrong([1], "gave what all share", "All classes together get 1, those that are told among them."),
        ),
        hints=("All scores of a proposal add up to 1.", f"The background's {zero:.3f} is one of them."),
        why=f"1 - {zero:.3f}{f' - {score:.3f}' if count else ''} = {right:.3f}: a score is a share of 1.",
        code=f"""
scores = trace.rois.scores[{proposal}]
answer = [(1 - scores[0]{f" - scores[{label}]" if count else ""}).item()]
""",
        marks=marks,
        screen=screen,
    )


def _raised(scene: Scene, rng: Random) -> Question:
    rois, names = scene.trace.rois, scene.classes
    proposal, label = _draw(scene, rng)
    logits = rois.class_logits[proposal].clone()
    before = logits.softmax(0)
    logits[label] += 1
    after = logits.softmax(0)
    marks, screen = _seen(scene, proposal)
    return Question(
        name="raised",
        text=f"Suppose training raises the logit of {names[label]} for proposal {proposal} by 1 and leaves all other "
        "logits as they are. What becomes of the background's score?",
        form=ChooseOne(
            (
                Alternative("falls", "It falls"),
                Alternative("stays", "It stays: its logit is the same"),
                Alternative("rises", "It rises"),
            )
        ),
        right="falls",
        wrong=(
            Wrong(
                "stays",
                SIGMOID,
                "A sigmoid would stay. In a softmax the sum it is divided by has grown.",
            ),
            Wrong("rises", "let all scores rise", "All scores add up to 1: if one rises, the others fall."),
        ),
        hints=(
            "The background's score is exp of its logit, divided by the sum over all classes.",
            "The first is the same; what became of the sum?",
        ),
        why=f"It falls from {before[0]:.3f} to {after[0]:.3f}, and {names[label]} rises from {before[label]:.3f} to "
        f"{after[label]:.3f}: one cannot win without the others losing.",
        code=f"""
logits = trace.rois.class_logits[{proposal}].clone()
before = logits.softmax(0)[0]
logits[{label}] += 1
after = logits.softmax(0)[0]
answer = "falls" if after < before else "rises" if after > before else "stays"
""",
        marks=marks,
        screen=screen,
    )


LESSON = Lesson(
    number=9,
    name="softmax",
    title="Softmax and background",
    goal="Work out a proposal's scores from its logits, the background's among them.",
    page="rois",
    ask=ask,
    transfer=ask_again,
)
