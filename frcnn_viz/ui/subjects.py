"""The images a page is about: this one, all of yours, the class's, or a set of samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.homes import home_of
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.data.samples import SAMPLE_SETS, sample_picture, samples_of
from frcnn_viz.data.workspace import Item
from frcnn_viz.pipeline.transform import is_too_thin, transform_at
from frcnn_viz.ui import library
from frcnn_viz.ui.classroom.door import is_teacher
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import SETS
from frcnn_viz.words import word

SET_TITLES = {name: word(f"set.{name}").term for name in SETS}


@dataclass(frozen=True, eq=False)
class Subject:
    """One image and what is on it.

    Attributes:
        key: what `session.choose_image` takes. size: height and width.
        truth: what is on it. load: gives the picture.
    """

    key: str
    size: tuple[int, int]
    truth: GroundTruth
    load: Callable[[], LoadedImage]


def of_items(items: Sequence[Item]) -> list[Subject]:
    """Images of a workspace; what has no objects counts as empty, so that false alarms on it are counted."""
    return [Subject(item.id, (item.height, item.width), library.ground_truth(item), _loader(item.id)) for item in items]


def of_samples(set: str = SAMPLE_SETS[0]) -> list[Subject]:
    """The samples of a set: the street scenes unless another is named."""
    return [_sample(name) for name in samples_of(set)]


def this_image(here: Session) -> Subject:
    """The image in view."""
    truth = GroundTruth.of(()) if here.ground_truth is None else here.ground_truth
    return Subject(here.view.image, here.image.size, truth, lambda: here.image)


def chosen_subjects(here: Session) -> list[Subject]:
    """Those of the set chosen in the sidebar; the street scenes where that has nothing in it."""
    chosen = set_in_force(here)
    if chosen in ("yours", "class"):
        is_own = chosen == "yours" or is_teacher()
        return _thick_enough(here, of_items(library.items() if is_own else library.class_items()))
    return [this_image(here)] if chosen == "this" else of_samples(chosen)


def set_in_force(here: Session) -> str:
    """Which set that is."""
    has = here.ground_truth is not None if here.view.set == "this" else here.view.set in sets_here()
    return here.view.set if has else SAMPLE_SETS[0]


def sets_here() -> dict[str, str]:
    """The sets that have something in them, by name, with their titles; this picture always.

    The teacher's own are the class's: a link with the set `class` is about the same pictures for everyone.
    """
    own = library.ids()
    empty = {"yours": not own, "class": not (own if is_teacher() else library.class_ids())}
    return {name: title for name, title in SET_TITLES.items() if not empty.get(name)}


def tell_set(here: Session, subjects: Sequence[Subject]) -> None:
    """Say whose figures these are."""
    which = set_in_force(here)
    these = "Of this picture alone" if which == "this" else f"Of {SET_TITLES[which]}, {len(subjects):,} in all"
    st.caption(f"{these}. Choose another set in the sidebar.")


def tell_empty(subjects: Sequence[Subject]) -> None:
    """Say how many have no objects, since that may only mean that nothing was drawn yet."""
    empty = sum(not len(subject.truth) for subject in subjects)
    if empty:
        st.caption(
            f"Images with nothing drawn on them: {empty:,} of {len(subjects):,}. They count as empty: whatever is "
            "detected there is a false alarm."
        )


def _thick_enough(here: Session, subjects: list[Subject]) -> list[Subject]:
    """Those that the detector can look at, at these settings and at its own; the others are told."""
    transforms = [transform_at(here.detector.model, s.min_size, s.max_size) for s in (here.settings, here.defaults)]
    fit = [subject for subject in subjects if not any(is_too_thin(one, subject.size) for one in transforms)]
    if len(fit) < len(subjects):
        st.caption(f"Images too thin for this detector, left out: {len(subjects) - len(fit):,} of {len(subjects):,}.")
    return fit


def _sample(name: str) -> Subject:
    image, truth = sample_picture(name)
    return Subject(name, image.size, truth, lambda: image)


def _loader(key: str) -> Callable[[], LoadedImage]:
    return lambda: home_of(key).load(key)
