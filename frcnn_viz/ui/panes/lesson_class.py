"""A link for a class: a lesson, the picture in view, what it draws by, and the controls that are left."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import streamlit as st

from frcnn_viz.ui import view
from frcnn_viz.ui.controls import SLIDERS, choice, several, words
from frcnn_viz.ui.lessons.answers import SEED
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.lessons.steps import PAGE, TAB
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

LESSON, DRAW, LEFT = Option("lessons.lesson", ""), Option("lessons.seed", ""), Option("lessons.left", "")
FIELDS = ("image", "set", "model")
"""What is chosen in the sidebar, as the view calls it."""


def body(here: Session) -> None:
    """The choices, and the link that they make."""
    left, right = st.columns(2)
    with left:
        titles = {one.name: f"{one.number}. {plain(one.title)}" for one in shelf()}
        lesson = choice(LESSON, "class.lesson", titles)
        st.caption(f"{word('view.picture').term}: {plain(here.image.name)}. {plain(here.detector.title)}.")
        seed = words(DRAW, "class.seed")
        controls = several(LEFT, "class.left", [*FIELDS, *SLIDERS, "anchor_sizes", "aspect_ratios"])
    with right:
        told = word("class.link")
        st.markdown(f"**{told.term}**", help=told.hover)
        st.code(_address(here, lesson, seed, controls), language=None, wrap_lines=True)
        st.caption(told.sentence)


def _address(here: Session, lesson: str, seed: str, controls: list[str]) -> str:
    now, place = here.view, urlsplit(st.context.url or "")
    link = view.View(image=now.image, model=now.model, random=now.random, changes=now.changes, lesson=lesson)
    parts = link.link() | {f"{PAGE}.tab": TAB, "only": ",".join(controls) or "none"}
    parts |= {SEED.name: seed} if seed else {}
    return f"{place.scheme}://{place.netloc}/{PAGE}?{urlencode(parts)}"
