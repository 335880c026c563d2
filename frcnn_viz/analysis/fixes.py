"""The smallest change of one setting that recovers a missed object, and what it costs in false alarms.

Nothing is guessed: every value told was tried by running the pipeline with it, and the value one step nearer was
tried too and did not do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from frcnn_viz.analysis.outcomes import judge_picture
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.pipeline.settings import Settings, SettingsError
from frcnn_viz.pipeline.trace import Trace

TraceOf = Callable[[Settings], Trace]
HELD = 2**30
"""Bytes of one picture's stages, which the settings tried for it share."""


@dataclass(frozen=True)
class Knob:
    """A setting, which way it is turned, its step and where it ends."""

    name: str
    direction: int
    step: float
    end: float


KNOBS = {
    "rpn_pre_nms_top_n": Knob("rpn_pre_nms_top_n", 1, 1, 20_000),
    "rpn_min_size": Knob("rpn_min_size", -1, 0.5, 0.0),
    "rpn_score_thresh": Knob("rpn_score_thresh", -1, 0.001, 0.0),
    "rpn_nms_thresh": Knob("rpn_nms_thresh", 1, 0.01, 1.0),
    "rpn_post_nms_top_n": Knob("rpn_post_nms_top_n", 1, 1, 20_000),
    "box_score_thresh": Knob("box_score_thresh", -1, 0.001, 0.0),
    "box_nms_thresh": Knob("box_nms_thresh", 1, 0.01, 1.0),
    "box_detections_per_img": Knob("box_detections_per_img", 1, 1, 2_000),
    "larger image": Knob("min_size", 1, 16, 1600),
    "smaller image": Knob("min_size", -1, 16, 64),
}
_IMAGE = ("larger image", "smaller image")
TRIED = {
    Verdict.NO_ANCHOR: _IMAGE,
    Verdict.MOVED_AWAY: _IMAGE,
    Verdict.BELOW_TOP_N: ("rpn_pre_nms_top_n", *_IMAGE),
    Verdict.RPN_FILTERED: ("rpn_min_size", "rpn_score_thresh", *_IMAGE),
    Verdict.RPN_NMS: ("rpn_nms_thresh", "rpn_post_nms_top_n", *_IMAGE),
    Verdict.PROPOSAL_LIMIT: ("rpn_post_nms_top_n", "rpn_nms_thresh", *_IMAGE),
    Verdict.REFINED_AWAY: ("rpn_nms_thresh", *_IMAGE),
    Verdict.BADLY_PLACED: ("rpn_nms_thresh", "box_nms_thresh", *_IMAGE),
    Verdict.BACKGROUND: ("box_score_thresh", *_IMAGE),
    Verdict.OTHER_CLASS: ("box_score_thresh", *_IMAGE),
    Verdict.UNDER_SCORE: ("box_score_thresh", *_IMAGE),
    Verdict.BOX_TOO_SMALL: _IMAGE,
    Verdict.FINAL_NMS: ("box_nms_thresh", "rpn_nms_thresh", *_IMAGE),
    Verdict.DETECTION_LIMIT: ("box_detections_per_img", "box_nms_thresh"),
    Verdict.MERGED: ("box_nms_thresh", *_IMAGE),
    Verdict.SHARED: ("box_nms_thresh", "rpn_nms_thresh", *_IMAGE),
}
"""What can mend each verdict; where nothing is named, no setting can."""


@dataclass(frozen=True)
class Fix:
    """One change that recovers the object.

    Attributes:
        name: of the setting. before, after: its values. settings: all of them, with it.
        false_alarms: how many more there are on the image, or on all frames. found: how many more objects are found,
            this one included.
        one_less: the settings one step nearer, which do not do.
    """

    name: str
    before: float
    after: float
    settings: Settings
    false_alarms: int
    found: int
    one_less: Settings


def fixes(
    trace_of: TraceOf,
    settings: Settings,
    object_: int,
    verdict: Verdict,
    truth: GroundTruth,
    classes: Sequence[str],
    names: Sequence[str] | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> list[Fix]:
    """Every single-setting change tried that recovers the object, the cheapest in false alarms first.

    Args:
        trace_of: runs the image at some settings; with a shared memory what does not change is not run again.
        settings: as they are.
        object_: its index.
        verdict: on it; tells which settings to try.
        truth: all objects of the image.
        classes: the detector's names by label.
        names: of `KNOBS`, to try instead.
        progress: told before every run: knobs tried, knobs in all, and what is tried. What it raises ends the search.
    """
    tried: dict[Settings, tuple[bool, int, int]] = {}

    def judged(at: Settings) -> tuple[bool, int, int]:
        if at not in tried:
            found = trace_of(at).detections
            outcomes = judge_picture(found.boxes_in_image, found.labels, truth, classes)
            hit = bool(outcomes.detection_of_object[object_] >= 0)
            tried[at] = hit, int(outcomes.false_alarms.sum()), int(outcomes.found.sum())
        return tried[at]

    return single_changes(
        settings,
        names or TRIED.get(verdict, ()),
        works=lambda at: judged(at)[0],
        price=lambda at: judged(at)[1:],
        progress=progress,
    )


def single_changes(
    settings: Settings,
    names: Sequence[str],
    works: Callable[[Settings], bool],
    price: Callable[[Settings], tuple[int, int]],
    progress: Callable[[int, int, str], None],
) -> list[Fix]:
    """For each knob the smallest turn with which something works, the cheapest in false alarms first.

    Args:
        settings: as they are, with which it does not work.
        names: of `KNOBS`.
        works: whether it does, at some settings.
        price: false alarms and objects found, at some settings.
        progress: as `fixes` takes it.
    """
    turned = []
    for number, name in enumerate(names):
        knob = KNOBS[name]

        def does(at: Settings, number: int = number, knob: Knob = knob) -> bool:
            progress(number, len(names), f"{knob.name} {getattr(at, knob.name):g}")
            return works(at)

        between = _boundary(knob, settings, does)
        if between is not None:
            turned.append((knob.name, *between))
    results = []
    for name, less, enough in turned:
        (alarms, found), (alarms_before, found_before) = price(enough), price(settings)
        values = getattr(settings, name), getattr(enough, name)
        results.append(Fix(name, *values, enough, alarms - alarms_before, found - found_before, less))
    return sorted(results, key=lambda fix: fix.false_alarms)


def _boundary(knob: Knob, settings: Settings, works: Callable[[Settings], bool]) -> tuple[Settings, Settings] | None:
    """Two neighbouring values of which the nearer does not do and the further does; None where none does.

    It looks one, two, four ... steps away, then halves what lies between: near changes are found first.
    """
    start = getattr(settings, knob.name)
    most = int(abs(knob.end - start) / knob.step + 1e-9)

    def at(steps: int) -> Settings | None:
        value = start + knob.direction * steps * knob.step
        changes = {knob.name: round(value) if isinstance(start, int) else round(value, 6)}
        try:
            return _with_room(settings, changes)
        except SettingsError:
            return None

    low, high = 0, 1
    while high <= most:
        there = at(high)
        if there is None:
            return None
        if works(there):
            break
        if high == most:
            return None
        low, high = high, min(2 * high, most)
    else:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if works(at(middle)):
            high = middle
        else:
            low = middle
    return at(low), at(high)


def _with_room(settings: Settings, changes: dict[str, float]) -> Settings:
    """The changed settings; the limit of the longer side grows with the shorter one, as it would cut it else."""
    if "min_size" in changes:
        ratio = changes["min_size"] / settings.min_size
        changes = {**changes, "max_size": max(1, round(settings.max_size * ratio))}
    return settings.replace(**changes)
