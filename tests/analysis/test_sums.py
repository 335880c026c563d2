"""What came of images in sentences: first what the detector cannot know."""

from __future__ import annotations

import torch

from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.false_alarms import FalseAlarm, Mistake
from frcnn_viz.analysis.sums import strange_classes, sums
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.data.ground_truth import GroundTruth

CLASSES = ("background", "person", "car")


def truth(*names: str, **flags: torch.Tensor) -> GroundTruth:
    return GroundTruth(torch.tensor([[0.0, 0.0, 9.0, 9.0]] * len(names)), names, **flags)


def examined(*verdicts: Verdict, alarms: int = 0) -> Examination:
    findings = tuple(Finding(verdict, "") for verdict in verdicts)
    wrong = tuple(FalseAlarm(n, Mistake.BACKGROUND, None, 0.0) for n in range(alarms))
    boxes, none = torch.zeros(alarms, 4), torch.zeros(alarms)
    return Examination(findings, torch.zeros(0, 1), none, wrong, boxes, none.long(), none, none.bool(), {})


def test_misses_and_false_alarms_of_known_classes() -> None:
    one = examined(Verdict.FOUND, Verdict.NO_ANCHOR, alarms=3)
    assert sums([truth("car", "person")], [one], CLASSES) == ["1 of 2 objects missed, 3 false alarms on 1 image."]


def test_a_detector_that_knows_none_of_the_classes_misses_nothing() -> None:
    one = examined(Verdict.UNKNOWN_CLASS, Verdict.UNKNOWN_CLASS, alarms=1)
    told = sums([truth("red cell"), truth("platelet")], [one, examined()], CLASSES)
    assert told[0].startswith("The detector knows none of the 2 classes drawn here: no object can be missed")
    assert told[1] == "No object that it should find, 1 false alarm on 2 images."
    assert told[2].endswith("left out: 2.")
    assert "not the one class" in strange_classes([truth("cell")], CLASSES)


def test_some_unknown_classes_are_counted_and_ignored_ones_are_not_drawn() -> None:
    assert strange_classes([truth("cell", "car")], CLASSES) == (
        "The detector does not know 1 of the 2 classes drawn here."
    )
    assert strange_classes([truth("cell", "car", crowd=torch.tensor([True, False]))], CLASSES) == ""
    assert strange_classes([], CLASSES) == ""
