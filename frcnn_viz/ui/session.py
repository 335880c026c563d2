"""What one visitor looks at: model, image, settings and selections; the one truth behind controls and link."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import streamlit as st

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import ImageError, LoadedImage, from_pil
from frcnn_viz.data.scenes import SAMPLES, sample_scene
from frcnn_viz.data.scenes.options import CLASSES
from frcnn_viz.data.workspace import Item
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.models.own import factory
from frcnn_viz.models.registry import (
    DEFAULT_DETECTOR,
    Detector,
    ModelError,
    available_devices,
    entries,
    load_detector,
)
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.pipeline.settings import FIELD_NAMES, Settings, SettingsError
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import library
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.memory import MEMORY

SELECTIONS = ("cell", "anchor", "candidate", "proposal", "detection", "loss_anchor", "loss_roi", "object")


@dataclass(frozen=True, eq=False)
class Session:
    """Everything a page needs.

    Attributes:
        detector: the model and what its labels mean.
        image: the picture; `image_url` shows it in the browser.
        ground_truth: of a sample scene, or what was drawn on an image of the workspace; None where nothing was.
        item: the image of the workspace; None for a sample scene.
        lesson: what to look at in a sample scene, else empty.
        settings: as the visitor has set them. defaults: the model's own.
        trace: every stage, lazily.
    """

    detector: Detector
    image: LoadedImage
    image_url: str
    ground_truth: GroundTruth | None
    item: Item | None
    lesson: str
    settings: Settings
    defaults: Settings
    trace: Trace

    def trace_with(self, settings: Settings) -> Trace:
        """The same image at other settings; what they do not change is not run again."""
        return Trace(self.detector.model, self.image.pixels, settings, memory=MEMORY, image_key=self.image.sha256)


def current() -> Session:
    """The visitor's session; on first use filled from the link, else from the defaults."""
    _fill_from_link()
    state = st.session_state
    detector = _detector()
    defaults = Settings.of(detector.model)
    settings = _settings(defaults)
    image, ground_truth, item, lesson = _picture(state["image"])
    url = image_url(to_uint8(image.pixels), image.sha256)
    trace = Trace(detector.model, image.pixels, settings, memory=MEMORY, image_key=image.sha256)
    return Session(detector, image, url, ground_truth, item, lesson, settings, defaults, trace)


def change_settings(**changes: object) -> None:
    """Set fields of the settings; a bad value leaves them as they were and is told on the page."""
    try:
        st.session_state["settings"] = st.session_state["settings"].replace(**changes)
    except SettingsError as error:
        tell(str(error))


def reset_settings() -> None:
    """Back to the model's own settings."""
    st.session_state["settings"] = None


def choose_model(name: str, random: bool | None = None) -> None:
    """Look through another detector, at its own settings; one that cannot be had is told, and the old one stays.

    `random` asks for random weights, or for the trained ones; None leaves that as it is.
    """
    random = st.session_state["random"] if random is None else random
    try:
        load_detector(name, st.session_state["device"], random_weights=random)
    except (ModelError, WeightsError) as error:
        tell(str(error))
        st.session_state["wanted"] = name
        return
    st.session_state.update(model=name, random=random, settings=None, selected={})


def _detector() -> Detector:
    """The chosen one; where it is gone (a checkpoint was removed, its file with it), the default."""
    state = st.session_state
    try:
        return load_detector(state["model"], state["device"], random_weights=state["random"])
    except (ModelError, WeightsError) as error:
        if state["model"] == DEFAULT_DETECTOR:
            raise
        tell(f"{error} {DEFAULT_DETECTOR} is shown.")
        state.update(model=DEFAULT_DETECTOR, random=False, settings=None, selected={})
        return load_detector(DEFAULT_DETECTOR, state["device"])


def choose_image(key: str) -> None:
    """Look at a sample scene (its name) or an image of the workspace (its id)."""
    st.session_state["image"] = key
    st.session_state["selected"] = {}


def neighbours() -> list[str]:
    """The images that next and previous go through: the samples, or those that the images page shows."""
    if st.session_state["image"] in SAMPLES:
        return list(SAMPLES)
    shown = [key for key in st.session_state.get("shown", ()) if library.find(key)]
    return shown if st.session_state["image"] in shown else [item.id for item in library.items()]


def step_image(by: int) -> None:
    """Look at the next image (1) or the one before (-1), round the ends."""
    keys = neighbours()
    choose_image(keys[(keys.index(st.session_state["image"]) + by) % len(keys)])


