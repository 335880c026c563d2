"""Turning anchors beside what they do: sizes and ratios, with the numbers that follow, and the resize."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.anchor_fit import Fit, ObjectsOnGrids
from frcnn_viz.figures.lab import PRESETS
from frcnn_viz.ui import session, view
from frcnn_viz.ui.anchor_dials import Drawn, anchor_dials
from frcnn_viz.ui.controls import level_table, setting_slider
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word


def check_levels(here: Session, level_names: tuple[str, ...]) -> None:
    """Raises ValueError where the anchors have other levels than the detector."""
    if (levels := len(here.settings.anchor_sizes)) != len(level_names):
        raise ValueError(
            f"the anchors have {levels} levels but the detector has {len(level_names)} maps; reset the settings."
        )


def anchor_controls(here: Session, objects: ObjectsOnGrids, before: Fit, drawn: Drawn | None = None) -> None:
    """The sliders with their numbers, as `anchor_dials` takes them, and the rest on demand."""
    anchor_dials("lab_dials", objects, before, here.settings, drawn)
    with st.popover(word("lab.more").term, icon=":material/tune:", width="stretch"):
        preset(here, objects.level_names)
        level_table(objects.level_names)
        setting_slider("min_size")
        setting_slider("max_size")


def preset(here: Session, level_names: tuple[str, ...]) -> None:
    """Sizes known by a name, of as many levels as the detector has; none where the present ones are others."""
    named = {word("lab.own").term: here.defaults.anchor_sizes}
    named |= {name: sizes for name, sizes in PRESETS.items() if len(sizes) == len(level_names)}
    key = "lab_preset"
    present = next((name for name, sizes in named.items() if sizes == here.settings.anchor_sizes), None)
    view.hold(key, present)

    def take() -> None:
        sizes, own = named.get(view.held(key), here.settings.anchor_sizes), here.defaults
        if sizes == here.settings.anchor_sizes:
            return
        ratios = own.aspect_ratios if sizes == own.anchor_sizes else own.aspect_ratios[:1] * len(sizes)
        session.change_settings(anchor_sizes=sizes, aspect_ratios=ratios)

    told = word("lab.preset")
    names, more = list(named), {"placeholder": "your own", "help": told.hover}
    st.selectbox(told.term, names, names.index(present) if present else None, key=key, on_change=take, **more)
