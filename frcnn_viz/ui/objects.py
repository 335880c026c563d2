"""The objects a page about anchors looks at: of this image, of all your images, or of the sample scenes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from PIL import Image
from torch import Tensor

from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids, place_objects
from frcnn_viz.data.scenes import SAMPLES
from frcnn_viz.ui import library
from frcnn_viz.ui.session import Session, sample_picture

THIS, YOURS, ALL_SAMPLES = "this image", "your images", "the sample scenes"


@dataclass(frozen=True, eq=False)
class ObjectSet:
    """Objects of one or many images.

    Attributes:
        boxes_in_image: float32 [N, 4], pixels of each image. labels: class names.
        image: int64 [N], index into `keys`. keys: what `session.choose_image` takes.
        image_sizes: height and width of each image.
    """

    boxes_in_image: Tensor
    labels: tuple[str, ...]
    image: Tensor
    keys: tuple[str, ...]
    image_sizes: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.labels)

    def placed(self, here: Session, min_size: int, max_size: int) -> ObjectsOnGrids:
        """Where the detector sees them after such a resize."""
        return place_objects(
            here.detector.model,
            self.boxes_in_image,
            self.labels,
            self.image,
            self.image_sizes,
            min_size=min_size,
            max_size=max_size,
        )


def choose_objects(here: Session, key: str) -> ObjectSet:
    """Ask which, and gather them."""
    choices = [THIS, *([YOURS] if library.items() else []), ALL_SAMPLES]
    if here.ground_truth is None:
        choices.remove(THIS)
    chosen = st.segmented_control("Objects of", choices, default=choices[0], key=f"{key}_{len(choices)}") or choices[0]
    return gather(here, chosen)


def gather(here: Session, which: str) -> ObjectSet:
    """The objects of one of the three."""
    parts: list[tuple[str, tuple[int, int], Tensor, tuple[str, ...]]] = []
    if which == THIS:
        truth = here.ground_truth
        parts.append((st.session_state["image"], here.image.size, truth.boxes_in_image, truth.names))
    elif which == YOURS:
        for item in library.items():
            truth = library.ground_truth(item)
            parts.append((item.id, (item.height, item.width), truth.boxes_in_image, truth.names))
    else:
        for name in SAMPLES:
            image, truth, _ = sample_picture(name)
            parts.append((name, image.size, truth.boxes_in_image, truth.names))
    counts = torch.tensor([len(names) for *_, names in parts])
    return ObjectSet(
        torch.cat([boxes for _, _, boxes, _ in parts]) if parts else torch.zeros(0, 4),
        tuple(name for *_, names in parts for name in names),
        torch.repeat_interleave(torch.arange(len(parts)), counts),
        tuple(key for key, *_ in parts),
        tuple(size for _, size, *_ in parts),
    )


def crop(objects: ObjectSet, index: int, side: int = 128) -> np.ndarray:
    """An object with a little of what is around it: uint8 [h, w, 3], at most `side` pixels."""
    return crop_box(objects.keys[int(objects.image[index])], objects.boxes_in_image[index], side)


def crop_box(key: str, box_in_image: Tensor, side: int = 128) -> np.ndarray:
    """A box [4] of an image with a little of what is around it: uint8 [h, w, 3], at most `side` pixels."""
    picture = (sample_picture(key)[0] if key in SAMPLES else library.picture(key)).image
    x0, y0, x1, y1 = box_in_image.tolist()
    around = 0.25 * max(x1 - x0, y1 - y0)
    box = (max(0, x0 - around), max(0, y0 - around), min(picture.width, x1 + around), min(picture.height, y1 + around))
    cut = picture.crop(tuple(round(value) for value in box)).convert("RGB")
    scale = side / max(cut.size)
    size = (max(1, round(cut.width * scale)), max(1, round(cut.height * scale)))
    return np.asarray(cut.resize(size, Image.Resampling.BICUBIC))
