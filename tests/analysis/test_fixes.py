"""Every change told recovers its object when applied, and one step less does not."""

from __future__ import annotations

import pytest

from frcnn_viz import Settings, load_detector
from frcnn_viz.analysis.autopsy import examine
from frcnn_viz.analysis.fixes import KNOBS, TRIED, fixes
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.analysis.verdicts import MECHANISMS, Verdict
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import CLASSES, PRESETS, Scene, draw_scene
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.trace import Trace


def truth_of(scene: Scene) -> GroundTruth:
    return GroundTruth(scene.boxes_in_image, tuple(CLASSES[label - 1] for label in scene.labels))


@pytest.mark.parametrize("preset", PRESETS)
def test_fixes_fix_and_one_step_less_does_not(preset: str) -> None:
    detector, memory = load_detector("street-fpn", "cpu"), Memory(max_bytes=2**28)
    scene = draw_scene(91_000, PRESETS[preset])
    image = from_pil(scene.image, "scene")
    settings = Settings.of(detector.model).replace(box_score_thresh=0.6, rpn_post_nms_top_n=60)

    def trace_of(at: Settings) -> Trace:
        return Trace(detector.model, image.tensor, at, memory=memory, image_key=image.sha256)

    def found(at: Settings, object_: int) -> bool:
        detections = trace_of(at).detections
        outcomes = judge(detections.boxes_in_image, detections.labels, scene.boxes_in_image, scene.labels)
        return bool(outcomes.detection_of_object[object_] >= 0)

    truth = truth_of(scene)
    autopsy = examine(trace_of(settings), truth, detector.classes)
    missed = [g for g, finding in enumerate(autopsy.findings) if finding.missed][:2]
    for g in missed:
        told = fixes(trace_of, settings, g, autopsy.findings[g].verdict, truth, detector.classes)
        assert [fix.false_alarms for fix in told] == sorted(fix.false_alarms for fix in told)
        for fix in told:
            assert found(fix.settings, g)
            assert not found(fix.one_less, g)
            assert fix.before == getattr(settings, fix.name)
            assert fix.after == getattr(fix.settings, fix.name)
            step = next(knob.step for knob in KNOBS.values() if knob.name == fix.name)
            assert abs(fix.after - getattr(fix.one_less, fix.name)) == pytest.approx(step)


def test_what_no_setting_can_mend_has_no_fix() -> None:
    detector = load_detector("street-fpn", "cpu")
    scene = draw_scene(91_001, PRESETS["ordinary"] if "ordinary" in PRESETS else next(iter(PRESETS.values())))
    image = from_pil(scene.image, "scene")
    settings = Settings.of(detector.model)

    def trace_of(at: Settings) -> Trace:
        return Trace(detector.model, image.tensor, at)

    for verdict in (Verdict.UNKNOWN_CLASS, Verdict.IGNORED):
        assert fixes(trace_of, settings, 0, verdict, truth_of(scene), detector.classes) == []


def test_every_miss_has_something_to_try() -> None:
    assert TRIED.keys() == MECHANISMS.keys()
