"""A clip played: detections and objects over its frames, in the browser; every page follows the frame it rests at."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
import torch

from frcnn_viz.canvas.scene import BoxLayer, Film
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.film import found_layer, object_layer
from frcnn_viz.figures.overview import detection_layer
from frcnn_viz.ui import library, session
from frcnn_viz.ui.box_canvas import canvas_panel
from frcnn_viz.ui.footage import Study, examined, lead_to_clip
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word

TOLD = ("step", "speed", "play", "pause", "back", "next")
"""What the player has words for."""


def body(here: Session) -> None:
    """The film, and beside it the player and what is in the frame."""
    if here.clip is None:
        lead_to_clip()
        return
    left, inspector = workbench()
    with inspector:
        canvas_panel("film_canvas")
        study = examined(here, "film")
        if study:
            _tell(here, study)
        for note in here.clip.notes:
            st.caption(note)
    with left:
        layers = _frame_layers(here) if study is None else [object_layer(study.records), found_layer(study.records)]
        clip = here.clip
        urls = [library.frame_url(clip, frame) for frame in range(clip.count)]
        words = {name: (word(f"film.{name}").term, word(f"film.{name}").plain_hover) for name in TOLD}
        film = Film(clip.name, urls, clip.times, here.frame, words)
        go = lambda frame: session.choose_image(clip.key(frame))  # noqa: E731
        show_picture(here, "film", layers, on_frame=go, film=film, url=urls[here.frame])


def _frame_layers(here: Session) -> list[BoxLayer]:
    """Of the frame in view alone, where the others are not examined."""
    layers = [] if here.ground_truth is None else [ground_truth_layer(here.ground_truth)]
    layers.append(detection_layer(here.trace, here.detector.classes))
    return [replace(one, frames=torch.full((len(one.boxes_in_image),), here.frame)) for one in layers]


def _tell(here: Session, study: Study) -> None:
    record = study.records[here.frame]
    found = sum(one.find is not None for one in record.sightings)
    term("film.found", f"{found:,} of {len(record.sightings):,}")
    term("film.false_alarms", f"{record.false_alarms:,}")
    term("film.gaps", f"{len(study.gaps):,}")
    if not study.by_truth:
        st.caption(word("film.by_tracks").sentence)
