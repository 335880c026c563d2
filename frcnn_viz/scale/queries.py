"""Questions about results: sums by any group, recall after every stage, the worst images and objects.

Whatever is chosen goes to DuckDB as a value. What stands in the text of a question is written here, or a column's name
that `index` made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any

import numpy as np

from frcnn_viz.analysis.waterfall import STAGES, THRESHOLDS
from frcnn_viz.data.annotations import DataError
from frcnn_viz.scale.index import FALSE_ALARM, FATES, FOUND, LEFT_OUT, MISSED, tag_column
from frcnn_viz.scale.results import Results

MOST_GROUPS = 200
COLUMNS = {"class": "class", "verdict": "verdict", "stage": "stage", "size": "band"}
"""What sums are made by, and the index's column; beside them `quantile` and `tag:NAME`."""
QUANTILES = 5
TAG = "tag:"


@dataclass(frozen=True)
class Chosen:
    """Which findings: those that are all of this; empty or None leaves one out.

    Attributes:
        class_, verdict, stage: as the findings have them; a false alarm's verdict is its `Mistake`.
        band: one of `BANDS`, of the size in the image. tag: name and value of one of the image's.
        scores: the lowest and the highest.
    """

    class_: str = ""
    verdict: str = ""
    stage: str = ""
    band: str = ""
    tag: tuple[str, str] | None = None
    scores: tuple[float, float] | None = None

    def condition(self, results: Results, fates: Iterable[str] = ()) -> tuple[str, list[object]]:
        """After `where`, and its values; `fates` of the index are asked for, too, where some are given."""
        named = {"class": self.class_, "verdict": self.verdict, "stage": self.stage, "band": self.band}
        asked: list[tuple[str, list[object]]] = [(f"{name} = ?", [value]) for name, value in named.items() if value]
        if self.tag:
            asked.append((f"{column_of(results, TAG + self.tag[0])} = ?", [self.tag[1]]))
        if self.scores:
            asked.append(("score between ? and ?", list(self.scores)))
        if fates := list(fates):
            asked.append((f"fate in ({', '.join('?' * len(fates))})", fates))
        return " and ".join(part for part, _ in asked) or "true", [value for _, of in asked for value in of]


EVERYTHING = Chosen()


@dataclass(frozen=True)
class Group:
    """What came of a group of findings. name: its value; None for those that have none."""

    name: str | None
    found: int = 0
    missed: int = 0
    left_out: int = 0
    false_alarms: int = 0

    @property
    def recall(self) -> float | None:
        """The part of the objects that is found; None where there is none."""
        counted = self.found + self.missed
        return self.found / counted if counted else None


@dataclass(frozen=True)
class Waterfall:
    """How far objects get. objects: how many; recalls, losses: of each threshold, by stage, as in `waterfall`."""

    objects: int
    recalls: Mapping[float, list[float]]
    losses: Mapping[float, list[int]]


class Worst(StrEnum):
    """In which order findings are shown; each is of the fate behind it."""

    LOWEST_IOU = "lowest IoU"
    HIGHEST_IOU = "highest IoU"
    HIGHEST_SCORE = "highest score"

    @property
    def order(self) -> tuple[str, str]:
        """Of the index: the fate that is looked at, and what rows are sorted by."""
        orders = {
            Worst.LOWEST_IOU: (MISSED, "iou"),
            Worst.HIGHEST_IOU: (MISSED, "iou desc"),
            Worst.HIGHEST_SCORE: (FALSE_ALARM, "score desc"),
        }
        return orders[self]


def column_of(results: Results, by: str) -> str:
    """The index's column of a group.

    Raises:
        DataError: there is none of that name.
    """
    if by in COLUMNS:
        return COLUMNS[by]
    if by.startswith(TAG) and by[len(TAG) :] in results.tags:
        return tag_column(by[len(TAG) :])
    offered = ", ".join((*COLUMNS, "quantile", *(TAG + name for name in results.tags)))
    raise DataError(f"there are no sums by {by[:60]!r}; choose one of {offered}.")


def groups(results: Results, by: str, chosen: Chosen = EVERYTHING) -> tuple[list[Group], int]:
    """Sums by `by`, those with the most misses and false alarms first, at most `MOST_GROUPS`; and how many there are.

    By `quantile` of the size in the network's input, they are by size, as near to a fifth of the objects each as whole
    pixels part them.

    Raises:
        DataError: there are no sums by that.
    """
    if by == "quantile":
        parted = _quantiles(results, chosen)
        return parted, len(parted)
    column, (condition, values) = column_of(results, by), chosen.condition(results)
    told = results.ask(
        f"select {column}, {_SUMS}, count(*) over () from findings where {condition} group by {column} "
        f"order by {_LOST} desc, {column} nulls last limit {MOST_GROUPS}",
        (*FATES, *values, MISSED, FALSE_ALARM),
    )
    return [Group(*row[:-1]) for row in told], told[0][-1] if told else 0


