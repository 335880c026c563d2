"""Who suppressed whom: told after NMS has decided, so the picture can never contradict the model."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.ops import box_iou


def find_suppressors(
    boxes: Tensor, scores: Tensor, groups: Tensor, suppressed: Tensor, nms_kept: Tensor, nms_thresh: float
) -> Tensor:
    """The box that suppressed each suppressed box: int64 [N], -1 for boxes that were not suppressed.

    It is the best-scored box that NMS kept in the same group with IoU over `nms_thresh`. `batched_nms`
    compares boxes shifted apart by group, so its IoU may be rounded differently: where no kept box
    exceeds the threshold here, it is the kept box of largest IoU, no worse scored.

    Args:
        boxes: float32 [N, 4].
        scores: float32 [N].
        groups: int64 [N], the level or label within which NMS works.
        suppressed: bool [N].
        nms_kept: int64 [.], indices of the boxes NMS kept, best first.
        nms_thresh: IoU.
    """
    suppressor = torch.full((len(boxes),), -1, dtype=torch.int64, device=boxes.device)
    victims = suppressed.nonzero()[:, 0]
    for group in groups[victims].unique().tolist():
        of_group = victims[groups[victims] == group]
        kept = nms_kept[groups[nms_kept] == group]  # best first
        for chunk in of_group.split(_CHUNK):
            iou = box_iou(boxes[kept], boxes[chunk])
            iou = iou.masked_fill(scores[kept, None] < scores[None, chunk], -1)
            over = iou > nms_thresh
            first = over.to(torch.uint8).argmax(dim=0)
            suppressor[chunk] = kept[torch.where(over.any(dim=0), first, iou.argmax(dim=0))]
    return suppressor


_CHUNK = 2048
