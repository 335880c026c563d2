"""The images a page is about: this one, all of yours, or the sample scenes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.data.scenes import SAMPLES
from frcnn_viz.data.workspace import Item
from frcnn_viz.ui import library
from frcnn_viz.ui.session import Session, sample_picture

THIS, YOURS, ALL_SAMPLES = "this image", "your images", "the sample scenes"


@dataclass(frozen=True, eq=False)
class Subject:
    """One image with ground truth.

    Attributes:
        key: what `session.choose_image` takes. size: height and width.
        truth: what is on it. load: gives the picture.
    """

    key: str
    size: tuple[int, int]
    truth: GroundTruth
    load: Callable[[], LoadedImage]


def of_items(items: Sequence[Item]) -> list[Subject]:
    """The images of the workspace that have objects."""
    return [
        Subject(item.id, (item.height, item.width), library.ground_truth(item), _loader(item.id))
        for item in items
        if item.objects
    ]


def of_samples() -> list[Subject]:
    """The sample scenes."""
    return [_sample(name) for name in SAMPLES]


def this_image(here: Session) -> Subject:
    """The image in view, which has ground truth."""
    if here.item is None:
        return _sample(st.session_state["image"])
    return Subject(here.item.id, here.image.size, here.ground_truth, lambda: here.image)


def choose_subjects(here: Session, label: str, key: str) -> list[Subject]:
    """Ask which; images without objects are left out."""
    choices = [THIS, *([YOURS] if library.items() else []), ALL_SAMPLES]
    if here.ground_truth is None:
        choices.remove(THIS)
    chosen = st.segmented_control(label, choices, default=choices[0], key=f"{key}_{len(choices)}") or choices[0]
    if chosen == THIS:
        return [this_image(here)]
    return of_items(library.items()) if chosen == YOURS else of_samples()


def _sample(name: str) -> Subject:
    image, truth, _ = sample_picture(name)
    return Subject(name, image.size, truth, lambda: image)


def _loader(key: str) -> Callable[[], LoadedImage]:
    return lambda: library.workspace().load(key)
