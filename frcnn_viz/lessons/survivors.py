"""Questions about who survives an NMS: boxes whose fates depend on each other alone, and how one errs about each.

Names: a row is a box of a `Court`; its place is that in the order of scores: the smaller, the better the box.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from string import ascii_uppercase

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.nms import Court
from frcnn_viz.lessons.choices import Alternative
from frcnn_viz.lessons.question import Screen, Wrong
from frcnn_viz.lessons.scene import Scene
from frcnn_viz.pipeline.cached import cached_property

LOOKED_AT, FIRST = 1000, 300
"""Boxes of best scores that are looked at; of each kind the first ones, among which some are drawn."""
TOLD = 0.4
"""IoU from which on a pair is told to the student."""
MOST_PAIRS = 12
MOST_ALIKE, CLOSEST = 0.93, 0.015
"""IoU up to which two boxes are told apart on the picture; how near to a threshold no pair comes."""
KINDS = {"rpn": "candidate", "final": "detection"}
"""What is chosen on the court's page, by stage."""


@dataclass(frozen=True)
class Words:
    """What one NMS is called in sentences.

    Attributes:
        group: of a row, such as "level 2". kind: of groups, such as "level".
        apart: why groups are not compared. across: the mistake of comparing them.
    """

    group: Callable[[int], str]
    kind: str
    apart: str
    across: str


def draw(courts: Sequence[Court], rng: Random, count: int) -> list[int]:
    """Rows that no box outside them suppresses, best first; fewer than `count` where there are not enough.

    First come those that are easily mistaken: overlapping a better box of another group, or one that is suppressed.

    Args:
        courts: the same boxes at several thresholds.
        rng: draws among the rows.
        count: of rows.
    """
    first = courts[0]
    order = first.scores.argsort(descending=True, stable=True)[:LOOKED_AT]
    scores, groups, iou = first.scores[order], first.groups[order], box_iou(first.boxes[order], first.boxes[order])
    place = torch.full((len(first.ids) + 1,), -1, dtype=torch.int64, device=order.device)
    place[order] = torch.arange(len(order), device=order.device)
    by = [place[court.suppressor[order]].tolist() for court in courts]

    def closed(places: Iterable[int]) -> set[int]:
        found = set(places)
        wider = found | {one[at] for one in by for at in found if one[at] >= 0}
        return found if wider == found else closed(wider)

    def clear(places: set[int]) -> bool:
        rows = torch.tensor(sorted(places), device=order.device)
        pairs = iou[rows][:, rows][torch.triu_indices(len(rows), len(rows), 1).unbind()]
        far = all(bool(((pairs - court.threshold).abs() >= CLOSEST).all()) for court in courts)
        apart = bool((scores[rows].diff() < 0).all()) and bool((pairs <= MOST_ALIKE).all())
        return far and apart and int((pairs >= TOLD).sum()) <= MOST_PAIRS

    chosen: set[int] = set()
    stay = [court.suppressor[order] < 0 for court in courts]
    for most, stories in _stories(iou, groups, stay, [court.threshold for court in courts]):
        for story in rng.sample(stories[:FIRST], min(FIRST, len(stories))):
            wider = closed(chosen | set(story)) if most else chosen
            if wider != chosen and len(wider) <= count and clear(wider):
                chosen, most = wider, most - 1
    return order[sorted(chosen)].tolist()


