"""The waterfall and the verdicts are one thing, checked on crowded scenes against the rule written out by itself.

`FRCNN_VIZ_SCENES=500 python -m pytest tests/analysis/test_verdicts_add_up.py -s` takes more of them, and prints counts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from torchvision.ops import box_iou, clip_boxes_to_image

from frcnn_viz import load_detector
from frcnn_viz.analysis.autopsy import Autopsy, examine
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.analysis.verdicts import MECHANISMS, Verdict
from frcnn_viz.analysis.waterfall import LOST_AT, STAGES, losses, recalls
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import PRESETS, draw_scene
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.trace import Trace

SCENES = int(os.environ.get("FRCNN_VIZ_SCENES", "16"))


def boxes_of_stages(trace: Trace, label: int) -> Iterator[Tensor]:
    """The boxes of every stage but the last, of this class from the second stage on."""
    first, found = trace.proposals, trace.detections
    yield trace.anchors.boxes
    yield clip_boxes_to_image(trace.decoded, trace.input.input_size)
    yield first.candidates
    yield first.candidates[(first.fate != Fate.TOO_SMALL) & (first.fate != Fate.BELOW_SCORE)]
    yield first.candidates[first.nms_kept]
    yield first.boxes
    refined, fate = trace.rois.boxes[:, label], found.fate.view(len(first), -1)[:, label - 1]
    yield refined
    yield refined[(fate != Fate.BELOW_SCORE) & (fate != Fate.TOO_SMALL)]
    yield refined[(fate == Fate.KEPT) | (fate == Fate.OVER_LIMIT)]
    yield refined[fate == Fate.KEPT]


def lost_at(trace: Trace, autopsy: Autopsy, g: int) -> str | None:
    """The stage after the last that leaves a box on object g; None where it is found."""
    stages = boxes_of_stages(trace, int(autopsy.labels[g]))
    alive = [bool((box_iou(autopsy.boxes[g][None], boxes) >= 0.5).any()) for boxes in stages]
    alive.append(bool(autopsy.outcomes.found[g]))
    last = max((number for number, there in enumerate(alive) if there), default=-1)
    return None if last == len(STAGES) - 1 else STAGES[last + 1]


@pytest.mark.parametrize("name", ["street-fpn", "street-c4"])
def test_losses_and_verdicts_add_up(name: str) -> None:
    detector = load_detector(name, "cpu")
    verdicts, tables = Counter(), []
    for seed in range(SCENES):
        scene = draw_scene(seed, PRESETS["crowded"])
        trace = Trace(detector.model, from_pil(scene.image, "scene").tensor)
        truth = GroundTruth(scene.boxes_in_image, tuple(detector.classes[label] for label in scene.labels))
        autopsy = examine(trace, truth, detector.classes)
        verdicts.update(finding.verdict for finding in autopsy.findings)
        tables.append(autopsy.ious)
        for g, finding in enumerate(autopsy.findings):
            assert LOST_AT.get(finding.verdict) == lost_at(trace, autopsy, g), (seed, g, finding)
        found = trace.detections
        strict = judge(found.boxes_in_image, found.labels, truth.boxes_in_image, scene.labels, 0.7)
        assert torch.equal(autopsy.ious[:, -1] >= 0.7, strict.found)
    print(f"{SCENES} scenes, {name}:", {verdict.value: verdicts[verdict] for verdict in Verdict if verdicts[verdict]})
    ious = torch.cat(tables)
    by_stage = Counter()
    for verdict, count in verdicts.items():
        by_stage[LOST_AT.get(verdict)] += count
    assert losses(ious, 0.5) == [by_stage[stage] for stage in STAGES]
    assert verdicts.total() == sum(losses(ious, 0.5)) + verdicts[Verdict.FOUND] == len(ious)
    assert recalls(ious, 0.5)[-1] * len(ious) == pytest.approx(verdicts[Verdict.FOUND])
    assert recalls(ious, 0.7)[-1] * len(ious) == pytest.approx(len(ious) - sum(losses(ious, 0.7)))


def test_every_miss_has_its_stage() -> None:
    assert LOST_AT.keys() == MECHANISMS.keys()
    assert list(dict.fromkeys(LOST_AT.values())) == list(STAGES)
