"""Hand-made captures: anchors, what became of them in both stages, filtered by the pipeline's own functions."""

from __future__ import annotations

from types import SimpleNamespace

import torch
from torch import Tensor
from torchvision.models.detection.image_list import ImageList

from frcnn_viz.pipeline.detections import select_detections
from frcnn_viz.pipeline.proposals import select_proposals
from frcnn_viz.pipeline.results import AnchorGrid, NetworkInput, RoiOutputs, RpnOutput
from frcnn_viz.pipeline.settings import Settings
from tests.conftest import build_tiny_c4

SIZE = 200
SETTINGS = Settings.of(build_tiny_c4()).replace(
    rpn_pre_nms_top_n=100,
    rpn_post_nms_top_n=100,
    rpn_nms_thresh=0.7,
    rpn_min_size=1.0,
    rpn_score_thresh=0.0,
    box_score_thresh=0.3,
    box_nms_thresh=0.5,
    box_detections_per_img=100,
)
CLASSES = ("background", "cat", "dog")


def capture(boxes: list[dict], **changes: object) -> SimpleNamespace:
    """A trace-like record of hand-made boxes.

    Each box: `anchor`, `moved` (the anchor by default), `objectness` (logit, 5 by default), and what the second stage
    says of it: `scores` over `CLASSES`, and `refined` for each class (as moved by default).
    """
    settings = SETTINGS.replace(**changes)
    image = torch.zeros(3, SIZE, SIZE)
    data = NetworkInput((SIZE, SIZE), image, ImageList(image[None], [(SIZE, SIZE)]), torch.zeros(3), torch.ones(3))
    anchors = torch.tensor([box["anchor"] for box in boxes], dtype=torch.float32)
    moved = torch.tensor([box.get("moved", box["anchor"]) for box in boxes], dtype=torch.float32)
    logits = torch.tensor([float(box.get("objectness", 5)) for box in boxes])
    grid = AnchorGrid(anchors, [len(boxes)], [(1, 1)], [(SIZE, SIZE)], [[(1.0, 1.0)] * len(boxes)])
    rpn = RpnOutput(logits, torch.zeros(len(boxes), 4), [logits[:, None, None]])
    s = settings
    proposals = select_proposals(
        grid,
        rpn,
        moved,
        input_size=(SIZE, SIZE),
        pre_nms_top_n=s.rpn_pre_nms_top_n,
        post_nms_top_n=s.rpn_post_nms_top_n,
        nms_thresh=s.rpn_nms_thresh,
        score_thresh=s.rpn_score_thresh,
        min_size=s.rpn_min_size,
    )
    rows = proposals.anchor[proposals.kept].tolist()
    scores = torch.tensor([boxes[row].get("scores", [1.0, 0.0, 0.0]) for row in rows]).reshape(-1, 3)
    refined = torch.stack(
        [_refined(boxes[row], proposals.candidates[k]) for row, k in zip(rows, proposals.kept, strict=True)]
    )
    rois = RoiOutputs(scores.log(), torch.zeros(len(rows), 12), scores, refined)
    found = select_detections(
        rois,
        data,
        score_thresh=s.box_score_thresh,
        nms_thresh=s.box_nms_thresh,
        detections_per_img=s.box_detections_per_img,
    )
    return SimpleNamespace(
        settings=settings,
        device=image.device,
        input=data,
        anchors=grid,
        rpn=rpn,
        decoded=moved,
        proposals=proposals,
        rois=rois,
        detections=found,
    )


def _refined(box: dict, candidate: Tensor) -> Tensor:
    """float32 [C, 4]."""
    if "refined" not in box:
        return candidate.expand(3, 4)
    return torch.tensor(box["refined"], dtype=torch.float32).expand(3, 4)
