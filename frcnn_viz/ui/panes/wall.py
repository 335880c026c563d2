"""The gallery of one's own images: what is shown of them, and how often the detector misses there; and the class's."""

from __future__ import annotations

import math

import streamlit as st

from frcnn_viz.analysis.sums import sums
from frcnn_viz.data.browse import EVERY, LABELLED, MISSED, UNLABELLED, Filter, choose
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.data.workspace import Item
from frcnn_viz.ui import library, session, survey, view
from frcnn_viz.ui.controls import choice, number, several, terms, words
from frcnn_viz.ui.gallery import Tile, gallery
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import of_items
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

PER_PAGE = 48
TEXT, LABELS, BAND = Option("images.text", ""), Option("images.labels", ""), Option("images.band", "")
STATE, PAGE = Option("images.state", EVERY), Option("images.page", 1)
CLASS_PAGE = Option("images.class_page", 1)
STATES = {EVERY: "all", LABELLED: "labelled", UNLABELLED: "unlabelled", MISSED: "missed"}


def look_for_misses(here: Session, items: list[Item]) -> None:
    label = f"{word('images.survey').term} with {plain(here.detector.title)}"
    if st.button(label, key="survey", help=word("images.survey").hover):
        with progress("survey") as tell:
            problems = survey.run(here.detector, here.settings, of_items(items), tell)
        for sentence in problems:
            st.warning(plain(sentence))


def band_title(name: str) -> str:
    low, high = BANDS[name]
    return f"{name} ({f'{low:g} to {high:g} px' if high < math.inf else f'{low:g} px and more'})"


def ask() -> Filter:
    """What to show, as the view has it."""
    classes = library.workspace().classes
    text, labels, band, state = st.columns([2, 3, 2, 2])
    with text:
        wanted = words(TEXT, "filter.text")
    with labels:
        chosen = several(LABELS, "filter.classes", classes)
    with band:
        sizes = {"": "any size", **{name: band_title(name) for name in BANDS}}
        size = choice(BAND, "filter.size", sizes)
    with state:
        which = choice(STATE, "filter.state", terms("filter", STATES))
    return Filter(wanted, frozenset(chosen), size or None, which)


def page_of(items: list[Item], option: Option) -> list[Item]:
    pages = max(1, -(-len(items) // PER_PAGE))
    page = number(option, "images.page", 1, pages) if pages > 1 else 1
    return items[(page - 1) * PER_PAGE : page * PER_PAGE]


def pick(key: str) -> None:
    session.choose_image(key)
    view.open_tab("images", "draw")


def class_wall(here: Session, items: list[Item]) -> None:
    """The teacher's, to look at."""
    title = word("images.class")
    st.markdown(f"**{title.term}**")
    st.caption(title.sentence)
    part = page_of(items, CLASS_PAGE)
    gallery([tile(item, None, item.id == here.view.image) for item in part], "class_wall", pick)


def tile(item: Item, counts: tuple[int, int] | None, chosen: bool) -> Tile:
    caption = f"{len(item.objects):,} object{'s' * (len(item.objects) != 1)}" if item.objects else "nothing drawn"
    badge = f"{counts[0]} missed" if counts and counts[0] else ""
    return Tile(item.id, library.thumbnail_url(item.id), item.name, caption, badge, chosen)


def wall(here: Session, items: list[Item]) -> None:
    look_for_misses(here, items)
    examined = survey.known(here.detector, here.settings, of_items(items))
    counts = {key: (one.missed, len(one.alarms)) for key, one in examined.items()}
    resize = (here.settings.min_size, here.settings.max_size)
    shown = choose(items, ask(), resize, {key: missed for key, (missed, _) in counts.items()})
    view.kept("shown", list)[:] = [item.id for item in shown]
    told, turn = st.columns([4, 1])
    with turn:
        part = page_of(shown, PAGE)
    if examined:
        truths = [subject.truth for subject in of_items(items) if subject.key in examined]
        for sentence in sums(truths, examined.values(), here.detector.classes):
            st.caption(sentence)
    told.markdown(
        f"**{len(shown):,}** of {len(items):,} images. Click one to draw on it; next and previous in the sidebar go "
        "through these."
    )

    gallery([tile(item, counts.get(item.id), item.id == here.view.image) for item in part], "wall", pick)
