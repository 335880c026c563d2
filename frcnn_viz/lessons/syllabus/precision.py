"""Lesson 15: precision, recall and average precision of five detections, by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.metrics import coco_report
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.data.ground_truth import GroundTruth
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
    needs,
)

LETTERS = "ABCDE"
LOOSER: tuple[dict[str, float], ...] = (
    {"box_score_thresh": 0.01},
    {"box_nms_thresh": 0.7, "box_score_thresh": 0.01},
    {"box_nms_thresh": 0.9, "box_score_thresh": 0.01},
)
"""Settings with which a detector says enough that is wrong, and finds things twice."""
MOST_DRAWN = 60
"""Sets of five that are drawn for one that is neither all right nor all wrong."""
CLEAR, CLOSE = 0.01, 0.015
"""How far from 0.5 an IoU is; how near to the AP counts as it."""


@dataclass(frozen=True, eq=False)
class Five:
    """Five detections of one class.

    Attributes:
        there: the scene. label: the class. rows: their places among the detections, best first.
        truth: the objects of that class.
    """

    there: Scene
    label: int
    rows: tuple[int, ...]
    truth: GroundTruth

    @property
    def name(self) -> str:
        """The class."""
        return self.there.classes[self.label]

    @property
    def boxes(self) -> Tensor:
        """float32 [5, 4], pixels of the picture."""
        return self.there.trace.detections.boxes_in_image[list(self.rows)].cpu()

    @property
    def scores(self) -> Tensor:
        """float32 [5]."""
        return self.there.trace.detections.scores[list(self.rows)].cpu()

    @property
    def ious(self) -> Tensor:
        """float32 [5, G]."""
        return box_iou(self.boxes, self.truth.boxes_in_image)

    def right(self, rows: list[int]) -> list[bool]:
        """Which of some of them count as finds."""
        one = torch.ones(len(rows), dtype=torch.int64)
        pairs = judge(self.boxes[rows], one, self.truth.boxes_in_image, torch.ones(len(self.truth), dtype=torch.int64))
        return (pairs.object_of_detection >= 0).tolist()

    def ap(self, rows: list[int]) -> float:
        """COCO's at IoU 0.5 of some of them."""
        one = torch.ones(len(rows), dtype=torch.int64)
        found = {"boxes": self.boxes[rows], "labels": one, "scores": self.scores[rows]}
        return float(coco_report([found], [self.truth], [self.name]).figures["AP50"])

    @property
    def code(self) -> str:
        """Python that makes `five` and `truth`."""
        return f"""
from frcnn_viz.analysis.metrics import coco_report
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.data.ground_truth import GroundTruth

found, rows, ones = trace.detections, torch.tensor({list(self.rows)}), torch.ones({len(self.rows)}, dtype=torch.int64)
five = {{"boxes": found.boxes_in_image[rows].cpu(), "labels": ones, "scores": found.scores[rows].cpu()}}
truth = GroundTruth(torch.tensor({self.truth.boxes_in_image.tolist()}), {self.truth.names!r})
"""

    def marks(self) -> tuple[Mark, ...]:
        """The objects, numbered, and the five by their letters."""
        objects = [Mark(tuple(box), f"{self.name} {n}") for n, box in enumerate(self.truth.boxes_in_image.tolist(), 1)]
        return (*objects, *(Mark(tuple(box), letter) for box, letter in zip(self.boxes.tolist(), LETTERS, strict=True)))

    def told(self) -> str:
        """Each with its score and the object that it overlaps most."""
        best = self.ious.max(dim=1)
        rows = zip(LETTERS, self.scores.tolist(), best.values.tolist(), best.indices.tolist(), strict=True)
        return "; ".join(
            f"{letter} {score:.3f}, IoU {iou:.2f} with {self.name} {n + 1}" for letter, score, iou, n in rows
        )

    def screen(self, scene: Scene) -> Screen:
        """The page with the settings that they are found with."""
        return Screen(settings=scene.changes(self.there))


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """Precision and recall of five detections; then their average precision."""
    five = _draw(scene, rng)
    return _counts(scene, five), _average(scene, five)


