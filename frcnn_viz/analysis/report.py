"""A trace as one plain object, for JSON and for other programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import torch

from frcnn_viz.data.images import LoadedImage
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.trace import Trace


def describe_trace(detector: Detector, image: LoadedImage, trace: Trace) -> dict[str, Any]:
    """The image, the settings, every stage's count and time, and every detection with its lineage.

    A detection's `box` is xyxy in pixels of the user's image; `roi` is its row among the proposals, `proposal`
    its row among the RPN's candidates, `anchor` the anchor both came from, `level` that anchor's feature map.
    `keypoints`, where the detector finds any, are x, y and the logit there.
    """
    found, proposals = trace.detections, trace.proposals
    candidates = proposals.kept[found.roi]
    anchors = proposals.anchor[candidates]
    rows = zip(
        found.boxes_in_image.tolist(),
        found.labels.tolist(),
        found.scores.tolist(),
        found.roi.tolist(),
        candidates.tolist(),
        anchors.tolist(),
        trace.anchors.levels[anchors].tolist(),
        strict=True,
    )
    height, width = trace.input.image_size
    keypoints = [{}] * len(found)
    if trace.keypoints is not None:
        points = torch.cat([trace.keypoints.points_in_image[..., :2], trace.keypoints.scores[..., None]], dim=-1)
        keypoints = [{"keypoints": of} for of in points.tolist()]
    return {
        "image": {"width": width, "height": height, "sha256": image.sha256},
        "model": detector.name,
        "device": str(detector.device),
        "settings": asdict(trace.settings),
        "stages": [{"name": stage.name, "count": stage.count, "ms": stage.ms} for stage in trace.stages],
        "detections": [
            {
                "box": box,
                "label": detector.classes[label],
                "score": score,
                "roi": roi,
                "proposal": candidate,
                "anchor": anchor,
                "level": trace.features.names[level],
                **points,
            }
            for (box, label, score, roi, candidate, anchor, level), points in zip(rows, keypoints, strict=True)
        ],
    }
