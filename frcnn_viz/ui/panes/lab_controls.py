"""Turning anchors beside what they do: sizes, ratios, the resize, and the numbers that follow."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.anchor_fit import Fit
from frcnn_viz.figures.lab import PRESETS
from frcnn_viz.ui import session, view
from frcnn_viz.ui.controls import level_sliders, level_table, setting_slider
from frcnn_viz.ui.inspector import term
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word


def anchor_controls(here: Session, level_names: tuple[str, ...]) -> None:
    """A slider for each size, and the rest on demand.

    Raises:
        ValueError: the anchors have other levels than the detector.
    """
    level_sliders("anchor_sizes", level_names, across=2 if max(map(len, here.settings.anchor_sizes)) < 3 else 3)
    with st.popover(word("lab.more").term, icon=":material/tune:", width="stretch"):
        preset(here, level_names)
        level_sliders("aspect_ratios", level_names, across=3)
        level_table(level_names)
        setting_slider("min_size")
        setting_slider("max_size")
    if (levels := len(here.settings.anchor_sizes)) != len(level_names):
        raise ValueError(
            f"the anchors have {levels} levels but the detector has {len(level_names)} maps; reset the settings."
        )


def preset(here: Session, level_names: tuple[str, ...]) -> None:
    """Sizes known by a name, of as many levels as the detector has; none where the present ones are others."""
    named = {word("lab.own").term: here.defaults.anchor_sizes}
    named |= {name: sizes for name, sizes in PRESETS.items() if len(sizes) == len(level_names)}
    key = "lab_preset"
    view.hold(key, next((name for name, sizes in named.items() if sizes == here.settings.anchor_sizes), None))

    def take() -> None:
        sizes, own = named.get(view.held(key), here.settings.anchor_sizes), here.defaults
        if sizes == here.settings.anchor_sizes:
            return
        ratios = own.aspect_ratios if sizes == own.anchor_sizes else own.aspect_ratios[:1] * len(sizes)
        session.change_settings(anchor_sizes=sizes, aspect_ratios=ratios)

    told = word("lab.preset")
    st.selectbox(told.term, list(named), None, key=key, on_change=take, placeholder="your own", help=told.hover)


def show_numbers(before: Fit, after: Fit, threshold: float) -> None:
    """What the anchors reach, the detector's own and the present ones."""
    term("lab.recall", f"{before.recall(threshold):.3f} → {after.recall(threshold):.3f}", more=f"It is {threshold:g}.")
    term("lab.mean_best", f"{float(before.iou.mean()):.3f} → {float(after.iou.mean()):.3f}")
    term("lab.count", f"{len(after.iou):,}")
