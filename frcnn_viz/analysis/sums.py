"""What came of many images, in sentences: first what the detector cannot know, then what it missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from frcnn_viz.analysis.examination import Examination, left_out
from frcnn_viz.data.ground_truth import GroundTruth


def sums(truths: Iterable[GroundTruth], examined: Iterable[Examination], classes: Sequence[str]) -> list[str]:
    """Misses and false alarms, after what the detector does not know and before what was left out.

    Args:
        truths: of the images.
        examined: of the same images.
        classes: the detector's, by label.
    """
    examined = list(examined)
    strange = strange_classes(truths, classes)
    counted, missed = sum(int(one.counted.sum()) for one in examined), sum(one.missed for one in examined)
    told = told_sums(counted, missed, sum(len(one.alarms) for one in examined), len(examined))
    return [*([strange] if strange else []), told, *left_out(examined)]


def told_sums(objects: int, missed: int, false_alarms: int, images: int) -> str:
    """One sentence on so many objects that are to be found, and what became of them."""
    found = f"{missed:,} of {objects:,} objects missed" if objects else "No object that it should find"
    return f"{found}, {_counted(false_alarms, 'false alarm')} on {_counted(images, 'image')}."


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def strange_classes(truths: Iterable[GroundTruth], classes: Sequence[str]) -> str:
    """One sentence where the detector does not know classes of the objects; else empty."""
    return told_strange({name for truth in truths for name in truth.counted.names}, classes)


def told_strange(drawn: Set[str], classes: Sequence[str]) -> str:
    """The same for the names of the classes drawn."""
    strange = len(drawn - set(classes[1:]))
    if not strange:
        return ""
    if strange < len(drawn):
        return f"The detector does not know {strange:,} of the {len(drawn):,} classes drawn here."
    which = f"none of the {strange:,} classes" if strange > 1 else "not the one class"
    return (
        f"The detector knows {which} drawn here: no object can be missed, and what it detects beside them is a false "
        "alarm."
    )
