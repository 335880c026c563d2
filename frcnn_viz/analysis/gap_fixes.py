"""The smallest change of one setting that keeps an object through a gap, and what it costs over the whole clip.

As in `fixes` every value told was tried: with it the object is found in every frame of the gap, one step less loses it
in one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from frcnn_viz.analysis.autopsy import examine
from frcnn_viz.analysis.fixes import TRIED, Fix, TraceOf, single_changes
from frcnn_viz.analysis.outcomes import Outcomes, judge_picture
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.pipeline.settings import Settings

MOST_FRAMES = 120
"""Of a gap: each value that is tried may have to be run on all of them."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One frame that can be run at any settings.

    Attributes:
        trace_of: runs it; with a shared memory what does not change is not run again.
        truth: its objects. identities: of each of them.
    """

    trace_of: TraceOf
    truth: GroundTruth
    identities: Sequence[str]

    def outcomes(self, settings: Settings, classes: Sequence[str]) -> Outcomes:
        """Who is found by which detection, at some settings."""
        found = self.trace_of(settings).detections
        return judge_picture(found.boxes_in_image, found.labels, self.truth, classes)


def gap_fixes(
    gap: Sequence[Shot],
    clip: Sequence[Shot],
    settings: Settings,
    identity: str,
    classes: Sequence[str],
    progress: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> list[Fix]:
    """Every single-setting change that keeps an object in all frames of a gap, the cheapest in false alarms first.

    The knobs are those that can mend any of the verdicts in the gap.

    Args:
        gap: the frames in which the object is lost, at most `MOST_FRAMES`.
        clip: all frames, over which the price is counted.
        settings: as they are.
        identity: the object's.
        classes: the detector's names by label.
        progress: told before every frame that is run, as in `fixes`; what it raises ends the search.

    Raises:
        ValueError: the gap is too long, or the object is not in one of its frames.
    """
    if len(gap) > MOST_FRAMES:
        raise ValueError(f"the gap has {len(gap)} frames; choose a part of it with at most {MOST_FRAMES}.")
    for place, shot in enumerate(gap):
        if identity not in shot.identities:
            raise ValueError(f"object {identity} is not in frame {place} of the gap.")
    step = (0, 1, "what is lost")

    def tell(done: int, total: int, words: str) -> None:
        nonlocal step
        step = done, total, words
        progress(*step)

    def run(shots: Sequence[Shot]) -> Iterator[tuple[int, Shot]]:
        done, total, words = step
        for place, shot in enumerate(shots):
            progress(done, total, f"{words}, frame {place + 1:,} of {len(shots):,}")
            yield place, shot

    verdicts = dict.fromkeys(_verdict(shot, settings, identity, classes) for _, shot in run(gap))
    names = list(dict.fromkeys(name for verdict in verdicts for name in TRIED.get(verdict, ())))
    hardest = list(gap)

    def works(at: Settings) -> bool:
        for place, shot in run(hardest):
            if not shot.outcomes(at, classes).found[shot.identities.index(identity)]:
                hardest.insert(0, hardest.pop(place))  # what fails once is likely to fail again: it is asked first
                return False
        return True

    prices: dict[Settings, tuple[int, int]] = {}

    def price(at: Settings) -> tuple[int, int]:
        if at not in prices:
            tell(len(prices), len(names) + 1, "price")
            alarms = found = 0
            for _, shot in run(clip):
                outcomes = shot.outcomes(at, classes)
                alarms += int(outcomes.false_alarms.sum())
                found += int(outcomes.found.sum())
            prices[at] = alarms, found
        return prices[at]

    return single_changes(settings, names, works, price, tell)


def _verdict(shot: Shot, settings: Settings, identity: str, classes: Sequence[str]) -> Verdict:
    findings = examine(shot.trace_of(settings), shot.truth, classes).findings
    return findings[shot.identities.index(identity)].verdict
