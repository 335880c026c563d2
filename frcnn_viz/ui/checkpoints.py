"""Bringing one's own checkpoint: uploaded or by path, with class names typed or from a file; and letting it go."""

from __future__ import annotations

import os
import tempfile
from ipaddress import ip_address
from pathlib import Path
from shutil import copyfileobj

import streamlit as st

from frcnn_viz.data.room import own_room
from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.entry import Entry
from frcnn_viz.models.own import PREFIX, add_checkpoint, read_names, remove_checkpoint
from frcnn_viz.models.registry import DEFAULT_DETECTOR, ENTRIES, entries
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.paths import PATHS_VARIABLE
from frcnn_viz.ui import session, view
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

ENDINGS = ("pt", "pth", "safetensors")
MOST_MB = 1000


def checkpoint_form(name: str) -> None:
    """Ask for a checkpoint and what it belongs to; `name` is the detector offered first."""
    base = st.selectbox(
        "It is a checkpoint of",
        list(ENTRIES),
        list(ENTRIES).index(name) if name in ENTRIES else 0,
        format_func=lambda name: ENTRIES[name].title,
        key="own_base",
        help=word("option.checkpoint.base").hover,
    )
    told = word("option.checkpoint.file").hover
    file = st.file_uploader(
        "A state dict", ENDINGS, key="own_file", max_upload_size=own_room().upload_mb(MOST_MB), help=told
    )
    path = ""
    if paths_allowed():
        path = st.text_input("or its path on the computer that runs this", key="own_path", help=told)
    names = st.text_area(
        "Class names, without the background",
        key="own_names",
        placeholder="one a line, or a JSON list; numbers where there are none",
        height=100,
        help=word("option.checkpoint.names").hover,
    )
    told = word("option.checkpoint.names").hover
    side = st.file_uploader("or a file of them", ("txt", "json", "names"), key="own_side", max_upload_size=1, help=told)
    if not st.button("Open it", key="own_add", type="primary", disabled=not (file or path.strip())):
        return
    try:
        text = side.getvalue().decode("utf-8", "replace") if side else names
        with st.spinner("Reading ..."):
            added = _add(ENTRIES[base], read_names(text), file, path.strip())
    except WeightsError as error:
        show_error(error)
        return
    session.choose_model(added, random=False)
    st.rerun(scope="app")


def paths_allowed() -> bool:
    """Whether this visitor may name files of this computer."""
    return tenant().opens_paths and is_for_this_computer()


def is_for_this_computer() -> bool:
    """Whether the server answers to this computer alone, or was started so that others may name its files."""
    address = st.get_option("server.address") or ""  # none: it answers to all
    try:
        here_only = address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        here_only = False
    return here_only or os.environ.get(PATHS_VARIABLE) == "1"


def _add(base: Entry, names: list[str], file: object, path: str) -> str:
    if file is None:
        place = Path(os.path.expanduser(path))  # which leaves a home that is not there as it is
        if not paths_allowed():
            raise WeightsError("a checkpoint cannot be opened by its path here; upload it.")
        if place.suffix[1:].lower() not in ENDINGS or not place.is_file():
            raise WeightsError(f"{path} is no .pt, .pth or .safetensors file that is there; check the path.")
        return add_checkpoint(place, base, names)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"checkpoint.{file.name.rsplit('.', 1)[-1].lower()}"
        with place.open("wb") as out:
            copyfileobj(file, out)
        return add_checkpoint(place, base, names, file.name)


def own_list() -> None:
    """The checkpoints that were brought, each with a way to let it go."""
    for name, entry in entries().items():
        if not name.startswith(PREFIX) or entry.home != tenant().folder:
            continue
        words, button = st.columns([4, 1], vertical_alignment="center")
        words.markdown(f"**{plain(entry.title)}**: {plain(entry.note)}")
        button.button(word("action.remove").term, key=f"remove_{name}", on_click=_remove, args=(name,))


def _remove(name: str) -> None:
    remove_checkpoint(name)
    if view.now().model == name:
        session.choose_model(DEFAULT_DETECTOR, random=False)
