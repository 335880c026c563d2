"""Why an object that was found is lost: one sentence from the numbers of the last good frame and the first lost one."""

from __future__ import annotations

from frcnn_viz.analysis.case import ordinal
from frcnn_viz.analysis.margins import Margin, Unit
from frcnn_viz.analysis.sightings import Sighting
from frcnn_viz.analysis.verdicts import Verdict


def cause(before: Sighting, lost: Sighting, frame: int) -> str:
    """What became of an object between a frame in which it was found and one in which it is lost.

    Args:
        before: the object where it was found.
        lost: where it is lost.
        frame: the number of that frame.

    Raises:
        KeyError: the object is not lost there.
    """
    return f"{_SENTENCES[lost.verdict](before, lost, frame)}."


def _no_anchor(before: Sighting, lost: Sighting, frame: int) -> str:
    ious = [max(one.iou("anchors"), one.iou("moved by the RPN")) for one in (before, lost)]
    return f"Its best anchor, moved or not, {_went(*ious)} of IoU, under {_limit(lost)} ({_sides(before, lost)})"


def _moved_away(before: Sighting, lost: Sighting, frame: int) -> str:
    moved = _went(*(one.iou("moved by the RPN") for one in (before, lost)))
    return (
        f"The RPN moved every anchor off it: the best {moved} of IoU, under {_limit(lost)}, "
        f"though an anchor overlaps it by {lost.iou('anchors'):.2f}"
    )


def _below_top_n(before: Sighting, lost: Sighting, frame: int) -> str:
    objectness = _went(before.objectness, lost.objectness, "objectness")
    if before.rank is None:
        return f"Came at rank {lost.rank:,} of the RPN's list, and {_limit(lost)} go on; {objectness}"
    way = f"rank {before.rank:,} to {lost.rank:,}"
    if before.level != lost.level:
        way = f"rank {before.rank:,} of level {before.level} to {lost.rank:,} of level {lost.level}"
    verb = "Fell" if lost.rank > before.rank else "Went"
    return f"{verb} from {way} of the RPN's list, and {_limit(lost)} go on; {objectness}"


def _filtered(before: Sighting, lost: Sighting, frame: int) -> str:
    if lost.margin.unit is Unit.PIXELS:
        return (
            f"The likeliest box on it has a side of {lost.margin.measured:.1f} pixels, and {_limit(lost)} are needed "
            f"({_sides(before, lost)})"
        )
    return f"{_capital(_went(before.objectness, lost.margin.measured, 'objectness'))}, under {_limit(lost)}"


def _rpn_nms(before: Sighting, lost: Sighting, frame: int) -> str:
    objectness = _went(before.objectness, lost.objectness, "objectness")
    return f"Suppressed in the RPN's NMS {_by(lost, frame, 'objectness')}; its own {objectness}"


def _proposal_limit(before: Sighting, lost: Sighting, frame: int) -> str:
    objectness = _went(before.objectness, lost.objectness, "objectness")
    return (
        f"Came {ordinal(lost.margin.measured)} after the RPN's NMS, and {_limit(lost)} go on as proposals; {objectness}"
    )


def _refined_away(before: Sighting, lost: Sighting, frame: int) -> str:
    proposed = _went(*(one.iou("limit on proposals") for one in (before, lost)))
    refined = _went(*(one.iou("refined") for one in (before, lost)))
    return f"Refined away: its best refined box {refined} of IoU, under {_limit(lost)}; its best proposal {proposed}"


def _badly_placed(before: Sighting, lost: Sighting, frame: int) -> str:
    refined = _went(*(one.iou("refined") for one in (before, lost)))
    return f"Found beside its place: its best refined box {refined} of IoU, under {_limit(lost)}"


def _under_score(before: Sighting, lost: Sighting, frame: int) -> str:
    return f"{_capital(_went(before.score, lost.score, 'score'))}, under {_limit(lost)}"


def _background(before: Sighting, lost: Sighting, frame: int) -> str:
    background = _went(before.background, lost.background, "that of the background")
    return f"{_under_score(before, lost, frame)}; {background}"


