"""Lesson 6: the RPN says how much a box looks like an object, the second stage which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor
from torchvision.ops import box_area, box_iou

from frcnn_viz.lessons import Alternative, CannotAsk, ChooseOne, ChooseSome, Lesson, Question, Scene, Screen, Wrong
from frcnn_viz.lessons.subsets import added, missed

LETTERS = "ABCDEF"
MOST_OVERLAP = 0.3
"""IoU up to which two boxes are told apart at a glance."""
APART = 0.3
"""Least difference of the highest objectness logit from the others."""
CLEAR = 0.2
"""Least difference of the background's score from that of the best class."""
TRIES = 12
LEAST_SIDE = 12.0
"""Pixels of the user's image."""
SURE = 0.5
"""Objectness from which on one believes it."""
FIRST = 12
"""Proposals of best objectness among which one is drawn."""
MOST_CLASSES = 8
"""That are told by name."""
NOTHING = "Here the RPN and the second stage do not differ on boxes that lie apart; choose another picture."
TRUSTED = "took objectness for a class score"


@dataclass(frozen=True, eq=False)
class Judged:
    """What both stages say of every proposal.

    Attributes:
        logits, objectness: of the RPN, float32 [P]. background: score of class 0, float32 [P].
        best, label: the highest score of a class of objects, float32 [P], and which, int64 [P].
    """

    logits: Tensor
    objectness: Tensor
    background: Tensor
    best: Tensor
    label: Tensor

    @classmethod
    def of(cls, scene: Scene) -> Judged:
        """By the scene's trace."""
        proposals, scores = scene.trace.proposals, scene.trace.rois.scores
        best, label = scores[:, 1:].max(dim=1)
        of_proposal = proposals.objectness[proposals.kept], proposals.scores[proposals.kept]
        return cls(*of_proposal, scores[:, 0], best, label + 1)

    @property
    def known(self) -> Tensor:
        """Where a class of objects has the highest score: bool [P]."""
        return self.best > self.background

    @property
    def fooling(self) -> Tensor:
        """Where the RPN is sure and the second stage says background: bool [P]."""
        return ~self.known & (self.objectness >= SURE)

    def words(self, scene: Scene, row: int) -> str:
        """What the second stage says of one."""
        if self.known[row]:
            return f"{scene.classes[int(self.label[row])]} {self.best[row]:.2f}"
        return f"background {self.background[row]:.2f}"


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """Which of six boxes has the highest objectness; which of them the second stage takes for background."""
    judged = Judged.of(scene)
    for _ in range(TRIES):
        kinds = [judged.fooling, judged.known]
        rng.shuffle(kinds)
        rows = _draw(scene, judged, rng, [*kinds, judged.known, judged.fooling, None, None])
        chosen = list(rows.values())
        if rows and bool(judged.fooling[chosen].any()) and bool(judged.known[chosen].any()):
            return _highest(scene, judged, rows), _background(scene, judged, rows)
    raise CannotAsk(NOTHING)