def waterfall(results: Results, chosen: Chosen = EVERYTHING) -> Waterfall:
    """Recall after every stage, and how many objects each loses for good, of the objects that count."""
    condition, values = chosen.condition(results, (FOUND, MISSED))
    alive = ", ".join(f"coalesce(alive_{100 * threshold:.0f}, 0)" for threshold in THRESHOLDS)
    told = results.ask(f"select {alive}, count(*) from findings where {condition} group by all", values)
    *by_threshold, counts = np.array(told, np.int64).reshape(-1, len(THRESHOLDS) + 1).T
    objects = int(counts.sum())
    recalls, losses = {}, {}
    for threshold, bits in zip(THRESHOLDS, by_threshold, strict=True):
        stages = (bits[:, None] >> np.arange(len(STAGES)) & 1) * counts[:, None]
        recalls[threshold] = (stages.sum(axis=0) / max(objects, 1)).tolist()
        reached = np.frexp(bits)[1]  # one more than the highest bit
        losses[threshold] = np.bincount(reached, counts, len(STAGES) + 1).astype(int)[: len(STAGES)].tolist()
    return Waterfall(objects, recalls, losses)


def worst_images(results: Results, chosen: Chosen, most: int, start: int = 0) -> list[dict[str, Any]]:
    """Images by how many chosen misses and false alarms they have: `missed`, `alarms`, and what `IMAGES` has."""
    condition, values = chosen.condition(results, (MISSED, FALSE_ALARM))
    told = results.ask(
        "select shard, image, count(*) filter (fate = ?) missed, count(*) filter (fate = ?) alarms from findings "
        f"where {condition} group by shard, image order by missed + alarms desc, shard, image limit ? offset ?",
        (MISSED, FALSE_ALARM, *values, most, start),
    )
    places = [(shard, image) for shard, image, _, _ in told]
    seen = results.rows("images", places, IMAGE_COLUMNS)
    counts = [{"missed": missed, "alarms": alarms} for _, _, missed, alarms in told]
    return [{**image, **count} for image, count in zip(seen, counts, strict=True)]


def worst_findings(results: Results, order: Worst, chosen: Chosen, most: int, start: int = 0) -> list[dict[str, Any]]:
    """Misses or false alarms in an order, each with what `FINDINGS` has, and its image under `image`."""
    fate, by = order.order
    condition, values = chosen.condition(results, (fate,))
    told = results.ask(
        f"select shard, row, image from findings where {condition} order by {by} nulls last, shard, row "
        "limit ? offset ?",
        (*values, most, start),
    )
    return with_images(results, told)


def with_images(results: Results, told: Sequence[tuple[int, int, int]]) -> list[dict[str, Any]]:
    """Findings by shard, row and row of the image, with their images."""
    found = results.rows("findings", [(shard, row) for shard, row, _ in told], FINDING_COLUMNS)
    images = results.rows("images", [(shard, image) for shard, _, image in told], IMAGE_COLUMNS)
    return [{**one, "image": image} for one, image in zip(found, images, strict=True)]


def count_worst(results: Results, order: Worst | None, chosen: Chosen) -> int:
    """How many `worst_findings` there are in that order, or, without one, `worst_images`."""
    fates = (order.order[0],) if order else (MISSED, FALSE_ALARM)
    condition, values = chosen.condition(results, fates)
    what = "count(*)" if order else "count(distinct (shard::bigint << 32) | image)"
    return results.ask(f"select {what} from findings where {condition}", values)[0][0]


def values_of(results: Results, by: str) -> list[str]:
    """What a column of the index holds, at most `MOST_GROUPS`, the most frequent first."""
    column = column_of(results, by)
    told = results.ask(
        f"select {column} from findings where {column} is not null group by 1 order by count(*) desc, 1 "
        f"limit {MOST_GROUPS}"
    )
    return [value for (value,) in told]


IMAGE_COLUMNS = ("image_id", "path", "sha256", "width", "height", "truth", "detections")
FINDING_COLUMNS = ("image_id", "what", "number", "class", "verdict", "iou", "score", "x0", "y0", "x1", "y1", "sentence")
_SUMS = ", ".join(["count(*) filter (fate = ?)"] * len(FATES))
_LOST = "count(*) filter (fate in (?, ?))"
assert FATES == (FOUND, MISSED, LEFT_OUT, FALSE_ALARM)  # as `Group` has them


def _quantiles(results: Results, chosen: Chosen) -> list[Group]:
    condition, values = chosen.condition(results)
    told = results.ask(
        f"select floor(size)::bigint pixels, {_SUMS} from findings where {condition} and size is not null "
        "group by pixels order by pixels",
        (*FATES, *values),
    )
    objects = list(accumulate(found + missed for _, found, missed, _, _ in told))
    parts: dict[int, list[tuple[int, ...]]] = {}
    for row, so_far in zip(told, [0, *objects], strict=False):
        part = min(QUANTILES - 1, so_far * QUANTILES // max(objects[-1], 1))
        parts.setdefault(part, []).append(row)
    return [
        Group(f"{rows[0][0]:,} to {rows[-1][0] + 1:,} px", *map(sum, list(zip(*rows, strict=True))[1:]))
        for rows in parts.values()
    ]
