"""An experiment to begin: the detector's own anchors and sizes against those set now, or two learning rates."""

from __future__ import annotations

from typing import Any

import streamlit as st

from frcnn_viz.data.annotations import DataError
from frcnn_viz.figures.experiment import arms_text
from frcnn_viz.models.registry import ModelError
from frcnn_viz.models.variant import Variant
from frcnn_viz.pipeline.settings import LEVEL_RANGES
from frcnn_viz.training.experiment import LEAST_SEEDS, Arm, Experiment
from frcnn_viz.training.experiment_store import all_experiments
from frcnn_viz.training.experiments import start
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.run import Run, run_name
from frcnn_viz.ui import view
from frcnn_viz.ui.children import unless_full
from frcnn_viz.ui.controls import choice, number, slide, words
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.panes.learn_set import SETS, dataset_of, sets_to_learn, variant_of, version
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

NAME, TITLE, SET = Option("experiments.name", ""), Option("experiments.title", ""), Option("experiments.set", "cells")
STEPS, SEEDS = Option("experiments.steps", 150), Option("experiments.seeds", LEAST_SEEDS)
RATE, TIMES = Option("experiments.rate", -3.0), Option("experiments.times", 0.0)
"""The learning rate, and what that of the second arm is times it; exponents of ten."""
OWN, CHANGED = "own", "changed"
CHANGES = (*LEVEL_RANGES, "min_size", "max_size")
"""What of the settings the second arm takes."""


def body(here: Session) -> None:
    """What both arms share, what the second has of its own, and the button."""
    shared, recipe, told = st.columns([3, 3, 4], gap="medium")
    with shared:
        data = SETS[choice(SET, "experiment.set", sets_to_learn(SET.value))]
        number(STEPS, "experiment.steps", 1, 100_000)
        number(SEEDS, "experiment.seeds", LEAST_SEEDS, 20)
    with recipe:
        words(TITLE, "experiment.title", placeholder=free_name(here))
        rate, rate_b = word("experiment.rate").term, word("experiment.times").term
        slide(RATE, "experiment.rate", -5.0, 0.0, 0.25, label=f"{rate}: {10**RATE.value:.2g}", format="10^%.2f")
        label = f"{rate_b}: {10 ** (RATE.value + TIMES.value):.2g}"
        slide(TIMES, "experiment.times", -1.0, 1.0, 0.25, label=label, format="times 10^%.2f")
    with told:
        try:
            with st.spinner(word("learn.reading").term):
                made = wanted(here, data)
        except (DataError, TrainingError, ModelError) as error:
            st.warning(plain(error))
            return
        tell_arms(made)
        told_start = word("experiment.start")
        look = {"key": "experiment_start", "type": "primary", "icon": ":material/play_arrow:", "help": told_start.hover}
        if st.button(told_start.term, **{**look, **unless_full()}):
            begin(made)


def wanted(here: Session, data: str) -> Experiment:
    """What the page is set to.

    Raises:
        DataError, TrainingError: the set cannot be read, or the arms are the same.
    """
    dataset = dataset_of(data, version(data))
    if not any(image.objects for image in dataset.images):
        raise TrainingError(
            "No picture of this set has objects to learn: draw some on the page Images, or choose another."
        )
    now = variant_of(here, dataset)
    own = Variant(now.base, now.classes, random_weights=now.random_weights)
    changes: dict[str, Any] = {}
    if now != own:
        changes["detector"] = {name: value for name, value in now.to_dict().items() if name in CHANGES}
    if TIMES.value:
        changes["recipe"] = {"learning_rate": 10 ** (RATE.value + TIMES.value)}
    if not changes:
        raise TrainingError(
            "Both arms would be the same training: change anchors or sizes in the sidebar or the Anchor lab, or the "
            "learning rate of the second arm."
        )
    steps, device = STEPS.value, here.detector.device.type
    recipe = Recipe(steps, learning_rate=10**RATE.value, warm_up=min(40, steps // 5), half=device == "cpu")
    run = Run(run_name(TITLE.value or free_name(here)), recipe, own, data=data, device=device)
    return Experiment(run, (Arm(OWN, {}), Arm(CHANGED, changes)), tuple(range(SEEDS.value)))


def tell_arms(made: Experiment) -> None:
    """What would be compared, in words."""
    st.caption(
        f"{plain(arms_text(made))} Both from {plain(made.run.detector.base)}: {2 * len(made.seeds)} runs of "
        f"{made.run.recipe.steps:,} steps, one after the other."
    )


def free_name(here: Session) -> str:
    """A name that no experiment has."""
    taken = {folder.name for folder in all_experiments()}
    stem = run_name(here.detector.name.removeprefix("run:").partition("@")[0])
    return next(name for n in range(1, 10_000) if (name := f"{stem}-experiment-{n}") not in taken)


def begin(made: Experiment) -> None:
    """List what is learnt from, start the process, and look at it."""
    try:
        with progress("experiment", "Nothing was begun yet.") as tell:
            start(made, lambda done, total: tell(done, total, f"{done:,} of {total:,} pictures listed"))
    except (TrainingError, DataError, ModelError) as error:
        show_error(error)
        return
    NAME.set(made.name)
    view.open_tab("experiments", "arms")
    st.rerun()
