"""The detectors there are, and fetching the weights of those that are not here."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.entry import Entry
from frcnn_viz.models.hub import fetch
from frcnn_viz.models.registry import entries
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.ui import session, view
from frcnn_viz.ui.checkpoints import checkpoint_form, own_list
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.words import word


def get(entry: Entry) -> None:
    try:
        with progress("fetch", "Nothing is left behind.") as tell:
            fetch(entry.fetched, lambda done, total: tell(done, total, f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"))
    except WeightsError as error:
        show_error(error)
        return
    session.choose_model(entry.name, random=False)
    st.rerun(scope="app")


def show_missing(missing: list[str]) -> None:
    known = entries()
    wanted = view.kept("wanted", dict).get("model")
    choice, button, random = st.columns([3, 2, 2], vertical_alignment="bottom")
    name = choice.selectbox(
        "Weights that are not here",
        missing,
        missing.index(wanted) if wanted in missing else 0,
        format_func=lambda name: known[name].title,
        key="fetch_name",
        help=word("action.fetch").hover,
    )
    entry = known[name]
    random.button("Open it with random weights", key="open_random", on_click=session.choose_model, args=(name, True))
    told = word("action.fetch").hover
    label, may = f"Fetch {entry.fetched.megabytes:.0f} MB", tenant().fetches
    if button.button(label, key="fetch", type="primary", help=told, disabled=not may):
        get(entry)
    if not may:
        st.caption(word("class.no_fetch").sentence)
        return
    st.caption(
        f"From {entry.fetched.url} to `{entry.fetched.path}`, kept only when whole and with the right hash."
        + (" ImageNet weights, for the backbone alone." if entry.backbone else "")
    )


def show_detectors(here: Session) -> None:
    known = entries()
    rows = [
        {
            "detector": entry.title,
            "name": entry.name,
            "weights": "here" if entry.is_here else "to be fetched",
            "MB": f"{entry.fetched.megabytes:.0f}" if entry.fetched else "",
            "COCO AP": f"{entry.published['box_map']:.1f}" if entry.published else "",
        }
        for entry in known.values()
    ]
    explained_table(rows, height=375)
    missing = [name for name, entry in known.items() if not entry.is_here]
    if missing:
        show_missing(missing)
    own_list()
    with st.expander("Your own checkpoint", icon=":material/upload_file:"):
        checkpoint_form(here.detector.name)
