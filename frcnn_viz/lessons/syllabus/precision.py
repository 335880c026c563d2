"""Lesson 15: precision, recall and average precision of five detections, by hand."""

from __future__ import annotations

from random import Random

from frcnn_viz.lessons import (
    Alternative,
    ChooseOne,
    Field,
    GiveNumbers,
    Lesson,
    Question,
    Scene,
    Wrong,
    needs,
)
from frcnn_viz.lessons.five import LETTERS, Five, draw

CLOSE = 0.015
"""How near to the AP counts as it."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """Precision and recall of five detections; then their average precision."""
    five = draw(scene, rng)
    return _counts(scene, five), _average(scene, five)


def ask_which(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: which of the five costs most average precision."""
    five, every = draw(scene, rng, _has_costliest), range(5)
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
