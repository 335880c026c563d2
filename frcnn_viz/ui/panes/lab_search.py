"""Anchors searched for: the sizes and ratios that serve the objects of a set best."""

from __future__ import annotations

from typing import Any

import streamlit as st

from frcnn_viz.analysis.anchor_search import NO_PROMISE, generator_code, search, too_few
from frcnn_viz.analysis.anchor_value import OBJECTIVES
from frcnn_viz.pipeline.settings import LevelTuples
from frcnn_viz.ui import session, view
from frcnn_viz.ui.controls import choice, number
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.objects import ObjectSet
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import chosen_subjects, tell_set
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

OBJECTIVE, SEED = Option("lab.objective", next(iter(OBJECTIVES))), Option("lab.seed", 0)


def body(here: Session) -> None:
    """What to search for, the search, and what it found."""
    subjects, settings = chosen_subjects(here), here.settings
    objects = ObjectSet.of(subjects)
    tell_set(here, subjects)
    if not len(objects):
        nothing_drawn(here)
        return
    what, seed, button = st.columns([3, 1, 1], vertical_alignment="bottom")
    with what:
        objective = choice(OBJECTIVE, "lab.objective", {name: word(f"objective.{name}").term for name in OBJECTIVES})
    with seed:
        start = number(SEED, "lab.seed", 0, 1000)
    st.caption(NO_PROMISE)
    if warning := too_few(len(objects), settings.anchor_sizes, settings.aspect_ratios):
        st.warning(warning)
    found = view.kept("lab_found", dict)
    if button.button(word("lab.run").term, type="primary", key="lab_search"):
        look_for(here, objects, objective, start, found)
    if found:
        show_found(here, **found)


def look_for(here: Session, objects: ObjectSet, objective: str, seed: int, found: dict[str, Any]) -> None:
    """Search, and note the best so far as it goes."""
    settings = here.settings

    def told(step: int, steps: int, best: float, sizes: LevelTuples, ratios: LevelTuples) -> bool:
        found.update(sizes=sizes, ratios=ratios, words=f"Stopped after {step} of {steps} steps.")
        tell(step, steps, f"step {step} of {steps}: {best:.4f}")
        return True

    placed = objects.placed(here, settings.min_size, settings.max_size)
    with progress("lab", "The best so far is kept.") as tell:
        best = search(placed, settings.anchor_sizes, settings.aspect_ratios, objective, seed=seed, progress=told)
    words = f"{OBJECTIVES[objective]}: {best.before:.4f} → {best.after:.4f} in {best.steps} steps."
    found.update(sizes=best.sizes, ratios=best.ratios, words=words)


def show_found(here: Session, sizes: LevelTuples, ratios: LevelTuples, words: str) -> None:
    """The anchors that were found, as code and to use."""
    st.success(words)
    st.code(generator_code(sizes, ratios))
    st.button(
        word("lab.use").term,
        key="lab_use",
        on_click=session.change_settings,
        kwargs={"anchor_sizes": sizes, "aspect_ratios": ratios},
        disabled=len(sizes) != len(here.settings.anchor_sizes),
    )
