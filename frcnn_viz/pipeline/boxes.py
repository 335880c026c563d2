"""Geometry of boxes, and the only place where boxes change frames.

Shape shorthand: N boxes.
Names: `boxes` are float32 xyxy in the network's input frame; `boxes_in_image` are pixels of the user's image.
"""

from __future__ import annotations

from torch import Tensor
from torchvision.models.detection.transform import resize_boxes

Size = tuple[int, int]
"""Height and width, pixels."""


def check_finite(boxes: Tensor, what: str, hint: str = "") -> None:
    """See that every corner of `boxes` [N, 4] is a number: RoIAlign ends the process at an infinite one.

    Raises:
        ValueError: names the first other one, as the `what` that it is, and ends with the `hint`.
    """
    sound = boxes.isfinite().all(dim=1)
    if not bool(sound.all()):
        index = int((~sound).nonzero()[0, 0])
        values = ", ".join(f"{value:g}" for value in boxes[index].tolist())
        raise ValueError(f"{what} {index} is ({values}); its corners must be finite numbers.{hint and ' '}{hint}")


def to_image(boxes: Tensor, input_size: Size, image_size: Size) -> Tensor:
    """`boxes` [N, 4] of the network's input frame, as `boxes_in_image` [N, 4].

    The arithmetic is that of `GeneralizedRCNNTransform.postprocess`, so the result equals torchvision's.
    """
    return resize_boxes(boxes, input_size, image_size)


def to_input(boxes_in_image: Tensor, image_size: Size, input_size: Size) -> Tensor:
    """`boxes_in_image` [N, 4], such as ground truth, as `boxes` [N, 4] of the network's input frame."""
    return resize_boxes(boxes_in_image, image_size, input_size)


def centers(boxes: Tensor) -> Tensor:
    """Centres [N, 2] (x, y) of `boxes` [N, 4], in the same frame."""
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def are_inside(boxes: Tensor, size: Size) -> Tensor:
    """Which of `boxes` [N, 4] lie wholly inside an image of `size` of the same frame: bool [N]."""
    height, width = size
    return (boxes[:, 0] >= 0) & (boxes[:, 1] >= 0) & (boxes[:, 2] <= width) & (boxes[:, 3] <= height)
