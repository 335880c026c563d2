"""A clip examined: each frame as it is alone, whatever was kept before; tracks where there is no ground truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from frcnn_viz.analysis.autopsy import examine
from frcnn_viz.analysis.film_report import COLUMNS, film_rows, film_summary
from frcnn_viz.analysis.flicker import gaps
from frcnn_viz.analysis.footage import NOTHING, Footage, told_of, tracked
from frcnn_viz.analysis.sightings import Cell, Detected, FrameRecord
from frcnn_viz.data.clip import Clip
from frcnn_viz.data.clips import find_clip
from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.settings import Settings

FRAMES = range(16, 24)
"""Of the crossing, in which a car is lost, a ball is hidden and another car leaves."""


@pytest.fixture(scope="module")
def clip() -> Clip:
    """A part of the sample clip as a clip of its own."""
    whole = find_clip("crossing")
    return replace(
        whole,
        name="part",
        times=tuple(whole.times[frame] - whole.times[FRAMES[0]] for frame in FRAMES),
        pixels=lambda frame: whole.pixels(FRAMES[frame]),
        told=lambda frame: whole.told(FRAMES[frame]),
    )


@pytest.fixture(scope="module")
def footage(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Footage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path_factory.mktemp("footage")))
        detector = load_detector("street-fpn", "cpu")
        yield Footage(clip, detector, Settings.of(detector.model), clip.pixels)


@pytest.fixture(scope="module")
def records(footage: Footage) -> list[FrameRecord]:
    found, by_truth = footage.examine(lambda done, total: None)
    assert by_truth
    return found


def test_the_verdicts_of_a_frame_are_those_of_its_autopsy_alone(footage: Footage, records: list[FrameRecord]) -> None:
    for frame, record in enumerate(records):
        alone = examine(footage.trace(frame), footage.clip.truth(frame), footage.detector.classes)
        assert [one.verdict for one in record.sightings] == [finding.verdict for finding in alone.findings]
        assert [one.sentence for one in record.sightings] == [finding.sentence for finding in alone.findings]


def test_what_another_hides_is_no_gap(footage: Footage, records: list[FrameRecord]) -> None:
    hidden = [
        (frame, one) for frame in range(len(records)) for one, share in footage.clip.visible(frame).items() if not share
    ]
    assert hidden
    for frame, identity in hidden:
        assert records[frame].cell(identity) is Cell.HIDDEN
    lost = {(gap.identity, frame) for gap in gaps(records) for frame in range(gap.first, gap.last + 1)}
    assert ("car-1", 4) in lost
    assert not lost & {(identity, frame) for frame, identity in hidden}


def test_stopped_it_goes_on_and_nothing_is_examined_twice(
    footage: Footage, records: list[FrameRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path))
    told: list[int] = []

    def stop(done: int, total: int) -> None:
        told.append(done)
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        footage.examine(stop)
    loaded: list[int] = []
    again = replace(footage, load=lambda frame: loaded.append(frame) or footage.load(frame))
    found, _ = again.examine(lambda done, total: told.append(done))
    assert told == [0, 1, 2, 3, 3, 4, 5, 6, 7]
    assert loaded == [3, 4, 5, 6, 7]
    assert found == records
    assert again.examine(lambda done, total: told.append(done))[0] == records
    assert len(told) == 9


def test_other_settings_are_other_records(footage: Footage, records: list[FrameRecord]) -> None:
    other = replace(footage, settings=footage.settings.replace(box_score_thresh=0.9))
    assert other.known(other.wanted()[0]) == {}
    assert len(footage.known(footage.wanted()[0])) == len(records)


def test_without_ground_truth_the_detectors_own_tracks_are_looked_for(footage: Footage) -> None:
    bare = replace(footage, clip=replace(footage.clip, name="bare", told=lambda frame: None))
    assert bare.wanted() == ([], False)
    told: list[tuple[int, int]] = []
    records, by_truth = bare.examine(lambda done, total: told.append((done, total)))
    assert not by_truth
    assert told[0] == (0, 16)
    assert told[-1] == (15, 16)
    wanted, by_truth = bare.wanted()
    assert not by_truth
    assert len(bare.known(wanted)) == len(records)
    for record, one in zip(records, wanted, strict=True):
        assert [sighting.identity for sighting in record.sightings] == list(one.identities)
        boxes = {tuple(detected.box) for detected in record.detections}
        for sighting in record.sightings:
            if tuple(sighting.box) in boxes and sighting.find:
                assert sighting.cell is Cell.FOUND


def record(frame: int, *boxes: tuple[float, str, float]) -> FrameRecord:
    """With boxes of 20 x 20, by their left edge, class and score."""
    detections = tuple(Detected((x, 0.0, x + 20.0, 20.0), name, score, False) for x, name, score in boxes)
    return FrameRecord(frame, (), (), detections, {})


def test_a_track_goes_steadily_from_its_last_place_to_its_next() -> None:
    seen = [
        record(0, (0, "car", 0.9), (100, "car", 0.3), (200, "bird", 0.9)),
        record(1, (3, "car", 0.6), (100, "car", 0.4)),
        record(2),
        record(3),
        record(4, (12, "car", 0.2), (100, "car", 0.3)),
    ]
    wanted = tracked(seen)
    assert [one.identities for one in wanted] == [("car-1",)] * 5  # the other is never sure, the bird is seen once
    lefts = [float(one.truth.boxes_in_image[0, 0]) for one in wanted]
    assert lefts == [0, 3, 6, 9, 12]  # (12 - 3) / 3 a frame
    assert tracked([record(0), record(1)]) == [NOTHING, NOTHING]


def test_ground_truth_of_some_frames_is_that_of_all(clip: Clip) -> None:
    some = replace(clip, told=lambda frame: clip.told(frame) if frame == 2 else None)
    wanted = told_of(some)
    assert [len(one.truth) for one in wanted] == [0, 0, len(clip.truth(2)), 0, 0, 0, 0, 0]
    assert told_of(replace(clip, told=lambda frame: None)) == []


def test_its_rows_hold_every_object_and_false_alarm(footage: Footage, records: list[FrameRecord]) -> None:
    rows = film_rows(records, footage.clip.times)
    assert all(tuple(row) == COLUMNS for row in rows)
    for record in records:
        own = [row for row in rows if row["frame"] == record.frame]
        assert [row["object"] for row in own if row["what"] == "object"] == [
            *(one.identity for one in record.sightings),
            *record.hidden,
        ]
        assert sum(row["what"] == "false alarm" for row in own) == record.false_alarms
    told = film_summary(records)
    assert [gap["identity"] for gap in told["gaps"]] == [gap.identity for gap in gaps(records)]
    assert told["frames"] == len(records)
    assert torch.tensor([one["frames"] for one in told["objects"]]).max() <= len(records)
