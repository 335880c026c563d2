"""The pictures that are learnt from: which there are, what is wrong with them, what the detector has to be for them."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from frcnn_viz.data import homes
from frcnn_viz.data.annotations import Dataset
from frcnn_viz.data.checks import Finding
from frcnn_viz.data.checks_before_training import anchor_shapes, findings_before_training
from frcnn_viz.data.samples import CELLS
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.run import CLASS, WORKSPACE
from frcnn_viz.training.sets import open_set
from frcnn_viz.ui import library
from frcnn_viz.ui.classroom.door import is_teacher
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

SETS = {"yours": WORKSPACE, "class": CLASS, "cells": str(CELLS), "scenes": "scenes:200"}
SHOWN = 12
"""Findings."""


def sets_to_learn(chosen: str) -> dict[str, str]:
    """The titles of the sets that have something in them; one that a link chose is told to be empty."""
    own, shared = library.ids(), homes.shared()
    empty = {"yours": not own, "class": not (shared.ids if shared else is_teacher() and own)}
    return {name: word(f"learn.set_{name}").term for name in SETS if name == chosen or not empty.get(name)}


def version(data: str) -> tuple[object, ...]:
    """Another one whenever the set is, or is another tenant's; what comes with the program never is."""
    home = {WORKSPACE: homes.own, CLASS: homes.of_class}.get(data, lambda: None)()
    return (home.folder, home.classes, *((item.id, item.revision) for item in home.items())) if home else ()


@lru_cache(maxsize=64)
def dataset_of(data: str, version: tuple[object, ...]) -> Dataset:
    """The set, read or drawn once for each version of it."""
    return open_set(data).dataset


@lru_cache(maxsize=64)
def findings_of(
    data: str, version: tuple[object, ...], resize: tuple[int, int], shapes: tuple[tuple[float, float], ...]
) -> list[Finding]:
    """What the check finds in the set at an input size and with these anchors."""
    dataset = dataset_of(data, version)
    return findings_before_training(dataset.images, dataset.classes, resize, anchors=shapes)


def variant_of(here: Session, dataset: Dataset) -> Variant:
    """The detector in view with the set's classes, and the anchors and sizes it is set to."""
    changed, now, own = {}, here.settings, here.defaults
    for name in ("anchor_sizes", "aspect_ratios", "min_size", "max_size"):
        if getattr(now, name) != getattr(own, name):
            changed[name] = getattr(now, name)
    classes = tuple(dataset.classes)
    same = classes == here.detector.classes[1:]
    return Variant(here.detector.name, () if same else classes, random_weights=here.view.random, **changed)


def tell_findings(here: Session, data: str) -> None:
    """What the check finds, each by image and box."""
    settings = here.settings
    shapes = tuple(anchor_shapes(settings.anchor_sizes, settings.aspect_ratios))
    findings = findings_of(data, version(data), (settings.min_size, settings.max_size), shapes)
    if not findings:
        st.caption(word("learn.sound").sentence)
        return
    with st.expander(f"{word('learn.findings').term}: {len(findings):,}"):
        for finding in findings[:SHOWN]:
            st.caption(plain(finding.sentence))
        if len(findings) > SHOWN:
            st.caption(f"and {len(findings) - SHOWN:,} more")
