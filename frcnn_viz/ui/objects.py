"""The objects of images gathered for pages about anchors, their pictures, and walls of them to click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from PIL import Image
from torch import Tensor

from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids, place_objects
from frcnn_viz.data.ground_truth import no_targets
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.figures.rois import crop
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.gallery import Tile, gallery
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.session import Session, look_at
from frcnn_viz.ui.subjects import Subject
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word


@dataclass(frozen=True, eq=False)
class ObjectSet:
    """The objects of one or many images that anchors are to find; crowds and difficult ones are not.

    Attributes:
        subjects: the images. image: int64 [N], index into them. number: int64 [N], of each in its image.
        boxes_in_image: float32 [N, 4], pixels of each image. labels: class names.
    """

    subjects: tuple[Subject, ...]
    image: Tensor
    number: Tensor
    boxes_in_image: Tensor
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, subjects: Sequence[Subject]) -> ObjectSet:
        """All such objects of these images."""
        truths = [subject.truth.counted for subject in subjects]
        counts = torch.tensor([len(truth) for truth in truths], dtype=torch.int64)
        return cls(
            tuple(subjects),
            torch.repeat_interleave(torch.arange(len(truths)), counts),
            torch.cat([torch.zeros(0, dtype=torch.int64), *((~s.truth.ignored).nonzero()[:, 0] for s in subjects)]),
            torch.cat([torch.zeros(0, 4), *(truth.boxes_in_image for truth in truths)]),
            tuple(name for truth in truths for name in truth.names),
        )

    def placed(self, here: Session, min_size: int, max_size: int) -> ObjectsOnGrids:
        """Where the detector sees them after such a resize."""
        return place_objects(
            here.detector.model,
            self.boxes_in_image,
            self.labels,
            self.image,
            tuple(subject.size for subject in self.subjects),
            min_size=min_size,
            max_size=max_size,
        )

    def place(self, index: int) -> tuple[Subject, int]:
        """The image of an object, and its index there."""
        return self.subjects[int(self.image[index])], int(self.number[index])

    @property
    def left_out(self) -> str:
        """One sentence on the objects that are not among these; empty where there are none."""
        truths = [subject.truth for subject in self.subjects]
        crowds = sum(int(truth.crowd.sum()) for truth in truths)
        return no_targets(crowds, sum(int(truth.ignored.sum()) for truth in truths) - crowds)


def object_wall(
    rows: Sequence[tuple[Subject, int, str]], key: str, shown: int, page: str = "autopsy", width: int = 100
) -> None:
    """Pictures of objects (image, index, words under it); a click opens one on the first tab of `page`."""
    tiles = [
        Tile(
            f"{subject.key} {number}",
            image_url(crop_box(subject.key, subject.truth.boxes_in_image[number])),
            subject.truth.names[number],
            words,
        )
        for subject, number, words in rows[:shown]
    ]

    def pick(picked: str) -> None:
        image, number = picked.rsplit(" ", 1)
        look_at(image, page, int(number))
        Option(f"{page}.tab", "").set(None)

    gallery(tiles, key, pick, width=width)
    if len(rows) > shown:
        st.caption(f"{shown:,} of {len(rows):,}.")


def object_list(rows: Sequence[Mapping[str, object]], chosen: int | None, height: int) -> None:
    """The objects of the image in view as a table; clicking a row chooses its `object` for all pages."""
    key = f"objects_{chosen}"  # anew when one is chosen elsewhere

    def picked() -> None:
        selected = view.held(key).selection.rows
        if selected and selected[0] < len(rows):
            session.select("object", rows[selected[0]]["object"])

    at = [number for number, row in enumerate(rows) if row["object"] == chosen]
    explained_table(
        rows,
        key=key,
        height=height,
        on_select=picked,
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": at}},
        column_order=("class", "verdict"),
        beside={"class": st.column_config.Column(width=70, help=word("term.class").hover)},
    )


def crop_box(key: str, box_in_image: Tensor, side: int = 128) -> np.ndarray:
    """A box [4] of an image with a little of what is around it: uint8 [h, w, 3], at most `side` pixels."""
    picture = to_uint8(library.picture(key).pixels)
    around = 0.25 * float((box_in_image[2:] - box_in_image[:2]).max())
    grown = box_in_image + torch.tensor([-around, -around, around, around])
    cut = Image.fromarray(np.ascontiguousarray(crop(picture, grown)))
    scale = side / max(cut.size)
    size = (max(1, round(cut.width * scale)), max(1, round(cut.height * scale)))
    return np.asarray(cut.resize(size, Image.Resampling.BICUBIC))
