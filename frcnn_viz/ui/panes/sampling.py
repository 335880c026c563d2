"""Which anchors a training step learns from: every anchor's label, and the seeded few that enter the loss."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
import torch
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.anchors import match_layer, sample_roles
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.matching import ranked_layer, target_layers
from frcnn_viz.pipeline.matching import AnchorMatches, AnchorSample
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.controls import choice, draw_again_button, setting_slider, toggle
from frcnn_viz.ui.empty import nothing_drawn
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.panes.matched import INSIDE, SNAP, Matched, chosen, matched, show_chosen
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

SHOW = Option("training.show", "mini_batch")
SHOWN: dict[str, Callable[[AnchorMatches, AnchorSample], Tensor]] = {
    "mini_batch": lambda matches, sample: sample_roles(sample),
    "positives": lambda matches, sample: (matches.labels == 1).nonzero()[:, 0],
    "ignored": lambda matches, sample: (matches.labels != 0).nonzero()[:, 0],
    "nothing": lambda matches, sample: torch.zeros(0, dtype=torch.int64),
}


def body(here: Session) -> None:
    """The picture with the sampled anchors, and the anchors of an object or the target of an anchor beside it."""
    if here.ground_truth is None:
        nothing_drawn(here)
        return
    left, inspector = workbench()
    with inspector:
        which = choice(SHOW, "option.sampling.show", {name: word(f"option.sampling.{name}").term for name in SHOWN})
        setting_slider("rpn_fg_iou_thresh")
        setting_slider("rpn_bg_iou_thresh")
        with st.container(horizontal=True):
            with st.popover(word("option.sampling.more").term, icon=":material/tune:"):
                setting_slider("rpn_batch_size_per_image")
                setting_slider("rpn_positive_fraction")
                toggle(INSIDE, "option.sampling.inside")
                toggle(SNAP, "option.sampling.snap")
            draw_again_button(here.settings)
        now = matched(here)
        sample = here.trace.sample(now.matches)
        show_numbers(here, now.matches, sample)
        canvas_panel("sampling_canvas")  # its legend grows by a row where something is chosen
        show_chosen(here, now)
    with left:
        layers = [
            match_layer(here.trace.anchors, now.matches, SHOWN[which](now.matches, sample), "anchor", here.trace.input),
            ground_truth_layer(now.truth),
            *chosen_layers(here, now),
        ]
        show_picture(here, "sampling", layers, pick)


def pick(picked: Pick) -> None:
    """Choose the clicked object or anchor."""
    if picked.layer == "ground truth":
        session.select("object", picked.id)
        session.select("anchor", None)
    elif picked.layer in ("anchor", "its best anchors"):
        session.select("anchor", picked.id)


def chosen_layers(here: Session, now: Matched) -> list[BoxLayer]:
    """The best anchors of the chosen object; where the chosen anchor is to go."""
    grid, object_, anchor, layers = here.trace.anchors, chosen(here, "object"), chosen(here, "anchor"), []
    if object_ is not None:
        layers.append(ranked_layer(grid, now.boxes[object_], here.trace.input))
    if anchor is not None and now.matches.labels[anchor] == 1:
        layers += target_layers(grid, anchor, now.boxes[now.matches.object[anchor]], here.trace.input)
    return layers


def show_numbers(here: Session, matches: AnchorMatches, sample: AnchorSample) -> None:
    """How many were drawn, of how many."""
    for name, label, drawn in (("positive", 1, sample.positive), ("negative", 0, sample.negative)):
        there = int((matches.labels == label).sum())
        seed = f"Seed {here.settings.seed}."
        term(f"number.drawn_{name}", f"{len(drawn):,} of {there:,}", drawn.shape, seed)
    for sentence in (here.ground_truth.no_targets, left_out(here.ground_truth)):
        if sentence:
            st.caption(sentence)


def left_out(truth: GroundTruth) -> str:
    """One sentence on boxes without an area; empty where there are none."""
    return f"{truth.left_out} objects without an area are left out." if truth.left_out else ""