def ask_back(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: of which of four boxes the second stage is surest, where their objectness is told."""
    judged = Judged.of(scene)
    for least in torch.linspace(0.9, 0.3, TRIES).tolist():
        rows = _draw(scene, judged, rng, [judged.fooling, judged.best >= least, ~judged.known, ~judged.known])
        known = [letter for letter, row in rows.items() if judged.known[row]]
        if len(known) == 1 and known[0] != _first(judged, rows):
            return (_surest(scene, judged, rows, known[0]),)
    raise CannotAsk(NOTHING)


def _draw(scene: Scene, judged: Judged, rng: Random, kinds: Sequence[Tensor | None]) -> dict[str, int]:
    """A proposal of each kind, or any where there is none, apart from each other and of less objectness than the first.

    With letters; nothing where there are too few.
    """
    boxes = scene.trace.proposals.boxes
    down, across = scene.trace.input.scale
    sides = (boxes[:, 2:] - boxes[:, :2]) / boxes.new_tensor([across, down])
    free = (sides >= LEAST_SIDE).all(dim=1) & ((judged.best - judged.background).abs() >= CLEAR)
    rows: list[int] = []
    for kind in kinds:
        wanted = free if kind is None or not bool((free & kind).any()) else free & kind
        fit = wanted.nonzero()[:, 0].tolist()
        if not fit:
            return {}
        rows.append(rng.choice(fit if rows else fit[:FIRST]))
        free &= box_iou(boxes[rows[-1]][None], boxes)[0] <= MOST_OVERLAP
        free &= judged.logits <= judged.logits[rows[0]] - APART
    rng.shuffle(rows)
    return dict(zip(LETTERS, rows, strict=False))


def _first(judged: Judged, rows: dict[str, int]) -> str:
    """The letter of the highest objectness."""
    return max(rows, key=lambda letter: float(judged.logits[rows[letter]]))


def _boxes(scene: Scene, rows: dict[str, int]) -> tuple[Alternative, ...]:
    boxes = scene.trace.proposals.boxes
    return tuple(Alternative(letter, letter, scene.in_image(boxes[row])) for letter, row in rows.items())


def _highest(scene: Scene, judged: Judged, rows: dict[str, int]) -> Question:
    right = _first(judged, rows)
    told = {letter: f"{judged.objectness[row]:.3f}" for letter, row in rows.items()}
    says = {letter: judged.words(scene, row) for letter, row in rows.items()}
    surest = max(rows, key=lambda letter: float(judged.best[rows[letter]]))
    area = box_area(scene.trace.proposals.boxes)
    largest = max(rows, key=lambda letter: float(area[rows[letter]]))
    lowest = sorted(rows, key=lambda letter: float(judged.logits[rows[letter]]))[:2]
    others = [letter for letter in rows if letter not in (right, surest, largest)]
    than = f"{right} has objectness {told[right]}"
    return Question(
        name="highest",
        text="The RPN scores every box before anything asks for classes. Which of these six proposals has the highest "
        "objectness?",
        form=ChooseOne(_boxes(scene, rows)),
        right=right,
        wrong=(
            Wrong(
                surest,
                TRUSTED,
                f"The second stage is surest of {surest} ({says[surest]}), but the RPN knows no classes: {than}, "
                f"{surest} {told[surest]}.",
            ),
            Wrong(
                largest,
                "took the largest box",
                f"Objectness does not go by size: {than}, {largest} only {told[largest]}.",
            ),
            *(
                Wrong(
                    letter,
                    "took a box of less objectness",
                    f"{than}, {letter} {told[letter]}. It counts how well a box fits round anything like an object.",
                )
                for letter in others
            ),
        ),
        hints=(
            "Look for the box that fits best round something, be it of a class that is known here or not.",
            f"It is neither {lowest[0]} nor {lowest[1]}.",
        ),
        why=f"{right} has {told[right]}, and the second stage says: {says[right]}. The RPN learns to tell objects of "
        "any class from background, and so it trusts what looks like one.",
        code=f"""
proposals = {rows}
objectness = trace.proposals.scores[trace.proposals.kept]
answer = max(proposals, key=lambda letter: objectness[proposals[letter]])
""",
        screen=Screen(selected=(("candidate", int(scene.trace.proposals.kept[rows[right]])),)),
    )


def _background(scene: Scene, judged: Judged, rows: dict[str, int]) -> Question:
    ranked = sorted(rows, key=lambda letter: float(judged.logits[rows[letter]]), reverse=True)
    known = [letter for letter, row in rows.items() if judged.known[row]]
    fooling = [letter for letter in ranked if judged.fooling[rows[letter]]]
    empty = [letter for letter in rows if letter not in known and letter not in fooling]
    doubted = [letter for letter in known if judged.objectness[rows[letter]] < SURE]
    sure = [letter for letter in known if letter not in doubted]
    doubtful, plain = (doubted or known)[0], (sure or known)[0]
    right = [letter for letter in rows if letter not in known]
    says = {letter: judged.words(scene, row) for letter, row in rows.items()}
    told = {letter: f"{judged.objectness[row]:.3f}" for letter, row in rows.items()}
    return Question(
        name="background",
        text=f"Their objectness is {', '.join(f'{letter} {number}' for letter, number in told.items())}. Which of them "
        "does the second stage take for background, that is, gives background more than any class?",
        form=ChooseSome(_boxes(scene, rows)),
        right=right,
        wrong=(
            *missed(
                right,
                fooling,
                TRUSTED,
                f"{fooling[0]} has objectness {told[fooling[0]]}, and yet the second stage says {says[fooling[0]]}.",
            ),
            *missed(
                right,
                empty,
                "thought every proposal holds an object",
                "The RPN passes on its best boxes, whether or not they hold anything; most proposals are background.",
            ),
            *added(
                right,
                doubted,
                "took low objectness for background",
                f"{doubtful} has objectness {told[doubtful]}, and yet the second stage says {says[doubtful]}.",
            ),
            *added(
                right,
                sure,
                "took an object for background",
                f"For the second stage {plain} is {says[plain]}.",
            ),
        ),
        hints=(
            "Do not go by objectness: look which boxes hold most of a thing that the detector knows.",
            f"There are {len(right)}; {fooling[0]} is one of them.",
        ),
        why=f"The second stage says {'; '.join(f'{letter} {words}' for letter, words in says.items())}.",
        code=f"""
proposals = {rows}
label = trace.rois.scores.argmax(dim=1)        # 0 is the background
answer = [letter for letter, proposal in proposals.items() if label[proposal] == 0]
""",
        screen=Screen(page="rois", selected=(("proposal", rows[fooling[0]]),)),
    )


def _surest(scene: Scene, judged: Judged, rows: dict[str, int], right: str) -> Question:
    told = {letter: f"{judged.objectness[row]:.3f}" for letter, row in rows.items()}
    first = _first(judged, rows)
    names = scene.classes[1:]
    known = ", ".join(names) if len(names) <= MOST_CLASSES else f"{len(names)} classes"
    says = judged.words(scene, rows[right])
    others = [letter for letter in rows if letter not in (right, first)]
    return Question(
        name="surest",
        text=f"The RPN gives these proposals objectness {', '.join(f'{x} {told[x]}' for x in told)}. "
        f"The detector knows {known}. Which of the four gets the highest score of a class, background apart?",
        form=ChooseOne(_boxes(scene, rows)),
        right=right,
        wrong=(
            Wrong(
                first,
                TRUSTED,
                f"{first} has the highest objectness, but the second stage says {judged.words(scene, rows[first])}.",
            ),
            *(
                Wrong(
                    letter,
                    "took a box of no class",
                    f"The second stage gives {letter} {judged.words(scene, rows[letter])}: objectness names no class.",
                )
                for letter in others
            ),
        ),
        hints=(
            "Objectness says that there is something. Look at the picture for what it is.",
            f"It is not {first}, which has the highest objectness.",
        ),
        why=f"{right} is {says}, with objectness {told[right]}; {first} has {told[first]} and is "
        f"{judged.words(scene, rows[first])}.",
        code=f"""
proposals = {rows}
best = trace.rois.scores[:, 1:].max(dim=1).values
answer = max(proposals, key=lambda letter: best[proposals[letter]])
""",
        screen=Screen(page="rois", selected=(("proposal", rows[right]),)),
    )


LESSON = Lesson(
    number=6,
    name="objectness",
    title="Objectness is not class",
    goal="Tell what the RPN knows of a box from what the second stage does.",
    page="proposals",
    ask=ask,
    transfer=ask_back,
)
