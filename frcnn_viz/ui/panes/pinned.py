"""The pinned view, A, beside the one looked at, B: what it is, how it begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from frcnn_viz.models.registry import EMBEDDED
from frcnn_viz.pipeline.settings import to_text
from frcnn_viz.ui import session, view
from frcnn_viz.ui.controls import setting_slider
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import View
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


def with_pinned(
    show: Callable[[Session, Session], None], alone: Callable[[Session], None] = lambda here: None
) -> Callable[[Session], None]:
    """A tab about both views; without the pinned one it says how to pin, or why it cannot be shown, beside `alone`."""

    def body(here: Session) -> None:
        there, sentence = pinned(here)
        if there:
            show(there, here)
            return
        left, right = st.columns(2)
        with left:
            if sentence:
                st.error(f"The pinned view cannot be shown: {plain(sentence)}")
                unpin_button("primary")
            else:
                lead_on(here)
        with right:
            alone(here)

    return body


def pinned(here: Session) -> tuple[Session | None, str]:
    """The session of the pinned view, run; or why it cannot be; or neither where nothing is pinned."""
    if not here.view.pinned:
        return None, ""
    try:
        there = session.of(View.of_text(here.view.pinned))
        _ = there.trace.detections
    except ValueError as error:
        return None, str(error)
    return there, ""


def unpin_button(type: str = "secondary") -> None:
    told = word("compare.unpin")
    st.button(told.term, key="unpin", help=told.sentence, type=type, on_click=view.change, kwargs={"pinned": ""})


def lead_on(here: Session) -> None:
    """What pinning is for, and comparisons that one click makes."""
    st.info(
        "Nothing is pinned yet. Pin what you see now; then change the picture, the detector or a setting, "
        "and both are shown side by side, with what differs. Or begin with one of these:"
    )
    now = here.view
    other = next(name for name in EMBEDDED if name != now.model)
    offered = {"compare.pin": now}
    if now.changes:
        offered["compare.own"] = replace(now, changes=())
    offered["compare.other"] = replace(now, model=other, random=False, changes=(), selected=())
    offered["compare.trained" if now.random else "compare.random"] = replace(now, random=not now.random)
    for key, seen in offered.items():
        button, told = st.columns([2, 3], vertical_alignment="center")
        kind = "primary" if seen is now else "secondary"
        button.button(word(key).term, key=key, type=kind, on_click=view.pin, args=(seen,), width="stretch")
        told.caption(word(key).sentence)


def told_of(of: Session) -> str:
    """A view in a few words: through which weights it looks at which picture."""
    return f"{weights_of(of)}; {of.image.name}"


def weights_of(of: Session) -> str:
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