def ask_which(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: which of the five costs most average precision."""
    five, every = _draw(scene, rng, _has_costliest), range(5)
    right, now = five.right(list(every)), five.ap(list(every))
    without = {letter: five.ap([m for m in every if m != n]) for n, letter in enumerate(LETTERS)}
    best = max(without, key=without.__getitem__)
    last = max(n for n in every if right[n])
    wrong = []
    for n, letter in enumerate(LETTERS):
        if right[n]:
            told = "took away a find", f"Without it fewer are found: AP goes from {now:.2f} to {without[letter]:.2f}."
        elif n > last:
            told = "took one that costs nothing", "After the last find a false alarm changes no precision that counts."
        else:
            told = (
                "took a false alarm that costs less",
                f"Without it AP is {without[letter]:.2f}; one that stands before more finds costs more.",
            )
        wrong.append(Wrong(letter, *told))
    return (
        Question(
            name="costs",
            text=f"Five detections of {five.name}, best first, each with score and IoU: {five.told()}. There are "
            f"{len(five.truth)} in all. AP at IoU 0.5 is {now:.2f}. If one of the five were not there, which one would "
            "make AP largest?",
            form=ChooseOne(
                tuple(
                    Alternative(letter, letter, tuple(box))
                    for letter, box in zip(LETTERS, five.boxes.tolist(), strict=True)
                )
            ),
            right=best,
            wrong=tuple(wrong),
            hints=(
                "Which of them are false alarms? A second detection of one object is one too.",
                "A false alarm lowers the precision of all finds that come after it, and of none before.",
            ),
            why=f"Without {best} AP goes from {now:.2f} to {without[best]:.2f}: "
            "a false alarm costs what comes after it, so the early ones cost most.",
            code=f"""{five.code}
def ap(kept):
    return coco_report([{{name: values[kept] for name, values in five.items()}}], [truth], ["{five.name}"])
without = {{letter: ap([m for m in range(5) if m != n]).figures["AP50"] for n, letter in enumerate("{LETTERS}")}}
answer = max(without, key=without.get)
""",
            marks=tuple(mark for mark in five.marks() if mark.label not in LETTERS),
            screen=five.screen(scene),
        ),
    )


def _heights(right: list[bool]) -> list[float]:
    """At each find of a list, best first, the best precision from there on."""
    precisions = [sum(right[: n + 1]) / (n + 1) for n in range(len(right))]
    return [max(precisions[n:]) for n, good in enumerate(right) if good]


def _has_costliest(five: Five) -> bool:
    """Whether leaving out one of the five is clearly better than leaving out any other, by the area under the steps."""
    areas = [sum(_heights(five.right([m for m in range(5) if m != n]))) / len(five.truth) for n in range(5)]
    most, next_ = sorted(areas)[:-3:-1]
    return most - next_ > 2 * CLOSE


def _draw(scene: Scene, rng: Random, takes: Callable[[Five], bool] = lambda five: True) -> Five:
    """Five of one class, of which some are right, and a false alarm stands before one that is."""
    names = sorted({scene.classes.index(name) for name in scene.objects.names if name in scene.classes})
    for change in rng.sample(LOOSER, len(LOOSER)):
        there = scene.at(**change)
        for label in rng.sample(names, len(names)):
            of_class = torch.tensor([name == scene.classes[label] for name in scene.truth.names])
            truth = scene.truth.take(of_class)
            rows = (there.trace.detections.labels == label).nonzero()[:, 0].tolist()
            if len(truth) in (0, 1, 5) or len(rows) < 5 or truth.ignored.any():  # with 5 both parts are the same
                continue
            drawn = (Five(there, label, tuple(sorted(rng.sample(rows[:20], 5))), truth) for _ in range(MOST_DRAWN))
            if five := next((five for five in drawn if _good(five) and takes(five)), None):
                return five
    raise CannotAsk("No class has five detections here that are partly right; choose another picture.")


def _good(five: Five) -> bool:
    """Whether every IoU is clear, no detection could count for two objects, scores differ, and some order matters."""
    ious, right, scores = five.ious, five.right(list(range(5))), five.scores
    clear = bool(((ious - 0.5).abs() > CLEAR).all()) and bool(((ious >= 0.5).sum(dim=1) <= 1).all())
    apart = bool((scores[:-1] - scores[1:] > 0.001).all())
    mixed = 2 <= sum(right) <= 4 and right[right.index(False) :] != [False] * right.count(False)
    return clear and apart and mixed


def _counts(scene: Scene, five: Five) -> Question:
    right, objects = five.right(list(range(5))), len(five.truth)
    finds, near = sum(right), int((five.ious.amax(dim=1) >= 0.5).sum())
    return Question(
        name="counts",
        text=f"Take five detections of {five.name}, best first, each with score and IoU: {five.told()}. There are "
        f"{objects} in all. What are precision and recall of the five at IoU 0.5?",
        form=GiveNumbers(tuple(Field(name, "", 0.01, 0, 1) for name in ("precision", "recall"))),
        right=[finds / 5, finds / objects],
        wrong=(
            *(
                Wrong(
                    [near / 5, found / objects],
                    "counted an object twice",
                    "An object is found once, by the best detection of it; a further one is a false alarm.",
                )
                for found in (near, finds)
            ),
            Wrong(
                [finds / objects, finds / 5],
                "swapped precision and recall",
                "Precision is the part of the detections that is right, recall the part of the objects that is found.",
            ),
            Wrong(
                [finds / 5, finds / 5],
                "divided by the detections both times",
                f"Recall is of the objects, and there are {objects}.",
            ),
            Wrong(
                [finds / objects, finds / objects],
                "divided by the objects both times",
                "Precision is of the detections, and there are five.",
            ),
            Wrong(
                [1 - finds / 5, 1 - finds / objects],
                "counted what is wrong",
                "Precision and recall count the finds, not the mistakes.",
            ),
            Wrong(
                [1.0, min(1.0, 5 / objects)],
                "took every detection for right",
                "Below an IoU of 0.5 it is a false alarm, whatever its score.",
            ),
        ),
        hints=(
            "Go down the list: does it overlap an object by 0.5 that was not found yet?",
            f"{finds} of the five are finds.",
        ),
        why=f"{finds} finds among 5 detections and {objects} objects: "
        f"precision {finds / 5:.2f}, recall {finds / objects:.2f}.",
        code=f"""{five.code}
labels = torch.ones(len(truth), dtype=torch.int64)
finds = int(judge(five["boxes"], five["labels"], truth.boxes_in_image, labels).found.sum())
answer = [finds / 5, finds / len(truth)]
""",
        marks=five.marks(),
        screen=five.screen(scene),
    )


def _average(scene: Scene, five: Five) -> Question:
    right, objects = five.right(list(range(5))), len(five.truth)
    precisions = [sum(right[: n + 1]) / (n + 1) for n in range(5)]
    raw = [precisions[n] for n in range(5) if right[n]]
    best = _heights(right)
    area, steps = sum(best) / objects, " + ".join(f"{value:.2f}" for value in best)
    listed = ", ".join(f"{letter} {value:.2f}" for letter, value in zip(LETTERS, precisions, strict=True))
    coco = five.ap(list(range(5)))
    eleven = sum(best[need - 1] if (need := max(1, -(-k * objects // 10))) <= len(best) else 0 for k in range(11)) / 11
    return Question(
        name="ap",
        text=f"The precision after each is {listed}; "
        f"{', '.join(letter for letter, good in zip(LETTERS, right, strict=True) if good)} are finds, and there are "
        f"{objects} objects. Each precision is raised to the best that comes after it. COCO takes the mean at the 101 "
        "recalls 0, 0.01 ... 1, and 0 where a recall is not reached; the area under the steps is near enough here. "
        "What is AP at IoU 0.5?",
        form=GiveNumbers((Field("AP", "", CLOSE, 0, 1),)),
        right=[coco],
        wrong=(
            Wrong(
                [sum(raw) / objects],
                "did not raise the precisions",
                "Read from the right: each precision becomes the best that comes after it.",
            ),
            *(
                Wrong(
                    [sum(heights) / len(heights)],
                    "divided by the finds",
                    f"Objects that are never found count with 0: divide by all {objects}.",
                )
                for heights in (best, raw)
            ),
            Wrong(
                [sum(precisions) / 5],
                "took the mean of all precisions",
                "Only a find raises recall, so only the finds' precisions make the area.",
            ),
            Wrong([precisions[-1]], "took the precision at the end", "AP is the area under the whole curve."),
            Wrong(
                [len(raw) / objects], "took recall for it", "Recall is how far the curve goes, not the area under it."
            ),
            Wrong(
                [precisions[-1] * len(raw) / objects],
                "multiplied precision and recall",
                "The curve stands higher where it begins: add up the steps.",
            ),
            Wrong(
                [eleven],
                "took eleven recalls",
                "Pascal VOC took the mean at 11 recalls until 2009; COCO takes 101, which is near the area.",
            ),
        ),
        hints=(
            f"Each find is a step of width 1/{objects}; its height is the best precision from there on.",
            f"The heights are {steps}.",
        ),
        why=f"({steps}) / {objects} = {area:.3f}; by COCO's 101 recalls it is {coco:.3f}.",
        code=f"""{five.code}
answer = [coco_report([five], [truth], ["{five.name}"]).figures["AP50"]]
""",
        marks=five.marks(),
        screen=five.screen(scene),
    )


LESSON = Lesson(
    number=15,
    name="precision",
    title="mAP by hand",
    goal="Count precision, recall and average precision of a list of detections.",
    page="detections",
    ask=ask,
    transfer=ask_which,
    needs=(needs.known_objects, needs.detections),
)
