"""Stage 5: from scored, decoded anchors to proposals: top-n, clip, size, score, NMS, limit."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.ops import batched_nms, clip_boxes_to_image, remove_small_boxes

from frcnn_viz.pipeline.boxes import Size
from frcnn_viz.pipeline.results import AnchorGrid, Fate, Proposals, RpnOutput


def select_proposals(
    anchors: AnchorGrid,
    rpn: RpnOutput,
    decoded: Tensor,
    *,
    input_size: Size,
    pre_nms_top_n: int,
    post_nms_top_n: int,
    nms_thresh: float,
    score_thresh: float,
    min_size: float,
) -> Proposals:
    """Filter as `RegionProposalNetwork.filter_proposals` does, remembering the fate of every candidate.

    Args:
        anchors: their levels and order.
        rpn: objectness of every anchor.
        decoded: float32 [A, 4], the moved anchors.
        input_size: boxes are clipped to it.
        pre_nms_top_n: per level.
        post_nms_top_n: in total.
        nms_thresh: IoU, within a level.
        score_thresh: least objectness probability.
        min_size: least side, pixels.
    """
    with torch.inference_mode():
        anchor = torch.cat(
            [
                scores.topk(min(pre_nms_top_n, len(scores))).indices + offset
                for scores, offset in zip(rpn.objectness.split(anchors.counts), anchors.offsets, strict=True)
            ]
        )
        objectness, level = rpn.objectness[anchor], anchors.levels[anchor]
        scores = torch.sigmoid(objectness)
        candidates = clip_boxes_to_image(decoded[anchor], input_size)

        fate = torch.full((len(anchor),), int(Fate.SUPPRESSED), dtype=torch.uint8, device=anchor.device)
        big = torch.zeros_like(fate, dtype=torch.bool)
        big[remove_small_boxes(candidates, min_size)] = True
        enough = scores >= score_thresh
        fate[~enough] = Fate.BELOW_SCORE
        fate[~big] = Fate.TOO_SMALL
        alive = (big & enough).nonzero()[:, 0]
        nms_kept = alive[batched_nms(candidates[alive], scores[alive], level[alive], nms_thresh)]
        kept = nms_kept[:post_nms_top_n]
        fate[nms_kept] = Fate.OVER_LIMIT
        fate[kept] = Fate.KEPT
        return Proposals(
            anchor=anchor,
            level=level,
            objectness=objectness,
            scores=scores,
            candidates=candidates,
            fate=fate,
            nms_kept=nms_kept,
            kept=kept,
            num_anchors=len(anchors),
            nms_thresh=nms_thresh,
        )
