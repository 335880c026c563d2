import math
from contextlib import suppress

import streamlit as st

from frcnn_viz.analysis.sums import sums
from frcnn_viz.data.annotations import AnnotatedImage, DataError
from frcnn_viz.data.browse import EVERY, LABELLED, MISSED, UNLABELLED, Filter, choose
from frcnn_viz.data.formats import FORMATS, zip_dataset
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.data.workspace import Item, Workspace
from frcnn_viz.ui import library, session, survey, view
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.controls import choice, number, several, terms, words
from frcnn_viz.ui.downloads import download
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.gallery import Tile, gallery
from frcnn_viz.ui.importing import import_form, tell_import
from frcnn_viz.ui.panes import check, draw
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import of_items
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

PER_PAGE = 48
TEXT, LABELS, BAND = Option("images.text", ""), Option("images.labels", ""), Option("images.band", "")
STATE, PAGE = Option("images.state", EVERY), Option("images.page", 1)
STATES = {EVERY: "all", LABELLED: "labelled", UNLABELLED: "unlabelled", MISSED: "missed"}
DAMAGED_SHOWN = 20


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
    pages = max(1, -(-len(shown) // PER_PAGE))
    told, turn = st.columns([4, 1])
    with turn:
        page = number(PAGE, "images.page", 1, pages) if pages > 1 else 1
    if examined:
        truths = [subject.truth for subject in of_items(items) if subject.key in examined]
        for sentence in sums(truths, examined.values(), here.detector.classes):
            st.caption(sentence)
    told.markdown(
        f"**{len(shown):,}** of {len(items):,} images. Click one to draw on it; next and previous in the sidebar go "
        "through these."
    )

    def pick(key: str) -> None:
        session.choose_image(key)
        view.open_tab("images", "draw")

    part = shown[(page - 1) * PER_PAGE : page * PER_PAGE]
    gallery([tile(item, counts.get(item.id), item.id == here.view.image) for item in part], "wall", pick)


def take_away(items: list[Item]) -> None:
    workspace = library.workspace()
    format_, pictures, button = st.columns([2, 2, 3], vertical_alignment="bottom")
    wanted = format_.selectbox(word("images.format").term, list(FORMATS), format_func=FORMATS.get, key="export_format")
    with_pictures = pictures.checkbox(word("images.with_pictures").term, key="export_pictures")
    if wanted == "yolo":
        st.caption("YOLO text holds no flags: difficult, truncated and crowd are not written.")

    def picture(image: AnnotatedImage) -> bytes | None:
        with suppress(DataError):  # which is told above
            return workspace.picture(image) if with_pictures else None

    with button:
        download(
            f"Pack {len(items):,} images' ground truth",
            lambda: zip_dataset(workspace.dataset(), wanted, picture),
            f"frcnn-viz-{wanted}.zip",
            "application/zip",
            "export",
        )


def notes() -> None:
    workspace = library.workspace()
    if view.held("workspace_notes") is None:
        view.hold("workspace_notes", workspace.notes)
    st.text_area(
        word("images.notes").term,
        key="workspace_notes",
        on_change=lambda: attempt(workspace.set_notes, view.held("workspace_notes")),
    )
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
    if not items:
        st.info("There are no images of yours yet. Add some, or upload one in the sidebar.")
        return
    wall(here, items)
    with st.expander(word("images.export").term, icon=":material/download:"):
        take_away(items)
    with st.expander("Notes", icon=":material/notes:"):
        notes()


run_page("images", {"yours": yours, "draw": draw.body, "check": check.body})
