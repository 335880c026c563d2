"""States that must not be mixed up differ in their strokes too, for those who see few colours."""

from __future__ import annotations

from itertools import combinations

import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.anchors import match_layer
from frcnn_viz.figures.palette import FATE_NAMES, REASON_NAMES
from frcnn_viz.figures.proposals import candidate_layer
from frcnn_viz.pipeline.matching import MatchReason, match_anchors
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


def strokes(layer: BoxLayer, *names: str) -> set[tuple[float, float] | None]:
    """How the groups of these names are stroked."""
    groups = [group for group, (name, _) in enumerate(layer.legend) if name in names]
    assert len(groups) == len(names)
    return {layer.dashes.get(group) for group in groups}


def test_fates_and_labels_are_told_apart_by_their_strokes(tiny_fpn: FasterRCNN) -> None:
    trace = Trace(tiny_fpn, make_image(120, 160))
    candidates = candidate_layer(trace.proposals, trace.anchors, trace.input, arrows=False)
    for pair in combinations([Fate.KEPT, Fate.SUPPRESSED, Fate.OVER_LIMIT], 2):
        assert len(strokes(candidates, *(FATE_NAMES[fate] for fate in pair))) == 2
    truth = torch.tensor([[10.0, 10.0, 60.0, 60.0]])
    matches = match_anchors(trace.anchors.boxes, truth, fg_iou_thresh=0.7, bg_iou_thresh=0.3)
    layer = match_layer(trace.anchors, matches, torch.arange(len(matches.labels)), "anchors", trace.input)
    for pair in combinations([MatchReason.POSITIVE, MatchReason.IGNORED, MatchReason.NEGATIVE], 2):
        assert len(strokes(layer, *(REASON_NAMES[reason] for reason in pair))) == 2
