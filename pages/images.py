import streamlit as st

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.tenant import tenant
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.ui import library, view
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.importing import import_form, tell_import
from frcnn_viz.ui.panes import check, draw
from frcnn_viz.ui.panes.set_export import take_away
from frcnn_viz.ui.panes.wall import class_wall, wall
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

DAMAGED_SHOWN = 20


def notes() -> None:
    workspace = library.workspace()
    if view.held("workspace_notes") is None:
        view.hold("workspace_notes", workspace.notes)
    st.text_area(
        word("images.notes").term,
        key="workspace_notes",
        help=word("images.notes").hover,
        on_change=lambda: attempt(workspace.set_notes, view.held("workspace_notes")),
    )
    if tenant().opens_paths:
        st.caption(f"Everything is kept in {plain(workspace.folder)}, at every change.")


def tell_damage(workspace: Workspace) -> None:
    for sentence in workspace.told:
        st.warning(plain(sentence))
    if workspace.told:
        st.button(word("action.dismiss").term, key="told", on_click=workspace.told.clear)
    damaged = workspace.damaged()
    for key, sentence in list(damaged.items())[:DAMAGED_SHOWN]:
        words, button = st.columns([5, 1], vertical_alignment="center")
        words.warning(plain(sentence))
        button.button(word("action.remove").term, key=f"remove_{key}", on_click=attempt, args=(workspace.remove, key))
    if len(damaged) > DAMAGED_SHOWN:
        st.caption(f"and {len(damaged) - DAMAGED_SHOWN:,} more that cannot be used")


def yours(here: Session) -> None:
    try:
        workspace = library.workspace()
        items = workspace.items()
    except DataError as error:
        show_error(error)
        return
    with st.expander(word("images.add").term, icon=":material/add_photo_alternate:", expanded=not items):
        import_form()
    tell_import()
    tell_damage(workspace)
    if items:
        wall(here, items)
    else:
        st.info("There are no images of yours yet. Add some, or upload one in the sidebar.")
    if theirs := library.class_items():
        class_wall(here, theirs)
    if not items:
        return
    with st.expander(word("images.export").term, icon=":material/download:"):
        take_away(items)
    with st.expander("Notes", icon=":material/notes:"):
        notes()


run_page("images", {"yours": yours, "draw": draw.body, "check": check.body})
