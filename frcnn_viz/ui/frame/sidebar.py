"""The sidebar is what one looks at: picture, set of images, detector, and what was changed of its settings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st
import torch
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clip import PREFIX as CLIP
from frcnn_viz.data.clips import split_key
from frcnn_viz.data.images import SUFFIXES
from frcnn_viz.data.room import own_room
from frcnn_viz.data.samples import SAMPLES
from frcnn_viz.data.video_facts import MAX_BYTES
from frcnn_viz.data.video_facts import SUFFIXES as VIDEOS
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.models.registry import EMBEDDED, Detector, available_devices, entries
from frcnn_viz.models.runs import CLASS, PREFIX, folder_of, is_step, kept_steps
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.classroom.card import workspace_card
from frcnn_viz.ui.frame import one_file
from frcnn_viz.ui.frame.desk import desk
from frcnn_viz.ui.gallery import Tile, gallery
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.importing import add_uploads
from frcnn_viz.ui.lessons.card import card_state, lesson_card
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.subjects import sets_here
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

THUMBNAILS, LAST = 4, 10


def show() -> tuple[DeltaGenerator, session.Session | None]:
    """Draw the sidebar; what is chosen there holds for every page. It is whole where the picture or model is not.

    Returns the place for `memory_in_use`, since the page is yet to fill the memory, and what is looked at.
    """
    here = _here()
    with st.sidebar:
        workspace_card()
        lesson_card()
        if view.offers("image"):
            _picture(here)
        if view.offers("set"):
            _set()
        if view.offers("model"):
            _detector(here)
        desk(here)
        one_file.offer()
        place = st.empty()
    view.kept("sidebar", dict)["shows"] = _shown()
    return place, here


def is_stale() -> bool:
    """Whether a page has changed what the sidebar shows: a page is a fragment, and runs without it."""
    return view.kept("sidebar", dict).get("shows", _shown()) != _shown()


def _shown() -> tuple[object, ...]:
    now = view.now()
    pictures = library.ids(), library.class_ids()
    return now.image, now.set, now.model, now.random, now.device, pictures, card_state()


def memory_in_use(detector: Detector) -> str:
    """The device, and what is held there, in words."""
    held = f"weights {detector.nbytes / 2**20:,.0f} MB, images and results {MEMORY.nbytes / 2**20:,.0f} MB"
    device = detector.device
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        name = torch.cuda.get_device_name(device)
        return f"Running on {name}: {held}; {(total - free) / 2**30:.1f} of {total / 2**30:.1f} GB in use."
    return f"Running on {device.type}: {held}."


def _picture(here: session.Session | None) -> None:
    titles = {name: sample.title for name, sample in SAMPLES.items()}
    for key, title in library.clips().items():
        titles[key] = f"Clip: {title}" if library.is_own(key) else f"Class clip: {title}"
    titles |= {item.id: f"Class: {item.name}" for item in library.class_items()}
    titles |= {item.id: f"Yours: {item.name}" for item in library.items()}
    _choice("image", "view.picture", titles, session.choose_image)
    with st.container(key="hands", horizontal=True, gap="small"):
        for name, way, by, key in (("previous", "left", -1, "["), ("next", "right", 1, "]")):
            told = word(f"view.{name}")
            icon, hover = f":material/chevron_{way}:", f"{told.sentence} ({key})"
            st.button(told.term, icon=icon, on_click=session.step_image, args=(by,), key=name, help=hover)
        with st.container(key="compact_upload"):
            st.file_uploader(
                word("view.upload").term,
                [*SUFFIXES, *VIDEOS],
                accept_multiple_files=True,
                max_upload_size=own_room().upload_mb(MAX_BYTES // 1_000_000),
                key=_uploader(),
                on_change=_uploaded,
                label_visibility="collapsed",
            )
        with st.popover(word("view.open").term, icon=":material/history:", help=word("view.open").sentence):
            for key in library.looked_at_last()[:LAST]:
                name = titles.get(key, key)
                st.button(plain(name), key=f"open_{key}", type="tertiary", on_click=session.choose_image, args=(key,))
        with st.popover(word("view.camera").term, icon=":material/photo_camera:", help=word("view.camera").sentence):
            if st.toggle("Use the camera", key="camera_on", help=word("view.camera").sentence):
                st.camera_input("A photo", key="camera", on_change=_photographed)
    gallery(_neighbours(), "thumbnails", session.choose_image, width=52)
    if here:
        drawn = word("view.exercise").sentence if here.is_exercise else ""
        for words in filter(None, (drawn, here.lesson, *here.image.notes)):
            st.caption(plain(words))


def _set() -> None:
    _choice("set", "view.set", sets_here(), lambda name: view.change(set=name))


def _detector(here: session.Session | None) -> None:
    known = sorted(entries().items(), key=lambda pair: not pair[1].is_here)
    titles = {name: entry.title + ("" if entry.is_here else " (to be fetched)") for name, entry in known}
    titles |= {name: f"Run {name.removeprefix(PREFIX)}" for name in titles if name.startswith(PREFIX)}
    titles |= {name: f"Class run {name.removeprefix(CLASS)}" for name in titles if name.startswith(CLASS)}
    _choice("model", "view.detector", titles, session.choose_model)
    _step()
    if here:
        st.caption(plain(here.detector.note))
        _offer_knowing(here)
        if here.detector.warning:
            st.warning(plain(here.detector.warning))
    now = view.now()
    view.hold("choose_random", now.random)
    with st.popover("Weights and device", icon=":material/memory:"):
        st.toggle(
            word("view.random_weights").term,
            now.random,
            key="choose_random",
            help=word("view.random_weights").hover,
            on_change=lambda: session.choose_model(now.model, view.held("choose_random")),
        )
        devices = {device: device for device in ("auto", *available_devices())}
        _choice("device", "view.device", devices, lambda device: view.change(device=device))


def _offer_knowing(here: session.Session) -> None:
    """Where the detector knows no object of the picture: one that comes with the program and does."""
    names = set(here.ground_truth.names if here.ground_truth else ())
    if not names or names & set(here.detector.classes):
        return
    entry = next((entry for entry in EMBEDDED.values() if names & set(entry.classes)), None)
    if entry:
        st.caption(word("view.knowing").sentence)
        title = f"{word('view.knowing').term} {entry.title}"
        st.button(title, key="open_knowing", on_click=session.choose_model, args=(entry.name, False))


def _step() -> None:
    """Where a run is looked through: a slider over its kept steps."""
    run, _, step = view.now().model.partition("@")
    steps = list(kept_steps(folder_of(run))) if is_step(run) else []
    if len(steps) < 2:
        return
    told = word("view.step")
    chosen = int(step) if step.isdecimal() and int(step) in steps else steps[-1]
    view.hold("choose_step", chosen)
    changed = lambda: session.choose_step(f"{run}@{view.held('choose_step')}")  # noqa: E731
    st.select_slider(told.term, steps, chosen, key="choose_step", on_change=changed, help=told.hover)


def _neighbours() -> list[Tile]:
    """Thumbnails of the pictures around this one, in the order of next and previous."""
    keys, image = session.neighbours(), view.now().image
    if image not in keys:
        return []
    at = keys.index(image)
    start = max(0, min(at - THUMBNAILS // 2, len(keys) - THUMBNAILS))
    named = {item.id: item.name for item in (*library.class_items(), *library.items())}
    tiles = []
    for key in keys[start : start + THUMBNAILS]:
        with suppress(DataError):  # a frame that cannot be decoded any more
            url = library.thumbnail_url(key) if key in named else image_url(_small(library.source_of(key), key))
            place = split_key(key)
            name = str(place[1]) if place else Path(named.get(key, key)).stem
            tiles.append(Tile(key, url, name, chosen=key == image))
    return tiles


@lru_cache(maxsize=512)
def _small(source: Path | None, key: str) -> np.ndarray:
    picture = Image.fromarray(to_uint8(library.picture(key).pixels))
    picture.thumbnail((112, 84))
    return np.asarray(picture)


def _here() -> session.Session | None:
    """What is looked at; None where it cannot be had, which the page tells."""
    try:
        return session.current()
    except Exception:
        return None


def _choice(name: str, word_key: str, titles: dict[str, str], choose: Callable[[str], None]) -> None:
    key, value, told = f"choose_{name}", str(getattr(view.now(), name)), word(word_key)
    if is_step(value) or value.startswith(CLIP):
        value = value.partition("@")[0]  # step and frame are chosen below
    chosen, called = value if value in titles else next(iter(titles)), view.kept("called", dict)
    if called.get(key, ("", ""))[0] == chosen and called[key][1] != titles[chosen]:
        view.hold(key, None)  # else the browser goes on showing the old title
    called[key] = chosen, titles[chosen]
    view.hold(key, chosen)
    changed = lambda: choose(view.held(key))  # noqa: E731
    at = list(titles).index(chosen)
    st.selectbox(told.term, list(titles), at, format_func=titles.get, key=key, on_change=changed, help=told.hover)


def _uploader() -> str:
    """The uploader's key: another after each upload, so that it is empty again and tells nothing twice."""
    return f"upload_{view.kept('uploads', list).count(True)}"


def _uploaded() -> None:
    add_uploads(view.held(_uploader()) or [])
    view.kept("uploads", list).append(True)


def _photographed() -> None:
    if photo := view.held("camera"):
        add_uploads([photo])
