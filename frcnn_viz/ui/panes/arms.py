"""Experiments: two arms seed by seed, the verdict on them, and the objects that one of them alone finds."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import streamlit as st

from frcnn_viz.figures.experiment import arms_text, cells, name_of, seeds_figure
from frcnn_viz.paths import ASSETS
from frcnn_viz.training.experiment_store import ExperimentFolder, all_experiments, remove_experiment
from frcnn_viz.training.experiments import current, resume, stop
from frcnn_viz.training.results import Record
from frcnn_viz.training.signals import DONE, FAILED
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.children import act_button, unless_full, while_running
from frcnn_viz.ui.controls import choice, segments
from frcnn_viz.ui.panes.arms_begin import NAME
from frcnn_viz.ui.panes.arms_objects import objects_found_by_one
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

SHIPPED = ASSETS / "experiment-anchors.json"
LOOK_SECONDS = 2.0
ABOUT = Option("experiments.about", "figures")
GROUPS = ("figures", "per_class", "recall", "objects")
FIGURE = Option("experiments.figure", "AP")


def body(here: Session) -> None:
    """An experiment and what of it is shown; the one that comes with the program is first."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        mine = {folder.name: folder.name for folder in all_experiments()}
        chosen = choice(NAME, "experiment.name", {"": word("experiment.shipped").term, **mine})
    with right:
        about = segments(ABOUT, "experiment.about", {name: word(f"experiment.{name}").term for name in GROUPS})
    if not chosen:
        show(shipped(), about)
        return
    folder = ExperimentFolder(chosen)
    while_running(lambda: folder.status.under_way, lambda running: watch(folder, about), LOOK_SECONDS)


@cache
def shipped() -> Record:
    """The experiment that comes with the program."""
    return Record.from_dict(json.loads(SHIPPED.read_bytes()))


def watch(folder: ExperimentFolder, about: str) -> None:
    """How far it is, and what came of it so far."""
    record, status = folder.record, folder.status
    total, done = len(list(record.experiment.parts())), len(record.results.measured)
    run = current(folder)
    part = run.status.step / run.run.recipe.steps if run else 0.0
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min((done + part) / total, 1.0), f"{word(f'runs.{status.state}').term}: {done} of {total} runs")
        if status.under_way:
            act_button("experiment.stop", attempt, stop, folder.name)
        else:
            if status.state != DONE:
                act_button("experiment.resume", attempt, resume, folder.name, **unless_full())
            act_button("experiment.remove", attempt, remove_experiment, folder.name)
    if status.told:
        step = f" Step {run.status.step:,} of {run.run.recipe.steps:,}." if run and status.under_way else ""
        (st.error if status.state == FAILED else st.caption)(plain(status.told + step))
    show(record, about)


def show(record: Record, about: str) -> None:
    """The verdict, then a group of figures or the objects."""
    seeds, arms = record.seeds, [arm.name for arm in record.experiment.arms]
    if not seeds:
        st.info("No seed is done with both arms yet.")
        return
    st.markdown(f"**{plain(record.sentence or 'One seed of each arm tells nothing; the others are under way.')}**")
    st.caption(plain(arms_text(record.experiment)))
    if about == "objects":
        objects_found_by_one(record)
        return
    rows = record.rows(about)
    left, right = st.columns([3, 2])
    with left:
        columns = ("", *arms, word("experiment.difference").term)
        told = [cells(row, about) for row in rows]
        told += [cells(row, "seconds") for row in record.rows("seconds")] if about == "figures" else []
        table = [dict(zip(columns, row, strict=True)) for row in told]
        explained_table(table, height=36 + 35 * min(len(table), 10))
        run = record.experiment.run
        st.caption(
            f"Mean ± standard deviation of {len(seeds)} seeds, after {run.recipe.steps:,} steps of "
            f"{run.recipe.batch} pictures from {plain(Path(run.data).name)}; in brackets where the difference lies "
            "(95 %). The verdict is on AP: of many rows, one in twenty leaves out 0 by chance."
        )
    with right:
        drawn = {row.name: row for row in rows if all(math.isfinite(value) for arm in row.arms for value in arm)}
        if drawn:
            names = {name: name_of(name, about) for name in drawn}
            chosen = choice(FIGURE, "experiment.figure", names)
            chart(seeds_figure(drawn[chosen], arms, seeds, names[chosen]), "experiment_seeds", 330)
