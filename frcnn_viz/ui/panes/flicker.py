"""The flicker table, and one of its gaps: what changed between the last frame with the object and the first without."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from frcnn_viz.analysis.flicker import Gap, by_length, by_margin, flicker_table
from frcnn_viz.figures.flicker import MOST_COLUMNS, flicker_figure, flicker_map, gap_rows
from frcnn_viz.ui import view
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import segments, slide
from frcnn_viz.ui.footage import Study, examined
from frcnn_viz.ui.panes.gap import show_gap
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

GAP, SORT, FIRST = Option("video.gap", ""), Option("video.sort", "length"), Option("video.first", 0)
SORTS: dict[str, Callable[[list[Gap]], list[Gap]]] = {"length": by_length, "margin": by_margin}


def body(here: Session) -> None:
    """The table and the list of gaps; once one is chosen, that one."""
    study = examined(here, "flicker")
    if study is None:
        return
    if gap := chosen_gap(study):
        show_gap(here, study, gap, lambda: GAP.set(""))
        return
    show_table(study)
    if not study.gaps:
        st.success(word("flicker.none").sentence)
        return
    sort = segments(SORT, "flicker.sort", {name: word(f"flicker.by_{name}").term for name in SORTS})
    rows = SORTS[sort](study.gaps)
    more = {"height": min(250, 40 + 36 * len(rows)), "selection_mode": "single-row"}
    explained_table(gap_rows(rows), key=f"gaps_{sort}", on_select=_chose(rows, f"gaps_{sort}"), **more)
    st.caption(word("flicker.choose").sentence)


def show_table(study: Study) -> None:
    """The table, part by part where it is long: then a map of all of it stands above."""
    table = flicker_table(study.records)
    first = 0
    if len(table.frames) > MOST_COLUMNS:
        chart(flicker_map(table), "flicker_map", 60 + 14 * len(table.identities))
        first = slide(FIRST, "flicker.first", 0, len(table.frames) - MOST_COLUMNS, 1)
    part = table.columns(first, MOST_COLUMNS)
    more = {"on_select": _clicked(study), "selection_mode": "points"}
    chart(flicker_figure(part), "flicker_table", 90 + 22 * len(part.identities), **more)


def chosen_gap(study: Study) -> Gap | None:
    """The gap that was chosen, while it is there."""
    return next((gap for gap in study.gaps if _name(gap) == GAP.value), None)


def gap_at(study: Study, identity: str, frame: int) -> Gap | None:
    """The gap that a cell of the table belongs to; of a frame in which the object is found, the one that follows."""
    own = [gap for gap in study.gaps if gap.identity == identity]
    return next((gap for gap in own if gap.before <= frame <= gap.last), None)


def _name(gap: Gap) -> str:
    return f"{gap.identity}@{gap.first}"


def _chose(rows: list[Gap], key: str) -> Callable[[], None]:
    def chose() -> None:
        chosen = view.held(key).selection.rows
        GAP.set(_name(rows[chosen[0]]) if chosen and chosen[0] < len(rows) else "")

    return chose


def _clicked(study: Study) -> Callable[[], None]:
    def clicked() -> None:
        points = view.held("flicker_table").selection.points
        if points and (gap := gap_at(study, *points[0]["customdata"])):
            GAP.set(_name(gap))

    return clicked
