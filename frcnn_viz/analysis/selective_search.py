"""Regions by selective search (Uijlings et al., 2013), where R-CNN and Fast R-CNN have theirs from.

It runs in a process of its own: OpenCV's code cannot be interrupted, and draws the order of the regions from C's
`rand()`, which `cv2.setRNGSeed` does not seed. Begun afresh, a process draws the same for the same picture.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from frcnn_viz.data.child import Child
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.extras import MissingExtraError, lacking, need

MOST_SIDE = 500
"""Pixels a side of the picture that is searched; the R-CNN paper searches pictures 500 pixels wide."""
SECONDS = 60
"""How long a search may take; at this size it takes one or two on a machine that has time."""


@dataclass(frozen=True, eq=False)
class Regions:
    """What selective search found in a picture.

    Attributes:
        boxes_in_image: float32 [R, 4], in OpenCV's order: from the parts to the whole, mixed by chance.
        ms: of the search itself, without the start of its process.
        searched: height and width at which the picture was searched.
    """

    boxes_in_image: Tensor
    ms: float
    searched: tuple[int, int]

    def __len__(self) -> int:
        return len(self.boxes_in_image)


@dataclass(frozen=True, eq=False)
class Task:
    """A picture to search. pixels: uint8 [h, w, 3], RGB. size: height and width of the user's picture."""

    pixels: np.ndarray
    size: tuple[int, int]


def begin_search(image: LoadedImage) -> Child:
    """Start the process, whose last word is the picture's `Regions`."""
    small = image.image
    small.thumbnail((MOST_SIDE, MOST_SIDE))
    return Child("frcnn_viz.analysis.selective_search_child", Task(np.asarray(small), image.size), at_once=True)


def search_regions(image: LoadedImage) -> Regions:
    """Search and wait.

    Raises:
        ValueError: OpenCV is missing, the search failed, or it took longer than `SECONDS`.
    """
    child = begin_search(image)
    child.wait(SECONDS)
    return read_search(child)


def read_search(child: Child, seconds: float = SECONDS) -> Regions:
    """What a search found that had so long; it ends.

    Raises:
        ValueError: it found nothing, and why.
    """
    if child.is_running:
        child.stop()
        raise ValueError(f"Selective search took more than {seconds:g} seconds and was ended; try again.")
    if child.failure:
        raise ValueError(child.failure)
    return child.said[-1]


def search(task: Task) -> Iterator[Regions]:
    """The regions of selective search's fast mode, which the papers use. To be called in a fresh process.

    Raises:
        ValueError: OpenCV or its module `ximgproc` is not installed, or it cannot search this picture.
    """
    try:
        cv2 = need("compare")
        method = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    except AttributeError as error:  # OpenCV, but without its contributed modules
        raise MissingExtraError(lacking("compare")) from error
    cv2.setNumThreads(1)
    height, width = task.pixels.shape[:2]
    start = time.perf_counter()
    try:
        method.setBaseImage(np.ascontiguousarray(task.pixels[:, :, ::-1]))
        method.switchToSelectiveSearchFast()
        rectangles = np.asarray(method.process(), dtype=np.float32).reshape(-1, 4)
    except cv2.error as error:
        raise ValueError(f"OpenCV cannot search a picture of {width} x {height} pixels.") from error
    ms = (time.perf_counter() - start) * 1000
    corners = np.concatenate([rectangles[:, :2], rectangles[:, :2] + rectangles[:, 2:]], axis=1)
    scale = torch.tensor([task.size[1] / width, task.size[0] / height] * 2)
    yield Regions(torch.from_numpy(corners) * scale, ms, (height, width))
