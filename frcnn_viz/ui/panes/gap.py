"""One gap: the last frame with the object and the first without it, side by side, and what would keep it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from frcnn_viz.analysis.fixes import Fix
from frcnn_viz.analysis.flicker import Gap
from frcnn_viz.analysis.gap_fixes import Shot, gap_fixes
from frcnn_viz.figures.autopsy import fix_rows
from frcnn_viz.figures.gap import gap_layers, gap_numbers
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.footage import Study, page_buttons, trace_of
from frcnn_viz.ui.memory import FOR_SURVEYS
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.progress import Tell, progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def show_gap(here: Session, study: Study, gap: Gap, close: Callable[[], None]) -> None:
    """The two frames, the numbers that changed, and the settings that would close the gap; `close` leads back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        told = word("gap.all")
        st.button(told.term, key="gap_all", icon=":material/arrow_back:", help=told.hover, on_click=close)
        st.markdown(f"**{plain(gap.identity)}, lost in {_frames(gap)}**")
    sides = {"before": gap.before, "lost": gap.first}
    with st.container(key="compared"):
        for (side, frame), column in zip(sides.items(), st.columns(2, gap="small"), strict=True):
            with column:
                show_side(here, study, gap, side, frame)
    with st.container(key="below_compared"):
        numbers, fixes, legend = st.columns([7, 4, 3], gap="small")
        with numbers:
            before, lost = (study.records[frame].of(gap.identity) for frame in sides.values())
            explained_table(gap_numbers(before, lost), height=180)
        with fixes:
            st.caption(plain(gap.cause))
            show_fixes(here, study, gap)
        with legend:
            canvas_panel("gap_lost_canvas")


def show_side(here: Session, study: Study, gap: Gap, side: str, frame: int) -> None:
    """One of the two frames, and the pages that tell more about it."""
    clip, one = study.footage.clip, study.records[frame].of(gap.identity)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{word(f'gap.{side}').term}**: frame {frame:,}")
        page_buttons(study, frame, gap.identity, f"gap_{side}")
    layers = gap_layers(one, trace_of(here, frame))
    shared = {"link": "gap", "controls": side == "lost", "url": library.frame_url(clip, frame)}
    show_picture(here, f"gap_{side}", layers, **shared, caption=f"{clip.title}, frame {frame}")


def _frames(gap: Gap) -> str:
    return f"frame {gap.first:,}" if gap.first == gap.last else f"frames {gap.first:,} to {gap.last:,}"


def show_fixes(here: Session, study: Study, gap: Gap) -> None:
    """Looked for when asked, and kept while nothing changes."""
    key, asked = (gap.identity, gap.first, study), view.kept("gap_fixes", dict)
    if key not in asked:
        told = word("gap.fix")
        if not st.button(told.term, key="gap_fix", help=told.hover, type="primary"):
            return
        asked.clear()
        try:
            with progress("gap_fixes", "Nothing is changed by it.") as tell:
                asked[key] = found_fixes(here, study, gap, tell)
        except ValueError as error:  # a gap that is too long, a frame that is gone: the two frames stay in view
            show_error(error)
            return
    fixes: list[Fix] = asked[key]
    if not fixes:
        st.caption(word("gap.no_fix").sentence)
        return
    explained_table(fix_rows(fixes))
    st.caption(word("gap.fixes").sentence)
    with st.container(horizontal=True):
        for number, fix in enumerate(fixes):
            changes = {name: getattr(fix.settings, name) for name in fix.settings.changes(here.settings)}
            label = f"Apply {fix.name} {fix.after:g}"
            st.button(label, key=f"gap_apply_{number}", on_click=session.change_settings, kwargs=changes)


def found_fixes(here: Session, study: Study, gap: Gap, tell: Tell) -> list[Fix]:
    """Every single change that keeps the object in all frames of the gap, with its price over the clip."""
    footage, memory = study.footage, Memory(FOR_SURVEYS)

    def shot(frame: int) -> Shot:
        one = study.wanted[frame]
        return Shot(lambda settings: footage.trace(frame, settings, memory), one.truth, one.identities)

    lost = [frame for frame in range(gap.first, gap.last + 1) if gap.identity in study.wanted[frame].identities]
    return gap_fixes(
        [shot(frame) for frame in lost],
        [shot(frame) for frame in range(footage.clip.count)],
        here.settings,
        gap.identity,
        here.detector.classes,
        tell,
    )
