"""Geometry of boxes, and the only place where boxes change frames.

Shape shorthand: N boxes.
Names: `boxes` are float32 xyxy in the network's input frame; `boxes_in_image` are pixels of the user's image.
"""

from __future__ import annotations

from torch import Tensor
from torchvision.models.detection.transform import resize_boxes

Size = tuple[int, int]
"""Height and width, pixels."""
Sides = tuple[Tensor, Tensor, Tensor, Tensor]
"""x0, y0, x1, y1 of boxes, each [N] or [G, N]: what is done to many boxes is done faster to these one by one."""


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


def sides_to_image(sides: Sides, input_size: Size, image_size: Size) -> Sides:
    """`to_image` of boxes given by their sides, to the bit."""
    # torchvision divides in float32; a float64 quotient of whole numbers, rounded to float32, is the same number.
    down, across = (of_image / of_input for of_image, of_input in zip(image_size, input_size, strict=True))
    x0, y0, x1, y1 = sides
    return x0 * across, y0 * down, x1 * across, y1 * down


def clip_sides(sides: Sides, size: Size) -> Sides:
    """`torchvision.ops.clip_boxes_to_image` of boxes given by their sides."""
    height, width = size
    x0, y0, x1, y1 = sides
    return x0.clamp(0, width), y0.clamp(0, height), x1.clamp(0, width), y1.clamp(0, height)


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
