from functools import partial

import numpy as np
import streamlit as st

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.glossary import NothingToSee, Seen
from frcnn_viz.figures.terms import Term, find, shape_of
from frcnn_viz.ui import view
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import words
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.frame.pages import title_of
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

SEARCH, TERM = Option("glossary.search", ""), Option("glossary.term", "term.anchor")
HEIGHT, CHART = 490, 340  # of the list and of a chart, screen pixels: the page stays whole at 1280 x 720


def choose(shelf: str) -> Term | None:
    """The list, as far as the search has it, and the word chosen in it; None where there is none."""
    found = find(words(SEARCH, "glossary.search"), shelf)
    if not found:
        st.info(word("glossary.none").sentence)
        return None
    keys = [term.word.key for term in found]
    chosen = keys.index(TERM.value) if TERM.value in keys else 0
    table = f"glossary_{shelf}_{SEARCH.value}_{keys[chosen]}"  # anew when another is chosen elsewhere

    def picked() -> None:
        rows = view.held(table).selection.rows
        if rows and rows[0] < len(keys):
            TERM.set(keys[rows[0]])

    explained_table(
        [{"word": term.word.term, "tensor": term.word.tensor.replace("`", "")} for term in found],
        key=table,
        height=HEIGHT,
        on_select=picked,
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [chosen]}},
    )
    return found[chosen]


def explain(here: Session, term: Term) -> None:
    """Sentence, tensor, and picture."""
    page, told = title_of(term.page), word("glossary.in_full")
    label = f"{told.term}: {page.term}"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(term.word.term, anchor=False, width="content")
        st.button(label, key="glossary_page", on_click=view.go_to, args=(term.page,), help=told.hover)
    st.markdown(term.word.sentence)
    if term.word.tensor:
        shape = shape_of(term.word, here.trace)
        st.markdown(f"{term.word.tensor} {f'`{shape}`' if shape else ''}")
    if term.draw is None:
        st.caption(word("glossary.no_picture").sentence)
        return
    truth = here.ground_truth.counted if here.ground_truth else GroundTruth.of([])
    try:
        shown, caption = term.draw(Seen(here.trace, truth, here.detector.classes))
    except NothingToSee as error:
        st.info(str(error))
        return
    st.caption(plain(caption))
    if isinstance(shown, np.ndarray):
        with st.container(key="glossary_picture"):
            st.image(shown, alt=caption)
    else:
        chart(shown, "glossary_chart", CHART)


def listed(here: Session, shelf: str) -> None:
    left, right = st.columns([2, 3])
    with left:
        term = choose(shelf)
    if term:
        with right:
            explain(here, term)


run_page(
    "glossary",
    {
        "terms": partial(listed, shelf="terms"),
        "settings": partial(listed, shelf="settings"),
        "measures": partial(listed, shelf="measures"),
    },
)
