"""The pinned view, A, and the one looked at, B: what each is, and what they do not share."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.pipeline.settings import to_text
from frcnn_viz.ui import session
from frcnn_viz.ui.controls import setting_slider
from frcnn_viz.ui.panes.pinned import unpin_button
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

OFFERED = (
    "box_score_thresh",
    "box_nms_thresh",
    "box_detections_per_img",
    "rpn_nms_thresh",
    "rpn_post_nms_top_n",
    "min_size",
)
"""Settings of B that can be changed beside the pictures."""


def told_of(of: Session) -> str:
    """A view in a few words: through which weights it looks at which picture."""
    return f"{weights_of(of)}; {of.image.name}"


def weights_of(of: Session) -> str:
    """The detector, and whether its weights are random."""
    return of.detector.title + (", random weights" if of.view.random else "")


def title(side: str, of: Session) -> None:
    """Above a side's picture: which it is."""
    st.markdown(f"**{word(f'compare.{side}').term}**: {plain(told_of(of))}")


def what_differs(a: Session, b: Session) -> None:
    """Swap, unpin, change B; and a table of what the two views do not share."""
    with st.container(horizontal=True, gap="small"):
        st.button(word("compare.swap").term, key="swap", help=word("compare.swap").sentence, on_click=session.swap)
        unpin_button()
        with st.popover(word("compare.settings").term, help=word("compare.settings").sentence):
            for name in OFFERED:
                setting_slider(name)
    rows = [
        f"- {plain(name)}: {plain(of_a)} \N{RIGHTWARDS ARROW} {plain(of_b)}" for name, of_a, of_b in differing(a, b)
    ]
    told = "From A to B:\n" if rows else "Nothing differs yet: change the picture, the detector or a setting."
    st.caption("\n".join([told, *rows]))


def differing(a: Session, b: Session) -> list[tuple[str, str, str]]:
    """Picture, detector and settings that are not the same in both: the name, and what it is in A and in B."""
    spaced = lambda text: text.replace("_", ", ").replace("|", " | ")  # noqa: E731
    rows = [
        (word("compare.picture").term, a.image.name, b.image.name),
        (word("compare.detector").term, weights_of(a), weights_of(b)),
    ]
    rows = [row for row in rows if row[1] != row[2]]
    for name, text in b.settings.changes(a.settings).items():
        rows.append((word(name).term, spaced(to_text(getattr(a.settings, name))), spaced(text)))
    return rows
