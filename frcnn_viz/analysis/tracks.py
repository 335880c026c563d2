"""Which boxes of successive frames are one thing: identities where the ground truth has none.

From frame to frame the boxes of a class are paired so that the sum of their IoUs is the largest possible (Kuhn, 1955;
as in SORT, Bewley et al., 2016, without its prediction of motion).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.data.ground_truth import GroundTruth

LEAST_IOU = 0.3
"""Of a thing's box with its last one, as in SORT."""
MOST_UNSEEN = 3
"""Frames that a thing may have no box in and still be the same."""


@dataclass
class _Track:
    """A thing that may go on: its last box [4], its label, and the place of the frame it was last seen in."""

    number: int
    box: Tensor
    label: int
    seen: int


def link(
    frames: Iterable[tuple[Tensor, Tensor]], *, least_iou: float = LEAST_IOU, most_unseen: int = MOST_UNSEEN
) -> list[list[int]]:
    """The track of each box of each frame, numbered from 0 in the order in which they begin.

    Args:
        frames: boxes float32 [N, 4] in the image and labels int64 [N], of each frame in order.
        least_iou: of two boxes of one track; over 0.
        most_unseen: how many frames in a row a track may have no box in.

    Raises:
        ValueError: `least_iou` is not over 0 and up to 1, or a frame has not one label for each box.
    """
    if not 0 < least_iou <= 1:
        raise ValueError(f"least_iou is {least_iou:g}; it must be over 0 and at most 1.")
    tracks: list[_Track] = []
    numbers: list[list[int]] = []
    begun = 0
    for place, (boxes, labels) in enumerate(frames):
        if len(boxes) != len(labels):
            raise ValueError(f"frame {place} has {len(boxes)} boxes and {len(labels)} labels.")
        tracks = [track for track in tracks if place - track.seen <= most_unseen + 1]
        of_box = _pair(tracks, boxes, labels, least_iou)
        for row, label in enumerate(labels.tolist()):
            if row not in of_box:
                of_box[row] = _Track(begun, boxes[row], label, place)
                tracks.append(of_box[row])
                begun += 1
            of_box[row].box, of_box[row].seen = boxes[row], place
        numbers.append([of_box[row].number for row in range(len(boxes))])
    return numbers


def fill_identities(frames: Sequence[tuple[GroundTruth, Sequence[str]]]) -> list[tuple[str, ...]]:
    """An identity for every object of every frame: its own where it has one, else its class and the track it is on.

    Args:
        frames: the objects of each, and their identities, empty where they have none.
    """
    taken = {identity for _, identities in frames for identity in identities}
    labels = {name: label for label, name in enumerate(dict.fromkeys(name for one, _ in frames for name in one.names))}
    nameless = [truth.take(torch.tensor([not one for one in own], dtype=torch.bool)) for truth, own in frames]
    boxes = [(one.boxes_in_image, torch.tensor([labels[name] for name in one.names])) for one in nameless]
    of_track: dict[int, str] = {}
    filled = []
    for (truth, own), numbers in zip(frames, link(boxes), strict=True):
        tracks, identities = iter(numbers), []
        for name, identity in zip(truth.names, own, strict=True):
            if not identity and (track := next(tracks)) not in of_track:
                of_track[track] = next(new for n in count(1) if (new := f"{name}-{n}") not in taken)
                taken.add(of_track[track])
            identities.append(identity or of_track[track])
        filled.append(tuple(identities))
    return filled


def _pair(tracks: list[_Track], boxes: Tensor, labels: Tensor, least_iou: float) -> dict[int, _Track]:
    """The track that goes on in each box, where one does, by the box's row."""
    if not tracks or not len(boxes):
        return {}
    iou = box_iou(torch.stack([track.box for track in tracks]), boxes).cpu().numpy()
    same = np.array([[track.label] for track in tracks]) == labels.cpu().numpy()
    gain = np.where(same & (iou >= least_iou), iou, 0.0)  # what may not be paired gains as little as no pair
    pairs = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    return {int(column): tracks[row] for row, column in pairs if gain[row, column] > 0}