def _stories(
    iou: Tensor, groups: Tensor, stay: Sequence[Tensor], thresholds: Sequence[float]
) -> list[tuple[int, list[list[int]]]]:
    """Places that are told together, by what they teach, and how many of each are wanted."""
    same, better = groups[:, None] == groups, torch.ones_like(iou).triu(1).bool()
    told: list[tuple[int, Tensor]] = []
    for stays, threshold in zip(stay, thresholds, strict=True):
        over = (iou > threshold) & better & stays
        told += [(1, over & same & ~stays[:, None]), (1, over & ~same & stays[:, None]), (2, ~stays)]
    told.append((len(groups), torch.stack(list(stay)).all(dim=0)))
    return [(most, mask.nonzero().tolist()) for most, mask in told]


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows of a court as a student sees them: with the letters A, B and so on.

    Attributes:
        court: what they are of. rows: the best first.
    """

    court: Court
    rows: Sequence[int]

    @property
    def letters(self) -> str:
        """One for each row."""
        return ascii_uppercase[: len(self.rows)]

    @property
    def ids(self) -> dict[str, int]:
        """Their candidates, by letter."""
        return dict(zip(self.letters, self.court.ids[self.rows].tolist(), strict=True))

    @cached_property
    def iou(self) -> Tensor:
        """Of each with each: float32 [R, R]."""
        boxes = self.court.boxes[self.rows]
        return box_iou(boxes, boxes)

    @cached_property
    def survivors(self) -> list[str]:
        """The letters of those that NMS keeps."""
        stay = (self.court.suppressor[self.rows] < 0).tolist()
        return [letter for letter, stays in zip(self.letters, stay, strict=True) if stays]

    @property
    def pairs(self) -> str:
        """Those that overlap much, with their IoU, as a student is told them."""
        over = (self.iou.triu(1) >= TOLD).nonzero().tolist()
        return ", ".join(f"{self.letters[i]}{self.letters[j]} {self.iou[i, j]:.2f}" for i, j in over) or "none"

    def alternatives(self, there: Scene) -> tuple[Alternative, ...]:
        """To choose among, each as its box on the scene that they are of."""
        boxes = self.court.boxes[self.rows]
        return tuple(Alternative(x, x, there.in_image(box)) for x, box in zip(self.letters, boxes, strict=True))


def screen_at(scene: Scene, there: Scene, court: Court, row: int, stage: str) -> Screen:
    """The court of a stage, `rpn` or `final`, in the step in which a row is kept or suppressed."""
    return Screen(
        selected=((KINDS[stage], int(court.ids[row])),),
        options={"court.stage": stage},
        settings=scene.changes(there),
        look=f"n={court.step_of(row)}",
    )


def mistakes(drawn: Drawn, words: Words) -> tuple[Wrong, ...]:
    """Every wrong subset of the rows is covered: first those of one idea, then box by box."""
    letters, right, threshold = drawn.letters, drawn.survivors, drawn.court.threshold
    lost = [letter for letter in letters if letter not in right]
    dropped = [_dropped(drawn, letters.index(letter), words) for letter in right]
    return (
        Wrong(
            [letters[0]],
            "kept the best box alone",
            "NMS removes only boxes that overlap a better one; those that stand apart from it stay.",
        ),
        *([Wrong(lost, "marked those that go", "These are suppressed; the others survive.")] if lost else []),
        Wrong(
            list(letters),
            "kept all of them",
            f"Look for pairs of one {words.kind} with an IoU over {threshold:g}: the worse of the two goes.",
        ),
        *(_beside(drawn, letters.index(letter), words) for letter in lost),
        *(wrong for _, wrong in sorted(dropped, key=lambda one: one[0])),
    )


def _beside(drawn: Drawn, at: int, words: Words) -> Wrong:
    """A suppressed box that is kept."""
    court, row = drawn.court, drawn.rows[at]
    by = drawn.rows.index(int(court.suppressor[row]))
    one, other = drawn.letters[at], drawn.letters[by]
    return Wrong(
        sorted([*drawn.survivors, one]),
        "kept a box beside a better one",
        f"{one} overlaps {other} by {drawn.iou[at, by]:.2f}, over {court.threshold:g}. Both are of {words.group(row)}, "
        f"and {other} is better: {one} goes.",
        lambda answer: one in answer,
    )


def _dropped(drawn: Drawn, at: int, words: Words) -> tuple[int, Wrong]:
    """A survivor that is left out, and how plain the reason is: 0 the plainest."""
    one = drawn.letters[at]
    plain, reason, sentence = _why_dropped(drawn, at, words)
    others = [letter for letter in drawn.survivors if letter != one]
    return plain, Wrong(others, reason, sentence, lambda answer: one not in answer)


def _why_dropped(drawn: Drawn, at: int, words: Words) -> tuple[int, str, str]:
    letters, rows, threshold = drawn.letters, drawn.rows, drawn.court.threshold
    one, groups = letters[at], drawn.court.groups[rows].tolist()
    for iou, i in sorted(zip(drawn.iou[at, :at].tolist(), range(at), strict=True), reverse=True):
        told = f"{one} overlaps {letters[i]} by {iou:.2f}, "
        if iou > threshold and groups[i] != groups[at]:
            sides = f"{words.group(rows[at])} and {words.group(rows[i])}"
            return 0, words.across, f"{told}but they are of {sides}: {words.apart}."
        if iou > threshold and letters[i] not in drawn.survivors:
            return 1, "let a suppressed box suppress", f"{told}but {letters[i]} is suppressed itself by then."
        if TOLD <= iou <= threshold and groups[i] == groups[at]:
            return 2, "suppressed under the threshold", f"{told}which is not over {threshold:g}: both stay."
    return 3, "dropped a box with no better one on it", f"No better box overlaps {one} enough: it stays."
