"""What objects are found as, and which detections are right."""

from __future__ import annotations

import torch

from frcnn_viz.analysis.confusion import confusion, scored
from frcnn_viz.data.ground_truth import GroundTruth


def test_a_confusion_matrix_by_hand() -> None:
    truth = torch.tensor([[0.0, 0.0, 20.0, 20.0], [50.0, 50.0, 100.0, 100.0], [200.0, 0.0, 240.0, 40.0]])
    found = {
        "boxes": torch.cat([truth[:2], torch.tensor([[300.0, 300.0, 340.0, 340.0]]), truth[2:]]),
        "labels": torch.tensor([1, 1, 2, 2]),
        "scores": torch.tensor([0.9, 0.8, 0.7, 0.1]),
    }
    table = confusion([found], [GroundTruth(truth, ("a", "b", "b"))], ["a", "b"], min_score=0.5)
    assert table.tolist() == [[0, 0, 1], [0, 1, 0], [1, 1, 0]]


def test_what_is_ignored_has_no_part() -> None:
    # a find, one on the crowd, one on the object of an unknown class, one on nothing; the difficult one is not found
    boxes = torch.tensor([[0.0, 0, 20, 20], [50, 50, 100, 100], [200, 0, 240, 40], [300, 0, 340, 40]])
    flags = {"crowd": torch.tensor([False, True, False, False]), "difficult": torch.tensor([False, False, False, True])}
    truth = GroundTruth(boxes, ("a", "b", "unicorn", "a"), **flags)
    places = torch.tensor([[0.0, 0, 20, 20], [60, 60, 70, 70], [200, 0, 240, 40], [0, 300, 40, 340]])
    scores = torch.tensor([0.9, 0.8, 0.7, 0.6])
    found = {"boxes": places, "labels": torch.tensor([1, 2, 1, 2]), "scores": scores}
    assert confusion([found], [truth], ["a", "b"]).tolist() == [[0, 1, 1], [0, 1, 0], [0, 0, 0]]
    counted = scored([found], [truth], ["a", "b"])
    assert torch.equal(counted.scores, scores[[0, 2, 3]])
    assert counted.right.tolist() == [True, False, False]
    assert counted.objects == 1
