"""What is really in a picture."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The objects of one picture.

    Attributes:
        boxes_in_image: float32 [G, 4], xyxy, pixels of the user's image.
        labels: int64 [G], of the detector's classes.
    """

    boxes_in_image: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.boxes_in_image.shape != (count, 4):
            raise ValueError(f"expected {count} boxes [{count}, 4], got {list(self.boxes_in_image.shape)}")
