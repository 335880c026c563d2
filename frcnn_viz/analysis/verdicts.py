"""What can become of an object: the verdicts, in the order of the stages, and the mechanisms they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of an object, in the order of the stages. Every object has exactly one."""

    UNKNOWN_CLASS = "unknown class"
    NO_ANCHOR = "no anchor near enough"
    BELOW_TOP_N = "objectness under the top-n"
    RPN_FILTERED = "too small or unlikely for the RPN"
    RPN_NMS = "suppressed in the RPN's NMS"
    PROPOSAL_LIMIT = "cut by the limit on proposals"
    REFINED_AWAY = "refined away"
    BADLY_PLACED = "found but badly placed"
    BACKGROUND = "taken for background"
    OTHER_CLASS = "taken for another class"
    UNDER_SCORE = "right class, under the score threshold"
    BOX_TOO_SMALL = "detection too small"
    FINAL_NMS = "suppressed in the final NMS"
    DETECTION_LIMIT = "cut by the limit on detections"
    SHARED = "its detection counts for another object"
    FOUND = "found"


class Mechanism(StrEnum):
    """The five of Miller et al., "What's in the Black Box?" (2022), algorithm 1."""

    PROPOSAL_PROCESS = "proposal process"
    REGRESSOR = "regressor"
    INTERCLASS = "interclass classification"
    BACKGROUND = "background classification"
    CALIBRATION = "classifier calibration"


MECHANISMS = {
    Verdict.NO_ANCHOR: Mechanism.PROPOSAL_PROCESS,
    Verdict.BELOW_TOP_N: Mechanism.PROPOSAL_PROCESS,
    Verdict.RPN_FILTERED: Mechanism.PROPOSAL_PROCESS,
    Verdict.RPN_NMS: Mechanism.PROPOSAL_PROCESS,
    Verdict.PROPOSAL_LIMIT: Mechanism.PROPOSAL_PROCESS,
    Verdict.REFINED_AWAY: Mechanism.REGRESSOR,
    Verdict.BADLY_PLACED: Mechanism.REGRESSOR,
    Verdict.OTHER_CLASS: Mechanism.INTERCLASS,
    Verdict.BACKGROUND: Mechanism.BACKGROUND,
    Verdict.UNDER_SCORE: Mechanism.BACKGROUND,
    Verdict.BOX_TOO_SMALL: Mechanism.CALIBRATION,
    Verdict.FINAL_NMS: Mechanism.CALIBRATION,
    Verdict.DETECTION_LIMIT: Mechanism.CALIBRATION,
    Verdict.SHARED: Mechanism.CALIBRATION,
}
"""Of each verdict of a miss; an unknown class has none, and a found object neither."""


@dataclass(frozen=True)
class Finding:
    """One object's verdict.

    Attributes:
        verdict: the stage that lost it. sentence: in words, with its numbers.
        anchor, candidate, proposal, label: where the box that got furthest is; None where it did not get so far.
        suppressor: who suppressed it, as `candidate` is in the RPN's NMS and as (proposal, label) in the final one.
        iou: of the box that got furthest with the object. score: of that box, at the stage that lost it.
    """

    verdict: Verdict
    sentence: str
    anchor: int | None = None
    candidate: int | None = None
    proposal: int | None = None
    label: int | None = None
    suppressor: int | tuple[int, int] | None = None
    iou: float = 0.0
    score: float = 0.0
