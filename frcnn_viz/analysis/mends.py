"""Which settings mend most misses: what was tried for each missed object, added up by setting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from frcnn_viz.analysis.fixes import Fix


@dataclass(frozen=True)
class Mend:
    """What changes of one setting in one direction recover, each object at the value that it needs.

    Attributes:
        name: of the setting. before: its value. nearest, furthest: of the values that the objects need.
        objects: how many are found. false_alarms: how many more there are, all changes together.
    """

    name: str
    before: float
    nearest: float
    furthest: float
    objects: int
    false_alarms: int


def mends(tried: Iterable[Sequence[Fix]]) -> list[Mend]:
    """Those that find most objects first.

    Args:
        tried: of each missed object the changes that recover it, as `fixes` tells them; each on its own image.
    """
    by_way: dict[tuple[str, bool], list[Fix]] = {}
    for told in tried:
        for fix in told:
            by_way.setdefault((fix.name, fix.after > fix.before), []).append(fix)
    made = []
    for (name, up), of in by_way.items():
        values = sorted((fix.after for fix in of), reverse=not up)
        alarms = sum(fix.false_alarms for fix in of)
        made.append(Mend(name, of[0].before, values[0], values[-1], len(of), alarms))
    return sorted(made, key=lambda mend: (-mend.objects, mend.false_alarms))
