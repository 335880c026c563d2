"""Tracks: known crossings, gaps and classes, and the slow obvious twin that tries every pairing."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.analysis.tracks import fill_identities, link
from frcnn_viz.data.ground_truth import GroundTruth

Frame = tuple[Tensor, Tensor]


def frame(*boxes: tuple[float, float], labels: list[int] | None = None) -> Frame:
    """Boxes of 40 x 40 pixels by their left upper corner."""
    corners = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 2)
    return torch.cat([corners, corners + 40], dim=1), torch.tensor(labels or [1] * len(boxes), dtype=torch.int64)


def best_pairs(before: Frame, now: Frame, least_iou: float) -> float:
    """The largest sum of IoUs of any pairing, by trying them all."""
    iou = box_iou(before[0], now[0])
    gain = torch.where((iou >= least_iou) & (before[1][:, None] == now[1]), iou, 0.0)
    gain = gain if gain.shape[0] <= gain.shape[1] else gain.T
    orders = permutations(range(gain.shape[1]), gain.shape[0])
    return max(sum(float(gain[row, column]) for row, column in enumerate(order)) for order in orders)


def test_nothing_has_no_track() -> None:
    assert link([]) == []
    assert link([frame(), frame()]) == [[], []]


def test_a_thing_that_moves_is_one_track_and_a_new_one_another() -> None:
    assert link([frame((0, 0)), frame((5, 0)), frame((100, 0), (10, 0))]) == [[0], [0], [1, 0]]


def test_two_that_cross_keep_their_numbers() -> None:
    """One goes right by 10 pixels a frame and one left, 14 pixels lower."""
    right = [(x, 0) for x in range(0, 90, 10)]
    left = [(x, 14) for x in range(80, -10, -10)]
    numbers = link([frame(*pair) for pair in zip(right, left, strict=True)])
    assert numbers == [[0, 1]] * 9


def test_the_sum_counts_and_not_the_nearest_pair() -> None:
    """The second track overlaps both boxes, the first only one: greedy pairing by IoU would leave the first without.

    The IoUs of boxes moved by d pixels are (40 - d) / (40 + d): 0 and 8 to 2 and 16 give d = 2, 16, 6, 8.
    """
    before, now = frame((0, 0), (8, 0)), frame((10, 0), (22, 0))
    iou = box_iou(before[0], now[0])
    assert iou.flatten().tolist() == pytest.approx([30 / 50, 18 / 62, 38 / 42, 26 / 54])
    assert link([before, now], least_iou=0.3) == [[0, 1], [0, 1]]


def test_a_thing_unseen_for_a_few_frames_is_the_same_and_later_another() -> None:
    for unseen, number in ((0, 0), (2, 0), (3, 1)):
        frames = [frame((0, 0)), *[frame()] * unseen, frame((4, 0))]
        assert link(frames, most_unseen=2)[-1] == [number]


def test_another_class_is_another_thing() -> None:
    assert link([frame((0, 0), labels=[1]), frame((0, 0), labels=[2]), frame((0, 0), labels=[1])]) == [[0], [1], [0]]


def test_too_little_overlap_is_another_thing() -> None:
    """Moved by 20 of 40 pixels: IoU 20 / 60."""
    frames = [frame((0, 0)), frame((20, 0))]
    assert link(frames, least_iou=0.33) == [[0], [0]]
    assert link(frames, least_iou=0.34) == [[0], [1]]


@given(data=st.data())
def test_pairs_gain_as_much_as_any_pairing(data: st.DataObject) -> None:
    corner = st.tuples(st.integers(0, 60), st.integers(0, 60))
    pair = []
    for _ in range(2):
        boxes = data.draw(st.lists(corner, min_size=1, max_size=5))
        labels = data.draw(st.lists(st.integers(1, 2), min_size=len(boxes), max_size=len(boxes)))
        pair.append(frame(*boxes, labels=labels))
    (before, now), least_iou = pair, 0.3
    first, second = link([before, now], least_iou=least_iou)
    assert first == list(range(len(first)))
    assert len(set(second)) == len(second)
    iou, total = box_iou(before[0], now[0]), 0.0
    for row, number in enumerate(second):
        if number < len(first):
            assert before[1][number] == now[1][row]
            assert iou[number, row] >= least_iou
            total += float(iou[number, row])
    assert total == pytest.approx(best_pairs(before, now, least_iou))
    assert link([before, now], least_iou=least_iou) == [first, second]


def test_objects_without_an_identity_get_one_and_the_others_keep_theirs() -> None:
    """Two cars drift to the right, the second with a name; a dog stands where a car was."""

    def truth(*boxes: tuple[float, float], names: tuple[str, ...]) -> GroundTruth:
        return GroundTruth(frame(*boxes)[0], names)

    frames = [
        (truth((0, 0), (100, 0), names=("car", "car")), ("", "car-1")),
        (truth((110, 0), (10, 0), names=("car", "car")), ("car-1", "")),
        (truth(names=()), ()),
        (truth((12, 0), (112, 0), (10, 0), names=("car", "car", "dog")), ("", "", "")),
    ]
    assert fill_identities(frames) == [("car-2", "car-1"), ("car-1", "car-2"), (), ("car-2", "car-3", "dog-1")]
    assert fill_identities([]) == []


def test_what_cannot_be_linked_is_told() -> None:
    with pytest.raises(ValueError, match="least_iou is 0; it must be over 0"):
        link([], least_iou=0)
    with pytest.raises(ValueError, match="frame 0 has 1 boxes and 2 labels"):
        link([frame((0, 0), labels=[1, 2])])
