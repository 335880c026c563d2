"""Detections of two views, coloured by what differs, and the tables of what differs."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from frcnn_viz.analysis.comparison import Difference, Found, Pair, Totals
from frcnn_viz.analysis.metrics import FIGURES
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.autopsy import name_of
from frcnn_viz.figures.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, SELECTED
from frcnn_viz.words import word

COLOURS = {
    Difference.SAME: GREY,
    Difference.MOVED: BLUE,
    Difference.RESCORED: PURPLE,
    Difference.ONLY_A: ORANGE,
    Difference.ONLY_B: GREEN,
}
DASHES = {Difference.SAME: (2, 3), Difference.MOVED: (5, 4), Difference.RESCORED: (10, 4)}
"""Those in both are told apart without colour too; each side has one more kind, which is solid."""
NAMES = {kind: word(f"compare.{kind.name.lower()}").term for kind in Difference}
SIDES = ("a", "b")
COCO = FIGURES[:3]


def difference_layers(found: dict[str, Found], pairs: Sequence[Pair], side: str) -> list[BoxLayer]:
    """What a side ("a" or "b") finds, by difference; and, hidden at first, what only the other finds, as dashes there.

    The layers of both sides have the same names and legends, so that one set of filters is good for both.
    """
    other = SIDES[1 - SIDES.index(side)]
    mine = sorted((p for p in pairs if getattr(p, side) is not None), key=lambda pair: getattr(pair, side))
    theirs = [getattr(pair, other) for pair in pairs if getattr(pair, side) is None]
    partner = [getattr(pair, other) for pair in mine]
    there = [0.0 if at is None else float(found[other].scores[at]) for at in partner]
    missing = Difference.ONLY_B if side == "a" else Difference.ONLY_A
    kinds = list(Difference)
    here = found[side]
    return [
        BoxLayer(
            "found",
            here.boxes_in_image,
            [(NAMES[kind], COLOURS[kind]) for kind in kinds],
            groups=torch.tensor([kinds.index(pair.difference) for pair in mine], dtype=torch.uint8),
            scores=here.scores,
            columns={f"score in {other.upper()}": torch.tensor(there), "IoU": torch.tensor([p.iou for p in mine])},
            labels=_labels(here, range(len(mine))),
            width=2.5,
            dashes={kinds.index(kind): lengths for kind, lengths in DASHES.items()},
        ),
        BoxLayer(
            "not found",
            found[other].boxes_in_image[theirs],
            [(NAMES[missing], COLOURS[missing])],
            scores=found[other].scores[theirs],
            labels=_labels(found[other], theirs),
            dashes={0: (5, 4)},
            visible=False,
        ),
    ]


def chosen_layer(found: Found, number: int | None) -> BoxLayer:
    """The chosen detection, or none."""
    return BoxLayer(
        "chosen",
        found.boxes_in_image[[] if number is None else [number]],
        [(word("canvas.selected").term, SELECTED)],
        width=4.0,
        pickable=False,
    )


def _labels(found: Found, numbers: Sequence[int]) -> list[str]:
    return [f"{found.names[number]} {float(found.scores[number]):.2f}" for number in numbers]


def differences_table(found: dict[str, Found], pairs: Sequence[Pair]) -> list[dict[str, object]]:
    """A line a detection of either side; what differs first, as the differences are named."""
    order = [Difference.ONLY_A, Difference.ONLY_B, Difference.MOVED, Difference.RESCORED, Difference.SAME]
    rows = []
    for pair in sorted(pairs, key=lambda pair: order.index(pair.difference)):
        at = {side: getattr(pair, side) for side in SIDES}
        scores = {side: "" if n is None else f"{float(found[side].scores[n]):.4f}" for side, n in at.items()}
        side = "b" if pair.a is None else "a"
        rows.append(
            {
                word("term.class").term: found[side].names[at[side]],
                word("compare.kind").term: NAMES[pair.difference],
                word("compare.score_a").term: scores["a"],
                word("compare.score_b").term: scores["b"],
                word("compare.iou").term: f"{pair.iou:.4f}" if pair.a is not None and pair.b is not None else "",
            }
        )
    return rows


def totals_table(a: Totals, b: Totals) -> list[dict[str, object]]:
    """What both make of a set, a line a figure, with the change from A to B."""
    counts = [
        (word("compare.found").term, a.found, b.found),
        (word("compare.missed").term, a.missed, b.missed),
        (word("metric.false_alarms").term, a.false_alarms, b.false_alarms),
        *((name_of(kind), a.mistakes[kind], b.mistakes[kind]) for kind in a.mistakes),
    ]
    coco = [(word(f"metric.{name}").term, a.coco.get(name), b.coco.get(name)) for name in COCO]
    return [_row(*figure, ",") for figure in counts] + [_row(*figure, ".3f") for figure in coco]


def _row(name: str, a: float | None, b: float | None, digits: str) -> dict[str, object]:
    told = ["none" if value is None else f"{value:{digits}}" for value in (a, b)]
    change = "" if a is None or b is None or a == b else f"{b - a:+{digits}}"
    return {"figure": name, "A": told[0], "B": told[1], "change": change}
