"""A set to learn: which pictures, what of the detector, and how; checked before it is begun."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from frcnn_viz.data.annotations import DataError, Dataset
from frcnn_viz.data.checks import Finding
from frcnn_viz.data.checks_before_training import anchor_shapes, findings_before_training
from frcnn_viz.data.samples import CELLS
from frcnn_viz.models.registry import ModelError
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.process import start
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.run import WORKSPACE, Run, run_name
from frcnn_viz.training.sets import open_set
from frcnn_viz.training.store import all_runs
from frcnn_viz.ui import library, view
from frcnn_viz.ui.controls import choice, number, slide, toggle, words
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.panes.rate_test import rate_test
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

SETS = {"yours": WORKSPACE, "cells": str(CELLS), "scenes": "scenes:200"}
SET, NAME, PARTS = Option("train.set", "cells"), Option("train.name", ""), Option("train.parts", "all")
STEPS, BATCH, RATE = Option("train.steps", 300), Option("train.batch", 4), Option("train.rate", -3.0)
APART, SEED, FLIPS = Option("train.apart", 0.2), Option("train.seed", 0), Option("train.flips", False)
KEEP, RUN = Option("train.keep", False), Option("train.run", "")
SHOWN = 12
"""Findings."""


def body(here: Session) -> None:
    """Three columns: what is learnt from, how, and what is wrong with it."""
    data, recipe, told = st.columns([3, 3, 4], gap="medium")
    with data:
        names = {name: word(f"learn.set_{name}").term for name in SETS if name != "yours" or library.ids()}
        chosen = SETS[choice(SET, "learn.set", names)]
        slide(APART, "learn.apart", 0.05, 0.5, 0.05)
        choice(PARTS, "learn.parts", {name: word(f"learn.parts_{name}").term for name in ("all", "heads", "rpn")})
        if PARTS.value != "all":
            toggle(KEEP, "learn.keep")
        words(NAME, "learn.name", placeholder=free_name(here))
    with recipe:
        number(STEPS, "learn.steps", 1, 100_000)
        number(BATCH, "learn.batch", 1, 32)
        told_rate = word("learn.rate").term
        rate = slide(RATE, "learn.rate", -5.0, 0.0, 0.25, label=f"{told_rate}: {10**RATE.value:.2g}", format="1e%.2f")
        toggle(FLIPS, "learn.flips")
        number(SEED, "learn.seed", 0, 1000)
    with told:
        try:
            with st.spinner(word("learn.reading").term):  # scenes are drawn
                dataset = dataset_of(chosen, version(chosen))
        except (DataError, TrainingError) as error:
            st.warning(plain(error))
            return
        variant = variant_of(here, dataset)
        tell_run(here, dataset, variant)
        told_train = word("learn.train")
        look = {"key": "learn_train", "type": "primary", "icon": ":material/play_arrow:", "help": told_train.hover}
        if st.button(told_train.term, **look):
            begin(here, chosen, variant, 10**rate)
        tell_findings(here, chosen)
        rate_test(lambda: run_of(here, chosen, variant, 10**rate), RATE)


def version(data: str) -> tuple[tuple[str, int], ...]:
    """Another one whenever the set is; what comes with the program never is."""
    return tuple((item.id, item.revision) for item in library.items()) if data == WORKSPACE else ()


@lru_cache(maxsize=8)
def dataset_of(data: str, version: tuple[tuple[str, int], ...]) -> Dataset:
    """The set, read or drawn once for each version of it."""
    return open_set(data).dataset


@lru_cache(maxsize=8)
def findings_of(
    data: str, version: tuple[tuple[str, int], ...], resize: tuple[int, int], shapes: tuple[tuple[float, float], ...]
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


def tell_run(here: Session, dataset: Dataset, variant: Variant) -> None:
    """What would be trained, in words."""
    count = sum(bool(image.objects) for image in dataset.images)
    what = f"{plain(here.detector.title)} learns from {count:,} pictures with objects"
    head = (
        f"a new last layer for {', '.join(map(plain, variant.classes[:6]))}" if variant.classes else "its own classes"
    )
    anchors = "the anchors set now" if variant.anchor_sizes or variant.aspect_ratios else "its own anchors"
    st.caption(f"{what}, with {head} and {anchors}. It trains in a process of its own and goes on when this page ends.")


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


def free_name(here: Session) -> str:
    """A name that no run has."""
    taken = {folder.name for folder in all_runs()}
    stem = run_name(here.detector.name.removeprefix("run:").partition("@")[0])
    return next(name for n in range(1, 10_000) if (name := f"{stem}-{n}") not in taken)


def begin(here: Session, data: str, variant: Variant, rate: float) -> None:
    """List what is learnt from, which takes a while for many pictures; start the run, and look at it."""
    try:
        run = run_of(here, data, variant, rate)
        with progress("learn", "Nothing was begun yet.") as tell:
            start(run, lambda done, total: tell(done, total, f"{done:,} of {total:,} pictures listed"))
    except (TrainingError, DataError, ModelError) as error:
        show_error(error)
        return
    RUN.set(run.name)
    view.open_tab("train", "runs")
    st.rerun()


def run_of(here: Session, data: str, variant: Variant, rate: float) -> Run:
    """What the page is set to; it is measured, and its weights are kept, ten times.

    Raises:
        TrainingError: it is out of range.
    """
    steps, device = STEPS.value, here.detector.device.type
    every, warm_up = max(1, steps // 10), min(40, steps // 5)
    keep = KEEP.value and PARTS.value != "all"
    half = device == "cpu" and not keep
    return Run(
        run_name(NAME.value or free_name(here)),
        Recipe(steps, BATCH.value, rate, warm_up=warm_up, upside_down=FLIPS.value, half=half),
        variant,
        PARTS.value,
        data,
        APART.value,
        seed=SEED.value,
        device=device,
        evaluate_every=every,
        keep_every=every,
        keep_features=keep,
    )
