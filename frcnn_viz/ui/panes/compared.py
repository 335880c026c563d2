"""Two pictures side by side, turned together, their detections coloured by what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import streamlit as st

from frcnn_viz.analysis.comparison import Difference, Found, Pair, compare_detections
from frcnn_viz.figures.comparison import SIDES, chosen_layer, difference_layers, differences_table
from frcnn_viz.figures.overview import detection_layer
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.inspector import term
from frcnn_viz.ui.panes.what_differs import title, told_of, what_differs
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

APART = "The pictures differ, so no detection of one has a partner in the other."
CHOSEN = Option("compare.chosen", "")
"""A side and a candidate of its detections, such as `a120`, which stays where others come and go."""


def found_on(a: Session, b: Session) -> dict[str, Found]:
    """The detections of both views."""
    return {side: Found.of(of.trace.detections, of.detector.classes) for side, of in zip(SIDES, (a, b), strict=True)}


def pictures(a: Session, b: Session) -> None:
    """The tab `picture`."""
    sides, found = {"a": a, "b": b}, found_on(a, b)
    same_picture = a.image.sha256 == b.image.sha256
    pairs = compare_detections(found["a"], found["b"]) if same_picture else []
    chosen = chosen_pair(sides, pairs)
    with st.container(key="compared"):
        for side, column in zip(SIDES, st.columns(2, gap="small"), strict=True):
            of = sides[side]
            with column:
                title(side, of)
                layers = [detection_layer(of.trace, of.detector.classes)]
                if same_picture:
                    marked = chosen_layer(found[side], chosen and getattr(chosen, side))
                    layers = [*difference_layers(found, pairs, side), marked]
                shared = {"link": "compare", "controls": side == "b", "caption": caption(side, of)}
                show_picture(of, f"compare_{side}", layers, picker(side, of), **shared)
    with st.container(key="below_compared"):
        left, middle, right = st.columns([5, 3, 4], gap="medium")
        with left:
            what_differs(a, b)
        with middle:
            if same_picture:
                show_counts(found, pairs, chosen)
            else:
                st.caption(APART)
        with right:
            canvas_panel("compare_b_canvas")


def alone(b: Session) -> None:
    """B's picture where there is no A."""
    title("b", b)
    show_picture(
        b, "compare_b", [detection_layer(b.trace, b.detector.classes)], caption=caption("b", b), controls=False
    )


def caption(side: str, of: Session) -> str:
    """What tells the two pictures apart where they are not seen, or saved."""
    return f"{word(f'compare.{side}').term}: {told_of(of)}"


def picker(side: str, of: Session) -> Callable[[Pick], None]:
    def picked(pick: Pick) -> None:
        kept = of.trace.detections.kept
        known = pick.layer in ("found", "chosen") and pick.id is not None and pick.id < len(kept)
        CHOSEN.set(f"{side}{int(kept[pick.id])}" if known else "")

    return picked


def chosen_pair(sides: dict[str, Session], pairs: list[Pair]) -> Pair | None:
    """The pair of the detection that was clicked, while it is there."""
    for side, of in sides.items():
        kept = of.trace.detections.kept.tolist()
        for pair in pairs:
            at = getattr(pair, side)
            if at is not None and CHOSEN.value == f"{side}{kept[at]}":
                return pair
    return None


def show_counts(found: dict[str, Found], pairs: list[Pair], chosen: Pair | None) -> None:
    counts = Counter(pair.difference for pair in pairs)
    for kind in Difference:
        term(f"compare.{kind.name.lower()}", f"{counts[kind]:,}")
    if chosen is None:
        st.caption("Click a detection to read what became of it.")
        return
    (row,) = differences_table(found, [chosen])
    name, kind, score_a, score_b, iou = row.values()
    told = {"score in A": score_a, "score in B": score_b, "IoU": iou}
    numbers = "".join(f", {what} {number}" for what, number in told.items() if number)
    st.caption(f"**{plain(name)}**: {kind}{numbers}.")
