"""The flicker table of a street before which a board passes, and the settings that would keep what it hides."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence

import pytest

from frcnn_viz import Settings, load_detector
from frcnn_viz.analysis.autopsy import examine
from frcnn_viz.analysis.flicker import by_length, gaps
from frcnn_viz.analysis.frames import examine_frame
from frcnn_viz.analysis.gap_fixes import MOST_FRAMES, Shot, gap_fixes
from frcnn_viz.analysis.margins import Unit
from frcnn_viz.analysis.sightings import Cell, FrameRecord, Sighting, to_json
from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.trace import Trace
from tests.analysis.moving import Frame, board_passes


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector("street-fpn", "cpu")


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return board_passes("crowd", 10, 80)[3:]


@pytest.fixture(scope="module")
def settings(detector: Detector) -> Settings:
    return Settings.of(detector.model).replace(rpn_post_nms_top_n=40, box_score_thresh=0.5)


@pytest.fixture(scope="module")
def memory() -> Memory:
    return Memory(max_bytes=2**30)


@pytest.fixture(scope="module")
def shots(detector: Detector, frames: list[Frame], memory: Memory) -> list[Shot]:
    def shot(frame: Frame) -> Shot:
        def trace_of(at: Settings) -> Trace:
            return Trace(detector.model, frame.image, at, memory=memory)

        return Shot(trace_of, frame.truth, frame.identities)

    return [shot(frame) for frame in frames]


@pytest.fixture(scope="module")
def records(detector: Detector, frames: list[Frame], shots: list[Shot], settings: Settings) -> list[FrameRecord]:
    return [
        examine_frame(shot.trace_of(settings), shot.truth, shot.identities, detector.classes, number, frame.hidden)
        for number, (frame, shot) in enumerate(zip(frames, shots, strict=True))
    ]


def test_the_verdicts_of_a_moving_picture_are_the_autopsies_of_its_frames(
    detector: Detector, shots: list[Shot], records: list[FrameRecord], settings: Settings
) -> None:
    lost = 0
    for shot, one in zip(shots, records, strict=True):
        autopsy = examine(shot.trace_of(settings), shot.truth, detector.classes)
        assert [sighting.verdict for sighting in one.sightings] == [finding.verdict for finding in autopsy.findings]
        assert [list(sighting.ious) for sighting in one.sightings] == autopsy.ious.tolist()
        for sighting, finding in zip(one.sightings, autopsy.findings, strict=True):
            lost += finding.missed
            if not sighting.hidden:
                assert (sighting.cell is Cell.FOUND) == (not finding.missed)
    assert lost > 5


def test_the_numbers_of_a_sighting_are_the_traces_own(
    detector: Detector, shots: list[Shot], records: list[FrameRecord], settings: Settings
) -> None:
    for shot, one in zip(shots, records, strict=True):
        trace = shot.trace_of(settings)
        assert [list(found.box) for found in one.detections] == trace.detections.boxes_in_image.tolist()
        assert [found.score for found in one.detections] == trace.detections.scores.tolist()
        assert one.boxes == dict(trace.funnel)
        assert one.false_alarms == int(shot.outcomes(settings, detector.classes).false_alarms.sum())
        for sighting in one.sightings:
            if sighting.rank is None:
                assert sighting.iou("moved by the RPN") < 0.5
            elif sighting.rank > settings.rpn_pre_nms_top_n:
                assert sighting.reached <= STAGES.index("top-n of each level")
            assert (sighting.score is None) == (sighting.iou("refined") < 0.5)
            if sighting.find is not None:
                assert sighting.score >= sighting.find.score > settings.box_score_thresh
                assert sighting.find.iou >= 0.5
            if sighting.margin is not None:
                too_much = sighting.margin.measured - sighting.margin.limit
                over = sighting.margin.unit is Unit.RANK or sighting.suppressor is not None
                assert too_much > 0 if over else too_much <= 0


def test_the_board_makes_gaps_that_are_told(records: list[FrameRecord]) -> None:
    told = {(gap.identity, gap.first): gap for gap in gaps(records)}
    assert len(told) > 3
    hidden = {(one.identity, one_frame.frame) for one_frame in records for one in one_frame.sightings if one.hidden}
    assert hidden
    assert not hidden & told.keys()
    fallen = next(gap for gap in told.values() if gap.cause.startswith("Fell from rank"))
    before, lost = (_of(records, fallen.identity, frame) for frame in (fallen.before, fallen.first))
    assert f"from rank {before.rank:,} to {lost.rank:,} of the RPN's list, and 1,000 go on" in fallen.cause
    for gap in told.values():
        assert _of(records, gap.identity, gap.before).cell is Cell.FOUND
        assert gap.cause.endswith(".")


def _of(records: Sequence[FrameRecord], identity: str, frame: int) -> Sighting:
    return records[frame].of(identity)


def test_nothing_of_a_trace_is_kept(detector: Detector, frames: list[Frame]) -> None:
    frame = frames[0]
    trace = Trace(detector.model, frame.image)
    one = examine_frame(trace, frame.truth, frame.identities, detector.classes, 0, frame.hidden)
    held, boxes = weakref.ref(trace), weakref.ref(trace.decoded)
    del trace
    gc.collect()
    assert held() is None
    assert boxes() is None
    assert len(to_json(one)) < 2_000 * len(frame.identities)


def test_a_setting_that_keeps_an_object_through_a_gap_was_tried_in_all_its_frames(
    detector: Detector, shots: list[Shot], records: list[FrameRecord], settings: Settings
) -> None:
    gap = next(gap for gap in by_length(gaps(records)) if gap.identity == "person-7")
    assert gap.frames > 1
    lost, told = shots[gap.first : gap.last + 1], []
    fixes = gap_fixes(
        lost, shots, settings, gap.identity, detector.classes, lambda done, total, words: told.append(words)
    )
    assert [fix.name for fix in fixes] == ["box_score_thresh", "min_size"]
    assert [fix.false_alarms for fix in fixes] == sorted(fix.false_alarms for fix in fixes)

    def price(at: Settings) -> tuple[int, int]:
        outcomes = [shot.outcomes(at, detector.classes) for shot in shots]
        return sum(int(one.false_alarms.sum()) for one in outcomes), sum(int(one.found.sum()) for one in outcomes)

    def kept(at: Settings) -> bool:
        place = lost[0].identities.index(gap.identity)
        return all(bool(shot.outcomes(at, detector.classes).found[place]) for shot in lost)

    (alarms, found) = price(settings)
    for fix in fixes:
        assert kept(fix.settings)
        assert not kept(fix.one_less)
        assert (fix.false_alarms, fix.found) == (price(fix.settings)[0] - alarms, price(fix.settings)[1] - found)
        assert any(words.startswith(f"{fix.name} {fix.after:g}, frame") for words in told)


def test_a_search_can_be_ended_and_is_bounded(detector: Detector, shots: list[Shot], settings: Settings) -> None:
    class Ended(Exception):
        pass

    def end(done: int, total: int, words: str) -> None:
        raise Ended(words)

    with pytest.raises(Ended, match="what is lost, frame 1 of 1"):
        gap_fixes(shots[:1], shots, settings, "person-7", detector.classes, end)
    with pytest.raises(ValueError, match="the gap has 121 frames; choose a part of it with at most 120"):
        gap_fixes(shots[:1] * (MOST_FRAMES + 1), shots, settings, "person-7", detector.classes)
    with pytest.raises(ValueError, match="object ghost is not in frame 0 of the gap"):
        gap_fixes(shots[:1], shots, settings, "ghost", detector.classes)