def _other_class(before: Sighting, lost: Sighting, frame: int) -> str:
    other, score = lost.rival
    return f"{_under_score(before, lost, frame)}: taken for {other} ({score:.2f})"


def _too_small(before: Sighting, lost: Sighting, frame: int) -> str:
    return f"Its refined box has a side of {lost.margin.measured:.3f} pixels ({_sides(before, lost)})"


def _final_nms(before: Sighting, lost: Sighting, frame: int) -> str:
    return f"Suppressed {_by(lost, frame)}; its own {_went(before.score, lost.score, 'score')}"


def _detection_limit(before: Sighting, lost: Sighting, frame: int) -> str:
    score = _went(before.score, lost.score, "score")
    return f"Came {ordinal(lost.margin.measured)} of at most {_limit(lost)} detections; {score}"


def _merged(before: Sighting, lost: Sighting, frame: int) -> str:
    return f"Merged with object {lost.neighbour}: its own box was suppressed {_by(lost, frame)}"


def _shared(before: Sighting, lost: Sighting, frame: int) -> str:
    placed = _went(*(one.iou("limit on detections") for one in (before, lost)))
    words = f"Since frame {frame:,} the detection on it counts for object {lost.neighbour}"
    return f"{words}; the best detection's IoU with it {placed}"


_SENTENCES = {
    Verdict.NO_ANCHOR: _no_anchor,
    Verdict.MOVED_AWAY: _moved_away,
    Verdict.BELOW_TOP_N: _below_top_n,
    Verdict.RPN_FILTERED: _filtered,
    Verdict.RPN_NMS: _rpn_nms,
    Verdict.PROPOSAL_LIMIT: _proposal_limit,
    Verdict.REFINED_AWAY: _refined_away,
    Verdict.BADLY_PLACED: _badly_placed,
    Verdict.BACKGROUND: _background,
    Verdict.OTHER_CLASS: _other_class,
    Verdict.UNDER_SCORE: _under_score,
    Verdict.BOX_TOO_SMALL: _too_small,
    Verdict.FINAL_NMS: _final_nms,
    Verdict.DETECTION_LIMIT: _detection_limit,
    Verdict.MERGED: _merged,
    Verdict.SHARED: _shared,
}


def _went(before: float | None, now: float | None, what: str = "") -> str:
    """What became of a number, in words: fell from 0.52 to 0.04; with as many digits as tell the two apart."""
    start = f"{what} " if what else ""
    if now is None:
        return f"{start}was not measured"
    if before is None:
        return f"{start}is {_number(now)}"
    digits = next((n for n in (2, 3, 4) if _number(before, n) != _number(now, n)), None)
    if digits is None:
        return f"{start}stayed at {_number(now)}"
    verb = "fell" if now < before else "rose"
    return f"{start}{verb} from {_number(before, digits)} to {_number(now, digits)}"


def _number(value: float, digits: int = 2) -> str:
    """So many digits after the point, or two that count where it is small."""
    if value and value < 0.01:
        return f"{value:.2g}" if value >= 0.0001 else "under 0.0001"
    return f"{value:.{digits}f}"


def _limit(lost: Sighting) -> str:
    return f"{lost.margin.limit:,g}"


def _by(lost: Sighting, frame: int, what: str = "score") -> str:
    by = lost.suppressor
    if by.identity is None:
        who = f"a {by.name or 'box'} on no object ({what} {by.score:.2f}, IoU with this one {by.iou:.2f})"
    else:
        who = f"the {by.name} (object {by.identity}, {what} {by.score:.2f})"
    return f"by {who} since frame {frame:,}: they overlap by {_over(lost.margin)}"


def _over(margin: Margin) -> str:
    """Two digits, or as many as show that it is over the limit."""
    digits = next((n for n in (2, 3) if round(margin.measured, n) > margin.limit), 4)
    return f"{margin.measured:.{digits}f}, over {margin.limit:g}"


def _sides(before: Sighting, lost: Sighting) -> str:
    """How the object's own box changed."""
    was, now = (f"{x1 - x0:.0f} x {y1 - y0:.0f}" for x0, y0, x1, y1 in (before.box, lost.box))
    return f"its size stayed at {now} pixels" if was == now else f"it went from {was} to {now} pixels"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
