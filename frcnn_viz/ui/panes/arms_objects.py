"""The objects of an experiment's validation pictures that one arm alone finds."""

from __future__ import annotations

from pathlib import PurePosixPath

import streamlit as st
import torch
from torchvision.ops import box_iou

from frcnn_viz.data.samples import SAMPLE_SETS
from frcnn_viz.figures.experiment import disagreement_rows
from frcnn_viz.training.results import Finding, Record
from frcnn_viz.ui import library
from frcnn_viz.ui.objects import object_wall
from frcnn_viz.ui.subjects import Subject, of_items, of_samples
from frcnn_viz.ui.tables import explained_table

SHOWN = 24
SAME = 0.9
"""The least IoU of an object with the one that it is taken for."""


def objects_found_by_one(record: Record) -> None:
    """Pictures of those whose picture is here, and all of them as a table."""
    found = record.disagreements()
    first, second = (arm.name for arm in record.experiment.arms)
    by_second = sum(one.arms[1] > one.arms[0] for one in found)
    st.caption(
        f"Of {len(record.results.targets):,} objects {by_second:,} are found by most seeds of {second} and not of "
        f"{first}, and {len(found) - by_second:,} the other way round."
    )
    if not found:
        return
    left, right = st.columns([2, 3])
    with left:
        explained_table(disagreement_rows(record), height=400)
    with right:
        wall = [
            (*place, f"{first} {one.arms[0]}, {second} {one.arms[1]} of {len(record.seeds)}")
            for one, place in zip(found, places_of(found), strict=True)
            if place
        ]
        if wall:
            object_wall(wall, "experiment_objects", SHOWN)


def places_of(found: list[Finding]) -> list[tuple[Subject, int] | None]:
    """The image of each object among the samples, one's own and the class's, and its index there; None elsewhere."""
    items = [*library.class_items(), *library.items()]
    subjects = {PurePosixPath(item.name).stem: one for item, one in zip(items, of_items(items), strict=True)}
    for name in SAMPLE_SETS:
        subjects |= {PurePosixPath(subject.load().name).stem: subject for subject in of_samples(name)}
    return [_place(one, subjects.get(PurePosixPath(one.target.picture).stem)) for one in found]


def _place(one: Finding, subject: Subject | None) -> tuple[Subject, int] | None:
    if subject is None or not len(subject.truth):
        return None
    overlap, number = box_iou(torch.tensor([one.target.item.box]), subject.truth.boxes_in_image)[0].max(dim=0)
    same = overlap >= SAME and subject.truth.names[number] == one.target.item.label
    return (subject, int(number)) if same else None
