"""Verdicts: hand-made captures that die at exactly one stage, a partition on hard scenes, and a published algorithm."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz import Settings, load_detector
from frcnn_viz.analysis.autopsy import Autopsy, examine
from frcnn_viz.analysis.case import ordinal
from frcnn_viz.analysis.verdicts import MECHANISMS, Mechanism, Verdict
from frcnn_viz.analysis.waterfall import LOST_AT, STAGES, loses_most, losses, reached, recalls
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import CLASSES as SCENE_CLASSES
from frcnn_viz.data.scenes import PRESETS, draw_scene
from frcnn_viz.pipeline.trace import Trace
from tests.analysis.captures import CLASSES, capture

CAT = [20.0, 20.0, 60.0, 60.0]
NEAR = [22.0, 20.0, 62.0, 60.0]
HALF_OFF = [45.0, 20.0, 85.0, 60.0]
BESIDE = [32.0, 20.0, 72.0, 60.0]
FAR = [120.0, 120.0, 160.0, 160.0]
IS_CAT, IS_DOG, IS_NOTHING = [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.9, 0.06, 0.04]
CASES: dict[Verdict, tuple[list[dict], dict]] = {
    Verdict.FOUND: ([{"anchor": CAT, "scores": IS_CAT}], {}),
    Verdict.NO_ANCHOR: ([{"anchor": FAR, "scores": IS_CAT}], {}),
    Verdict.MOVED_AWAY: ([{"anchor": NEAR, "moved": [60, 24, 80, 64], "scores": IS_CAT}], {}),
    Verdict.BELOW_TOP_N: (
        [{"anchor": NEAR, "objectness": -1, "scores": IS_CAT}, {"anchor": FAR}],
        {"rpn_pre_nms_top_n": 1},
    ),
    Verdict.RPN_FILTERED: ([{"anchor": CAT, "scores": IS_CAT}, {"anchor": [0, 0, 199, 199]}], {"rpn_min_size": 64.0}),
    Verdict.RPN_NMS: (
        [
            {"anchor": [20, 20, 60, 50], "objectness": 1, "scores": IS_CAT},
            {"anchor": [20, 30, 60, 100], "objectness": 9},
        ],
        {"rpn_nms_thresh": 0.2},
    ),
    Verdict.PROPOSAL_LIMIT: (
        [{"anchor": CAT, "objectness": 1, "scores": IS_CAT}, {"anchor": FAR}],
        {"rpn_post_nms_top_n": 1},
    ),
    Verdict.REFINED_AWAY: ([{"anchor": CAT, "scores": IS_NOTHING, "refined": HALF_OFF}], {}),
    Verdict.BADLY_PLACED: ([{"anchor": CAT, "scores": IS_CAT, "refined": HALF_OFF}], {}),
    Verdict.BACKGROUND: ([{"anchor": CAT, "scores": IS_NOTHING}], {}),
    Verdict.OTHER_CLASS: ([{"anchor": CAT, "scores": IS_DOG}], {}),
    Verdict.UNDER_SCORE: ([{"anchor": CAT, "scores": [0.3, 0.5, 0.2]}], {"box_score_thresh": 0.6}),
    Verdict.FINAL_NMS: (
        [
            {"anchor": [20, 20, 60, 50], "objectness": 1, "scores": IS_CAT},
            {"anchor": [20, 30, 60, 100], "scores": [0.05, 0.9, 0.05]},
        ],
        {"box_nms_thresh": 0.2},
    ),
    Verdict.DETECTION_LIMIT: (
        [{"anchor": CAT, "scores": IS_CAT}, {"anchor": FAR, "scores": [0.0, 0.9, 0.1]}],
        {"box_detections_per_img": 1},
    ),
    Verdict.MERGED: (
        [{"anchor": BESIDE, "objectness": 6, "scores": [0.05, 0.9, 0.05]}, {"anchor": CAT, "scores": IS_CAT}],
        {},
    ),
    Verdict.SHARED: ([{"anchor": NEAR, "scores": IS_CAT}], {}),
    Verdict.UNKNOWN_CLASS: ([{"anchor": FAR, "scores": IS_CAT}], {}),
    Verdict.IGNORED: ([{"anchor": CAT, "scores": IS_CAT}], {}),
}
NEIGHBOURS = {Verdict.MERGED: BESIDE, Verdict.SHARED: NEAR}
"""Found by the detection that the cat would need."""


def verdict_of(trace: object, boxes: list[list[float]], names: tuple[str, ...], crowd: bool = False) -> Autopsy:
    truth = GroundTruth(torch.tensor(boxes), names, crowd=torch.tensor([crowd] * len(boxes)))
    return examine(trace, truth, CLASSES)


def of_case(verdict: Verdict) -> Autopsy:
    """The cat is the last object."""
    boxes, changes = CASES[verdict]
    objects = [NEIGHBOURS[verdict], CAT] if verdict in NEIGHBOURS else [CAT]
    name = "unicorn" if verdict is Verdict.UNKNOWN_CLASS else "cat"
    return verdict_of(capture(boxes, **changes), objects, (name,) * len(objects), verdict is Verdict.IGNORED)


@pytest.mark.parametrize("verdict", CASES)
def test_each_capture_dies_at_its_stage(verdict: Verdict) -> None:
    autopsy = of_case(verdict)
    finding = autopsy.findings[-1]
    assert finding.verdict is verdict
    assert finding.sentence.endswith(".")
    if finding.missed:
        assert STAGES[int(reached(autopsy.ious, 0.5)[-1])] == LOST_AT[verdict]
    assert finding.neighbour == (0 if verdict in NEIGHBOURS else None)


def test_a_tiny_box_can_be_too_small_to_be_a_detection() -> None:
    speck = [20.0, 20.0, 20.009, 20.009]
    trace = capture([{"anchor": CAT, "scores": IS_CAT, "refined": speck}])
    (finding,) = verdict_of(trace, [speck], ("cat",)).findings
    assert finding.verdict is Verdict.BOX_TOO_SMALL
    assert {*CASES, finding.verdict} == set(Verdict)


def test_sentences_name_who_and_how_much() -> None:
    (finding,) = of_case(Verdict.FINAL_NMS).findings
    assert finding.suppressor == (0, 1)
    assert "suppressed by the cat of proposal 0 (score 0.90): they overlap by 0.25, over 0.2." in finding.sentence
    (finding,) = of_case(Verdict.BELOW_TOP_N).findings
    assert "came 2nd of its level, and 1 go on" in finding.sentence
    (finding,) = of_case(Verdict.MOVED_AWAY).findings
    # they share 38 of 42 columns; its centre goes from 42, 40 to 70, 44, and 40 x 40 become 20 x 40
    assert finding.sentence.startswith("Anchor 0 overlaps it by 0.90, but the RPN moved it to 0.00 (70% of its width")
    assert "70% of its width right, 10% of its height down; 0.50 times as wide, 1.00 times as high" in finding.sentence


def test_a_merged_neighbour_is_told_who_took_its_box_and_what_would_keep_both() -> None:
    """The two boxes share 28 of 52 columns: 0.54."""
    finding = of_case(Verdict.MERGED).findings[-1]
    assert (finding.proposal, finding.suppressor) == (1, (0, 1))
    assert finding.sentence == (
        "Found as cat with score 0.80 and IoU 1.00, but suppressed by the cat of proposal 0 (score 0.90): they overlap "
        "by 0.54, over 0.5. That one counts for object 0; to keep both, box_nms_thresh must be at least 0.54."
    )
    boxes, changes = CASES[Verdict.MERGED]
    for enough, expected in ((0.53, Verdict.MERGED), (0.54, Verdict.FOUND)):
        trace = capture(boxes, **{**changes, "box_nms_thresh": enough})
        assert verdict_of(trace, [NEIGHBOURS[Verdict.MERGED], CAT], ("cat", "cat")).findings[-1].verdict is expected


def test_a_suppressed_box_that_is_the_neighbours_own_merges_nothing() -> None:
    """Duplicates of the neighbour's box lie on the cat too; none of them was the cat's."""
    boxes = [{"anchor": NEAR, "scores": IS_CAT}, {"anchor": [22.0, 20.0, 61.5, 60.0], "scores": [0.3, 0.6, 0.1]}]
    (_, finding) = verdict_of(capture(boxes, rpn_nms_thresh=1.0), [NEAR, CAT], ("cat", "cat")).findings
    assert finding.verdict is Verdict.SHARED
    assert "counts for object 0, which it overlaps by 1.00." in finding.sentence


def test_an_object_of_an_unknown_class_is_told_what_is_there() -> None:
    (finding,) = verdict_of(capture([{"anchor": CAT, "scores": IS_CAT}]), [CAT], ("unicorn",)).findings
    assert finding.verdict is Verdict.UNKNOWN_CLASS
    assert "it found cat there, with score 0.80 and IoU 1.00." in finding.sentence


def test_ordinals() -> None:
    written = [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112, 1002)]
    assert written == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th", "1,002nd"]


def mechanism(trace: object, box: Tensor, label: int, iou_thresh: float = 0.5) -> Mechanism:
    """Algorithm 1 of Miller et al., written out again: regressed boxes, then scores, then proposals."""
    regressed = box_iou(box[None], trace.rois.boxes[:, label])[0] >= iou_thresh
    if regressed.any():
        scores = trace.rois.scores[regressed]
        if (scores[:, label] > trace.settings.box_score_thresh).any():
            return Mechanism.CALIBRATION
        if (scores[:, 1:] > trace.settings.box_score_thresh).any():
            return Mechanism.INTERCLASS
        return Mechanism.BACKGROUND
    proposed = box_iou(box[None], trace.proposals.boxes)[0] >= iou_thresh
    return Mechanism.REGRESSOR if proposed.any() else Mechanism.PROPOSAL_PROCESS


@pytest.mark.parametrize("verdict", [v for v in MECHANISMS if v in CASES])
def test_captures_agree_with_the_published_mechanisms(verdict: Verdict) -> None:
    boxes, changes = CASES[verdict]
    trace = capture(boxes, **changes)
    assert mechanism(trace, torch.tensor(CAT), 1) is MECHANISMS[verdict]


@pytest.fixture(scope="module", params=["street-fpn", "street-c4"])
def hard_autopsies(request: pytest.FixtureRequest) -> list[tuple[Trace, Autopsy]]:
    detector = load_detector(request.param, "cpu")
    settings = Settings.of(detector.model).replace(box_score_thresh=0.3)
    made = []
    for number, preset in enumerate(PRESETS.values()):
        for seed in range(3):
            scene = draw_scene(90_000 + 10 * number + seed, preset)
            trace = Trace(detector.model, from_pil(scene.image, "scene").tensor, settings)
            truth = GroundTruth(scene.boxes_in_image, tuple(detector.classes[label] for label in scene.labels))
            made.append((trace, examine(trace, truth, detector.classes)))
    return made


def test_verdicts_part_all_objects_of_hard_scenes(hard_autopsies: list[tuple[Trace, Autopsy]]) -> None:
    counts = Counter(finding.verdict for _, autopsy in hard_autopsies for finding in autopsy.findings)
    assert counts.total() == sum(len(autopsy.boxes) for _, autopsy in hard_autopsies)
    assert len(counts) > 3
    for _, autopsy in hard_autopsies:
        missed = [finding.missed for finding in autopsy.findings]
        assert missed == autopsy.outcomes.missed.tolist()


def test_hard_scenes_agree_with_the_published_mechanisms(hard_autopsies: list[tuple[Trace, Autopsy]]) -> None:
    compared = 0
    for trace, autopsy in hard_autopsies:
        for finding, box, label in zip(autopsy.findings, autopsy.boxes, autopsy.labels.tolist(), strict=True):
            if finding.verdict in MECHANISMS:
                assert MECHANISMS[finding.verdict] is mechanism(trace, box, label)
                compared += 1
    assert compared > 10


def test_the_evidence_is_the_traces_own(hard_autopsies: list[tuple[Trace, Autopsy]]) -> None:
    for trace, autopsy in hard_autopsies:
        for finding, box in zip(autopsy.findings, autopsy.boxes, strict=True):
            if finding.proposal is not None:
                refined = trace.rois.boxes[finding.proposal, finding.label]
                assert float(box_iou(box[None], refined[None])) == pytest.approx(finding.iou)
                assert int(trace.proposals.kept[finding.proposal]) == finding.candidate
            if finding.candidate is not None:
                assert int(trace.proposals.anchor[finding.candidate]) == finding.anchor


def test_recalls_and_the_stage_that_loses_most() -> None:
    back = [0.9] * 4 + [0.2] * 2 + [0.6] * 5  # lost in the first stage, brought back by the second
    ious = torch.tensor([[0.9] * 4 + [0.3] * 7, [0.6] * 10 + [0.0], [0.9] * 4 + [0.2] * 7, [0.1] * 11, back])
    assert recalls(ious, 0.5)[:7] == pytest.approx([4 / 5, 4 / 5, 4 / 5, 4 / 5, 1 / 5, 1 / 5, 2 / 5])
    assert reached(ious, 0.5).tolist() == [4, 10, 4, 0, 11]
    assert losses(ious, 0.5) == [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1]
    loss = loses_most(ious, 0.5)
    assert (loss.stage, loss.objects) == ("RPN's NMS", 2)
    assert loses_most(torch.ones(2, len(STAGES)), 0.5) is None
    assert loses_most(torch.zeros(0, len(STAGES)), 0.5) is None


def test_the_scenes_classes_are_the_detectors() -> None:
    assert load_detector("street-fpn", "cpu").classes[1:] == tuple(SCENE_CLASSES)
