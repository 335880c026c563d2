"""What can become of an object: the verdicts, in the order of the stages, and the mechanisms they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of an object, in the order of the stages. Every object has exactly one.

    `docs/verdicts.md` holds the rule of each. The first two are no misses: such objects are left out of every recall.
    """

    IGNORED = "ignored"
    UNKNOWN_CLASS = "unknown class"
    NO_ANCHOR = "no anchor near enough"
    MOVED_AWAY = "moved away by the RPN"
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
    MERGED = "merged with a neighbour by the final NMS"
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
    Verdict.MOVED_AWAY: Mechanism.PROPOSAL_PROCESS,
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
    Verdict.MERGED: Mechanism.CALIBRATION,
    Verdict.SHARED: Mechanism.CALIBRATION,
}
"""Of each verdict of a miss; what is found, ignored or of an unknown class has none."""


@dataclass(frozen=True)
class Finding:
    """One object's verdict.

    Attributes:
        verdict: the stage that lost it. sentence: in words, with its numbers.
        anchor, candidate, proposal, label: where the box that got furthest is; None where it did not get so far.
        suppressor: who suppressed it, as `candidate` is in the RPN's NMS and as (proposal, label) in the final one.
        neighbour: the object that the detection on this one counts for.
        iou: of the box that got furthest with the object. score: of that box, at the stage that lost it.
    """

    verdict: Verdict
    sentence: str
    anchor: int | None = None
    candidate: int | None = None
    proposal: int | None = None
    label: int | None = None
    suppressor: int | tuple[int, int] | None = None
    neighbour: int | None = None
    iou: float = 0.0
    score: float = 0.0

    @property
    def missed(self) -> bool:
        """Whether the detector should have found it and did not."""
        return self.verdict in MECHANISMS
