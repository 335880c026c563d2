"""The flicker table: how far each object got in each frame, and the gaps between the frames in which it is found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from frcnn_viz.analysis.causes import cause
from frcnn_viz.analysis.margins import Margin
from frcnn_viz.analysis.sightings import Cell, FrameRecord


@dataclass(frozen=True, eq=False)
class FlickerTable:
    """Objects by frames.

    Attributes:
        identities, names: of the rows, in the order in which they are first seen. frames: the columns' numbers.
        cells: int8 [rows, columns], each a `Cell`.
    """

    identities: tuple[str, ...]
    names: tuple[str, ...]
    frames: tuple[int, ...]
    cells: np.ndarray

    def columns(self, first: int, count: int) -> FlickerTable:
        """The part from a column on, with the objects that are in sight or hidden there."""
        part = self.cells[:, first : first + count]
        rows = (part != Cell.OUTSIDE).any(axis=1).nonzero()[0].tolist()
        names = tuple(self.names[row] for row in rows)
        identities = tuple(self.identities[row] for row in rows)
        return FlickerTable(identities, names, self.frames[first : first + count], part[rows])


@dataclass(frozen=True)
class Gap:
    """A run of frames in which an object that was found before is in sight and not found.

    Attributes:
        identity, name: of the object. first, last: numbers of the frames it is lost in. frames: how many are there.
        before: the last frame in which it was found. after: the next in which it is; None where it is lost for good.
        cause: in one sentence, from both frames' numbers, what became of it between `before` and `first`.
        margin: the largest of its frames, as a part of the limit: what has to be made up for to close the gap.
    """

    identity: str
    name: str
    first: int
    last: int
    frames: int
    before: int
    after: int | None
    cause: str
    margin: Margin


def flicker_table(records: Sequence[FrameRecord]) -> FlickerTable:
    """The table of frames in order."""
    names: dict[str, str] = {}
    for record in records:
        for one in record.sightings:
            names.setdefault(one.identity, one.name)
    rows = {identity: row for row, identity in enumerate(names)}
    cells = np.full((len(rows), len(records)), Cell.OUTSIDE, dtype=np.int8)
    for column, record in enumerate(records):
        for identity in record.hidden:
            if identity in rows:
                cells[rows[identity], column] = Cell.HIDDEN
        for one in record.sightings:
            cells[rows[one.identity], column] = one.cell
    return FlickerTable(tuple(names), tuple(names.values()), tuple(record.frame for record in records), cells)


def gaps(records: Sequence[FrameRecord]) -> list[Gap]:
    """Every gap of every object, in the order of the table's rows and then of time.

    A frame in which an object is hidden, outside or left out is no part of a gap, and parts one that it lies in.
    """
    table = flicker_table(records)
    return [
        _gap(records, identity, row, run)
        for identity, row in zip(table.identities, table.cells, strict=True)
        for run in _lost_runs(row)
        if (row[: run.start] == Cell.FOUND).any()
    ]


def by_length(found: Sequence[Gap]) -> list[Gap]:
    """The longest first."""
    return sorted(found, key=lambda gap: -gap.frames)


def by_margin(found: Sequence[Gap]) -> list[Gap]:
    """Those that were missed by least first, as a part of the limit."""
    return sorted(found, key=lambda gap: gap.margin.part)


def _lost_runs(row: np.ndarray) -> Iterator[range]:
    """The columns of each run of lost frames in a row of the table."""
    lost = np.concatenate([[False], (row >= Cell.NOTHING) & (row < Cell.FOUND), [False]])
    starts, ends = (lost[1:] & ~lost[:-1]).nonzero()[0], (~lost[1:] & lost[:-1]).nonzero()[0]
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield range(start, end)


def _gap(records: Sequence[FrameRecord], identity: str, row: np.ndarray, run: range) -> Gap:
    found = (row == Cell.FOUND).nonzero()[0]
    before = int(found[found < run.start].max())
    after = found[found >= run.stop]
    lost = [records[column].of(identity) for column in run]
    return Gap(
        identity,
        lost[0].name,
        records[run.start].frame,
        records[run.stop - 1].frame,
        len(run),
        records[before].frame,
        records[int(after[0])].frame if len(after) else None,
        cause(records[before].of(identity), lost[0], records[run.start].frame),
        max((one.margin for one in lost), key=lambda margin: margin.part),
    )
