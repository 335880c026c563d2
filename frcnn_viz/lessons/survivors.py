"""Questions about who survives an NMS: boxes whose fates depend on each other alone, and how one errs about each.

Names: a row is a box of a `Court`; its place is that in the order of scores: the smaller, the better the box.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.nms import Court
from frcnn_viz.lessons.question import Wrong

LOOKED_AT, FIRST = 1000, 300
"""Boxes of best scores that are looked at; of each kind the first ones, among which some are drawn."""
TOLD = 0.4
"""IoU from which on a pair is told to the student."""
MOST_PAIRS = 12
MOST_ALIKE, CLOSEST = 0.93, 0.015
"""IoU up to which two boxes are told apart on the picture; how near to a threshold no pair comes."""


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


def pairs_of(court: Court, rows: Sequence[int], letters: str) -> str:
    """The pairs of rows that overlap much, with their IoU, as a student is told them."""
    iou = box_iou(court.boxes[list(rows)], court.boxes[list(rows)]).tolist()
    ordered = [(i, j) for j in range(len(rows)) for i in range(j) if iou[i][j] >= TOLD]
    return ", ".join(f"{letters[i]}{letters[j]} {iou[i][j]:.2f}" for i, j in sorted(ordered)) or "none"


def survivors(court: Court, rows: Sequence[int], letters: str) -> list[str]:
    """The letters of those that NMS keeps."""
    kept = set(court.kept.tolist())
    return [letter for letter, row in zip(letters, rows, strict=False) if row in kept]


def mistakes(court: Court, rows: Sequence[int], letters: str, words: Words) -> tuple[Wrong, ...]:
    """Every wrong subset of the rows is covered: first those of one idea, then box by box."""
    letters = letters[: len(rows)]
    right = survivors(court, rows, letters)
    lost = [letter for letter in letters if letter not in right]
    whole = (
        Wrong(
            [letters[0]],
            "kept the best box alone",
            "NMS removes only boxes that overlap a better one; those that stand apart from it stay.",
        ),
        *([Wrong(lost, "marked those that go", "These are suppressed; the others survive.")] if lost else []),
        Wrong(
            list(letters),
            "kept all of them",
            f"Look for pairs of one {words.kind} with an IoU over {court.threshold:g}: the worse of the two goes.",
        ),
    )
    kept = sorted((_dropped(court, rows, letters, at, words) for at in _places(right, letters)), key=lambda one: one[0])
    dropped = [
        Wrong([other for other in right if other != letter], reason, sentence, _without(letter))
        for _, letter, reason, sentence in kept
    ]
    return (*whole, *(_beside(court, rows, letters, at, words) for at in _places(lost, letters)), *dropped)


def _places(some: Iterable[str], letters: str) -> list[int]:
    return [letters.index(letter) for letter in some]


def _beside(court: Court, rows: Sequence[int], letters: str, at: int, words: Words) -> Wrong:
    """A suppressed box that is kept."""
    by = rows.index(int(court.suppressor[rows[at]]))
    one, other, iou = letters[at], letters[by], _iou(court, rows, at, by)
    return Wrong(
        sorted([*survivors(court, rows, letters), one]),
        "kept a box beside a better one",
        f"{one} overlaps {other} by {iou:.2f}, over {court.threshold:g}. Both are of {words.group(rows[at])}, "
        f"and {other} is better: {one} goes.",
        lambda answer: one in answer,
    )


def _without(letter: str) -> Callable[[list], bool]:
    return lambda answer: letter not in answer


def _dropped(court: Court, rows: Sequence[int], letters: str, at: int, words: Words) -> tuple[int, str, str, str]:
    """A survivor that is left out: how telling that is, its letter, the reason and the sentence."""
    one, group, kept = letters[at], court.groups[rows], set(court.kept.tolist())
    better = sorted(((_iou(court, rows, at, i), i) for i in range(at)), reverse=True)
    for iou, i in better:
        told = f"{one} overlaps {letters[i]} by {iou:.2f}, "
        if iou > court.threshold and group[i] != group[at]:
            sides = f"{words.group(rows[at])} and {words.group(rows[i])}"
            return 0, one, words.across, f"{told}but they are of {sides}: {words.apart}."
        if iou > court.threshold and rows[i] not in kept:
            return 1, one, "let a suppressed box suppress", f"{told}but {letters[i]} is suppressed itself by then."
        if TOLD <= iou <= court.threshold and group[i] == group[at]:
            return 2, one, "suppressed under the threshold", f"{told}which is not over {court.threshold:g}: both stay."
    return 3, one, "dropped a box with no better one on it", f"No better box overlaps {one} enough: it stays."


def _iou(court: Court, rows: Sequence[int], one: int, other: int) -> float:
    return float(court.iou(rows[one], torch.tensor([rows[other]], device=court.boxes.device))[0])