def selected(kind: str) -> int | None:
    """The selected cell, anchor, candidate, proposal or detection, or None."""
    return st.session_state["selected"].get(kind)


def selected_last(kinds: tuple[str, ...]) -> tuple[str, int] | None:
    """The kind and index of that one of these kinds which was selected last, or None."""
    chosen = [(kind, index) for kind, index in st.session_state["selected"].items() if kind in kinds]
    return chosen[-1] if chosen else None


def select(kind: str, index: int | None) -> None:
    """Select one for all pages; None selects nothing."""
    others = {name: value for name, value in st.session_state["selected"].items() if name != kind}
    st.session_state["selected"] = others if index is None else {**others, kind: int(index)}


def tell(sentence: str) -> None:
    """Keep a sentence for the top of the page."""
    st.session_state["sentences"] = [*st.session_state.get("sentences", []), sentence]


def told() -> list[str]:
    """The sentences kept for this run; they are told once."""
    return st.session_state.pop("sentences", [])


def _fill_from_link() -> None:
    state = st.session_state
    if "model" in state:
        return
    link = {name: st.query_params[name] for name in st.query_params}
    first = next(iter(SAMPLES))
    state.update(model=DEFAULT_DETECTOR, random=False, device="auto", image=first, settings=None, selected={})
    if own := factory():
        choose_model(next(iter(own)))
    if "model" in link:
        if link["model"] in entries():
            choose_model(link["model"], random=link.get("weights") == "random")
        else:
            tell(f"The link names the detector {link['model'][:40]!r}, which is not here; {state['model']} is shown.")
    if "device" in link:
        if link["device"] in available_devices():
            state["device"] = link["device"]
        else:
            tell(f"The link asks for the device {link['device'][:20]!r}, which is not here; another one is used.")
    if "image" in link:
        if link["image"] in SAMPLES or library.find(link["image"]):
            state["image"] = link["image"]
        else:
            tell("The link names a picture that is not in this workspace; add it to see the same. A sample is shown.")
    state["link_settings"] = {name: text for name, text in link.items() if name in FIELD_NAMES}
    for kind in SELECTIONS:
        if link.get(kind, "").isdecimal():
            select(kind, int(link[kind][:9]))


def _settings(defaults: Settings) -> Settings:
    state = st.session_state
    if state["settings"] is None:
        state["settings"] = defaults
        state["settings"] = _with_link(defaults, state.pop("link_settings", {}))
    return state["settings"]


def _with_link(settings: Settings, link: dict[str, str]) -> Settings:
    """The settings with those of the link that are good; the others are told.

    Some are good only after another one is in force (`min_size` over the old `max_size`), so it goes round
    until nothing more is taken.
    """
    taken = True
    while taken:
        taken, sentences = False, []
        for name, text in list(link.items()):
            try:
                settings = settings.with_text({name: text})
            except SettingsError as error:
                sentences.append(f"The link's {error}")
            else:
                del link[name]
                taken = True
    for sentence in sentences:
        tell(sentence)
    return settings


def _picture(key: str) -> tuple[LoadedImage, GroundTruth | None, Item | None, str]:
    if key not in SAMPLES:
        try:
            item = library.workspace().item(key)
            return library.picture(key), library.ground_truth(item) if item.objects else None, item, ""
        except (DataError, ImageError) as error:
            tell(f"{error} A sample is shown.")
            key = st.session_state["image"] = next(iter(SAMPLES))
    image, ground_truth, lesson = sample_picture(key)
    return image, ground_truth, None, lesson


@cache
def sample_picture(name: str) -> tuple[LoadedImage, GroundTruth, str]:
    """A sample scene: the picture, its exact ground truth, and what to look at."""
    scene = sample_scene(name)
    image = from_pil(scene.image, f"{name}.png")
    names = tuple(CLASSES[label - 1] for label in scene.labels.tolist())
    return image, GroundTruth(scene.boxes_in_image, names), scene.lesson


def write_link(here: Session) -> None:
    """Bring the address bar up to date; after the page, since the browser stops for it."""
    state, changes = st.session_state, here.settings.changes(here.defaults)
    chosen = {kind: str(index) for kind, index in state["selected"].items()}
    device = {} if state["device"] == "auto" else {"device": state["device"]}
    weights = {"weights": "random"} if state["random"] else {}
    link = {"model": state["model"], **weights, "image": state["image"], **device, **changes, **chosen}
    if st.query_params.to_dict() != link:
        st.query_params.from_dict(link)
