"""Stage 7: from scored, refined RoIs to detections: score, size, NMS per class, limit."""

from __future__ import annotations

import torch
from torchvision.ops import batched_nms, remove_small_boxes

from frcnn_viz.pipeline.results import Detections, Fate, NetworkInput, RoiOutputs, flatten_candidates

MIN_SIZE = 1e-2
"""Least side of a detection, input pixels; a constant in `RoIHeads.postprocess_detections`."""


def select_detections(
    rois: RoiOutputs, network_input: NetworkInput, *, score_thresh: float, nms_thresh: float, detections_per_img: int
) -> Detections:
    """Filter as the second half of `RoIHeads.postprocess_detections`, remembering every candidate's fate.

    Args:
        rois: scores and refined boxes of every proposal and class.
        network_input: for the way back to the user's image.
        score_thresh: candidates need a higher class probability.
        nms_thresh: IoU, within a class.
        detections_per_img: in total.
    """
    with torch.inference_mode():
        boxes, scores, labels = flatten_candidates(rois)
        fate = torch.full((len(scores),), int(Fate.BELOW_SCORE), dtype=torch.uint8, device=scores.device)
        alive = (scores > score_thresh).nonzero()[:, 0]
        fate[alive] = Fate.TOO_SMALL
        alive = alive[remove_small_boxes(boxes[alive], MIN_SIZE)]
        fate[alive] = Fate.SUPPRESSED
        nms_kept = alive[batched_nms(boxes[alive], scores[alive], labels[alive], nms_thresh)]
        kept = nms_kept[:detections_per_img]
        fate[nms_kept] = Fate.OVER_LIMIT
        fate[kept] = Fate.KEPT
        return Detections(
            fate=fate,
            nms_kept=nms_kept,
            kept=kept,
            boxes=boxes[kept],
            scores=scores[kept],
            labels=labels[kept],
            boxes_in_image=network_input.boxes_in_image(boxes[kept]),
            roi=kept // (rois.num_classes - 1),
            rois=rois,
            nms_thresh=nms_thresh,
        )
