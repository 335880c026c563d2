"""Which parameters move at all: how far each tensor went between two states of a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

NO_PARAMETERS = ("running_mean", "running_var", "num_batches_tracked")
"""What batch norms count, which no gradient moves."""


@dataclass(frozen=True)
class Moved:
    """One parameter tensor.

    Attributes:
        name: in the state. part: of the detector: backbone, rpn or roi_heads. layer: its name there.
        change: the length of its change over its length before; 0 where it is frozen, 1 where it was all zeros.
    """

    name: str
    part: str
    layer: str
    change: float


def moved(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> list[Moved]:
    """How far each parameter of both states went, in their order: |w - w0| / |w0| (Euclidean lengths).

    Raises:
        ValueError: a tensor has another shape in the other state.
    """
    rows = []
    for name, old in before.items():
        if name not in after or name.endswith(NO_PARAMETERS):
            continue
        new = after[name]
        if new.shape != old.shape:
            raise ValueError(
                f"{name} is {list(old.shape)} before and {list(new.shape)} after; compare states of one run."
            )
        part, _, rest = name.partition(".")
        way, length = (float((one.double()).norm()) for one in (new.double() - old.double(), old))
        change = way / length if length else float(way > 0)
        rows.append(Moved(name, part, rest.rpartition(".")[0] or rest, change))
    return rows
