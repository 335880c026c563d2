"""The flicker table drawn: every cell once, with its letter, and with what a click has to say."""

from __future__ import annotations

import pytest

from frcnn_viz.analysis.consistency import steadiness
from frcnn_viz.analysis.flicker import flicker_table, gaps
from frcnn_viz.analysis.sightings import Cell
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.figures.flicker import (
    MOST_COLUMNS,
    cells_figure,
    flicker_figure,
    flicker_map,
    frames_figure,
    funnel_figure,
    gap_rows,
    object_figure,
    steadiness_rows,
)
from frcnn_viz.figures.palette import CELL_LETTERS, CELLS
from tests.analysis.test_flicker import empty, record

RECORDS = [
    record(Verdict.FOUND, 3),
    record(Verdict.MERGED, 4),
    record(Verdict.NO_ANCHOR, 5),
    empty(6, hidden=["cat"]),
]


def test_every_kind_of_cell_has_a_letter_and_a_colour_of_its_own() -> None:
    assert list(CELLS) == list(Cell)
    assert len(set(CELL_LETTERS.values())) == len(set(CELLS.values())) == len(Cell)
    assert {letter for cell, letter in CELL_LETTERS.items() if len(letter) != 1} == {""}


def test_cells_are_points_that_know_their_object_and_frame() -> None:
    figure = flicker_figure(flicker_table(RECORDS), chosen=("cat", 5))
    *cells, mark = figure.data
    told = {(*point, trace.text) for trace in cells for point in trace.customdata}
    expected = {("cat", 3, "F"), ("cat", 4, "K"), ("neighbour", 4, "F"), ("cat", 5, "N"), ("cat", 6, "H")}
    assert told == expected
    assert sum(len(trace.x) for trace in cells) == len(expected)
    for trace in cells:
        assert [(y, int(x)) for x, y in zip(trace.x, trace.y, strict=True)] == [tuple(at) for at in trace.customdata]
    assert (mark.x, mark.y) == (("5",), ("cat",))
    assert list(figure.layout.yaxis.categoryarray) == ["cat", "neighbour"]
    assert list(figure.layout.xaxis.categoryarray) == ["3", "4", "5", "6"]


def test_an_empty_table_and_one_that_is_too_long() -> None:
    assert not flicker_figure(flicker_table([])).data
    long = flicker_table(RECORDS * MOST_COLUMNS)
    with pytest.raises(ValueError, match="the table has 240 frames; 60 can be drawn one by one"):
        flicker_figure(long)
    figure = flicker_map(long)
    assert figure.data[0].z.shape == (2, 240)
    assert list(figure.data[0].customdata[0, :4]) == ["found", "kept", "nothing", "hidden"]
    # each cell's own colour, from the middle between it and the one before to that between it and the next
    scale = figure.data[0].colorscale
    for cell in Cell:
        part = (cell - figure.data[0].zmin) / (figure.data[0].zmax - figure.data[0].zmin)
        below = [colour for at, colour in scale if at < part]
        assert below[-1] == CELLS[cell]


def test_curves_show_the_numbers_and_break_where_there_are_none() -> None:
    lines = {trace.name: list(trace.y) for trace in frames_figure(RECORDS).data}
    assert lines == {"objects in sight": [1, 2, 1, 0], "objects found": [1, 1, 0, 0], "false alarms": [0, 0, 1, 1]}
    assert {trace.name: list(trace.y) for trace in cells_figure(RECORDS).data} == {
        "F found": [1, 1, 0, 0],
        "K kept": [0, 1, 0, 0],
        "N nothing": [0, 0, 1, 0],
    }
    lines = {trace.name: list(trace.y) for trace in object_figure(RECORDS, "cat", 0.3).data}
    assert lines["score"] == [pytest.approx(0.8), pytest.approx(0.9), None, None]
    assert lines["IoU of the best proposal"] == [1.0, 1.0, 0.0, None]
    assert list(funnel_figure(RECORDS).data[0].y) == [1, 2, 1, 1]


def test_rows_of_gaps_and_of_errors() -> None:
    (row,) = gap_rows(gaps(RECORDS))
    assert (row["object"], row["first lost"], row["last lost"], row["frames"], row["found again"]) == (
        "cat",
        4,
        5,
        2,
        None,
    )
    assert row["missed by"] == "0.5 of IoU"
    assert [
        (row["object"], row["frames in sight"], row["frames found"]) for row in steadiness_rows(steadiness(RECORDS))
    ] == [
        ("cat", 3, 1),
        ("neighbour", 1, 1),
    ]
