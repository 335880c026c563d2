"""Which head the losses are computed with, when the ground truth has classes that the detector does not know."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from frcnn_viz.models.heads import with_new_head
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui.controls import segments
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

NEW, OWN = "new", "own"
HEADS = {name: word(f"loss.{name}_head").term for name in (NEW, OWN)}
HEAD = Option("training.head", NEW)


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """What a training step on this image would be given; crowds and difficult objects are no targets.

    Attributes:
        detector: with the head in question. trace: of the image.
        boxes_in_image: float32 [G, 4]. labels: int64 [G]. names: of the objects.
        new_classes: of the new head; empty where the detector's own is used. left_out: objects it does not know.
    """

    detector: Detector
    trace: Trace
    boxes_in_image: Tensor
    labels: Tensor
    names: tuple[str, ...]
    new_classes: tuple[str, ...]
    left_out: int


def unknown_classes(here: Session) -> list[str]:
    """The classes of the ground truth that the detector has no label for, sorted."""
    return sorted(set(here.ground_truth.counted.names) - set(here.detector.classes[1:]))


def training_step(here: Session) -> TrainingStep:
    """As the visitor chose it; a new head for the classes where the detector lacks some, unless told otherwise."""
    truth, detector, trace = here.ground_truth.counted, here.detector, here.trace
    new_classes: tuple[str, ...] = ()
    if unknown_classes(here) and HEAD.value == NEW:
        new_classes = tuple(sorted(set(truth.names)))
        detector = with_new_head(detector, new_classes, here.settings.seed)
        trace = Trace(detector.model, here.image.pixels, here.settings, memory=MEMORY, image_key=here.image.sha256)
    known, labels = truth.known_in(detector.classes)
    left_out = len(truth) - len(known)
    return TrainingStep(detector, trace, known.boxes_in_image, labels, known.names, new_classes, left_out)


def choose_head(here: Session) -> None:
    """Ask which head, where it matters."""
    strange = unknown_classes(here)
    if not strange:
        return
    named = ", ".join(strange[:5]) + (" ..." if len(strange) > 5 else "")
    segments(HEAD, "loss.new_head", HEADS, label=plain(f"{here.detector.title} does not know {named}. Use"))


def tell_step(here: Session, step: TrainingStep) -> None:
    """Say what the losses are not of."""
    if step.new_classes:
        named = plain(", ".join(step.new_classes))
        st.warning(f"The head for {named} is untrained: its losses are those of the first training step.")
    if step.left_out:
        st.warning(f"{step.left_out} objects are of classes this detector does not know; they are left out.")
    if here.ground_truth.no_targets:
        st.caption(here.ground_truth.no_targets)
