"""Images that could not be examined, and parts of the results that cannot be read, each with why."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.ui.controls import number
from frcnn_viz.ui.results import head
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

PAGE = Option("results.problem", 1)
PER_PAGE = 100


def body(here: Session) -> None:
    results = head()
    if results is None:
        return
    for sentence in results.damaged:
        st.warning(plain(sentence))
    count = results.totals.problems
    if not count:
        st.success(word("results.no_problems").sentence)
        return
    st.markdown(f"{count:,} images could not be examined.")
    page = number(PAGE, "results.page", 1, -(-count // PER_PAGE)) if count > PER_PAGE else 1
    columns = (word("results.image").term, word("results.problem").term)
    told = results.problems(PER_PAGE, (page - 1) * PER_PAGE)
    explained_table([dict(zip(columns, row, strict=True)) for row in told])
