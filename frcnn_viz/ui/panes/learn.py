"""A set to learn: which pictures, what of the detector, and how; checked before it is begun."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.data.annotations import DataError, Dataset
from frcnn_viz.models.registry import ModelError
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.process import start
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.run import Run, run_name
from frcnn_viz.training.store import all_runs
from frcnn_viz.ui import view
from frcnn_viz.ui.children import unless_full
from frcnn_viz.ui.controls import choice, number, slide, toggle, words
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.panes.learn_set import SETS, dataset_of, sets_to_learn, tell_findings, variant_of, version
from frcnn_viz.ui.panes.rate_test import rate_test
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

SET, NAME, PARTS = Option("train.set", "cells"), Option("train.name", ""), Option("train.parts", "all")
STEPS, BATCH, RATE = Option("train.steps", 300), Option("train.batch", 4), Option("train.rate", -3.0)
APART, SEED, FLIPS = Option("train.apart", 0.2), Option("train.seed", 0), Option("train.flips", False)
KEEP, RUN = Option("train.keep", False), Option("train.run", "")


def body(here: Session) -> None:
    """Three columns: what is learnt from, how, and what is wrong with it."""
    data, recipe, told = st.columns([3, 3, 4], gap="medium")
    with data:
        chosen = SETS[choice(SET, "learn.set", sets_to_learn(SET.value))]
        slide(APART, "learn.apart", 0.05, 0.5, 0.05)
        choice(PARTS, "learn.parts", {name: word(f"learn.parts_{name}").term for name in ("all", "heads", "rpn")})
        if PARTS.value != "all":
            toggle(KEEP, "learn.keep")
        words(NAME, "learn.name", placeholder=free_name(here))
    with recipe:
        number(STEPS, "learn.steps", 1, 100_000)
        number(BATCH, "learn.batch", 1, 32)
        told_rate = word("learn.rate").term
        rate = slide(RATE, "learn.rate", -5.0, 0.0, 0.25, label=f"{told_rate}: {10**RATE.value:.2g}", format="10^%.2f")
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
        if st.button(told_train.term, **{**look, **unless_full()}):
            begin(here, chosen, variant, 10**rate)
        tell_findings(here, chosen)
        rate_test(lambda: run_of(here, chosen, variant, 10**rate), RATE)


def tell_run(here: Session, dataset: Dataset, variant: Variant) -> None:
    """What would be trained, in words."""
    count = sum(bool(image.objects) for image in dataset.images)
    what = f"{plain(here.detector.title)} learns from {count:,} pictures with objects"
    head = (
        f"a new last layer for {', '.join(map(plain, variant.classes[:6]))}" if variant.classes else "its own classes"
    )
    anchors = "the anchors set now" if variant.anchor_sizes or variant.aspect_ratios else "its own anchors"
    st.caption(f"{what}, with {head} and {anchors}. It trains in a process of its own and goes on when this page ends.")


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
