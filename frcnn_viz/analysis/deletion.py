"""How far a map of pixels can be trusted: does the number change sooner where they are deleted in the map's order?

The box's surroundings are parted into patches, and these are set to the mean colour one after another: those first that
the map says made the number what it is, and, for comparison, in orders drawn at random. A map that is right about the
network beats chance by far. It may be right and yet say little of the object: on random weights little depends on what
is seen, and then there is nothing that a map could explain.
Deletion curves: Petsiuk et al., arXiv:1806.07421. Why maps need checks: Adebayo et al., arXiv:1810.03292.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from frcnn_viz.analysis.attribution import Attribution, Kind, at_once, number
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.pipeline.turns import turn_on

PATCHES = 12
"""Along each side of the surroundings."""
AROUND = 1.5
"""The surroundings' sides, in those of the box."""
STEPS = 8
CHANCES = 6
"""Random orders."""
LEAST_CHANGE = 0.5
"""Once all is deleted, as a part of the number; of one that changes less, most is not about what can be seen there."""
LEAST_GAIN = 0.1
"""Over chance, as a part of the change."""
PROBABILITIES = {Kind.LOGIT: Kind.PROBABILITY, Kind.OBJECTNESS: Kind.LIKELIHOOD}
"""What is measured in place of a logit: what the filters read."""


@dataclass(frozen=True, eq=False)
class Deletion:
    """The number as more and more of the box's surroundings is deleted.

    Attributes:
        kind: what was measured.
        parts: float32 [S], deleted parts of the surroundings, from 0 to 1.
        curve: float32 [S], in the map's order. chance: float32 [R, S], in random orders.
    """

    kind: Kind
    parts: Tensor
    curve: Tensor
    chance: Tensor

    @property
    def change(self) -> float:
        """By how much the number falls once all is deleted; negative where it grows."""
        return float(self.curve[0] - self.curve[-1])

    @property
    def gain(self) -> float:
        """The area between chance and the map's curve, as a part of the change: 0 is no better than chance."""
        return float(self._gains.mean())

    @property
    def better_than_chance(self) -> bool:
        """Whether the map's order beats every random one, and by enough on average."""
        return bool((self._gains > 0).all()) and self.gain >= LEAST_GAIN

    @property
    def depends_on_it(self) -> bool:
        """Whether the number changes by enough for a map to explain anything."""
        return abs(self.change) >= LEAST_CHANGE * float(self.curve[[0, -1]].abs().max())

    @property
    def convincing(self) -> bool:
        """Whether the map may be believed."""
        return self.depends_on_it and self.better_than_chance

    @property
    def verdict(self) -> str:
        """How far the map can be trusted, in one or two sentences with the numbers."""
        first, last = self.curve[[0, -1]].tolist()
        way = f"from {first:.3g} to {last:.3g}"
        gain = f"{self.gain:.0%}" if self.gain > -1 else "under -100%"
        if not self.depends_on_it:
            return (
                f"Do not trust this map: with all of the box's surroundings deleted, the {self.kind} only goes {way}. "
                f"Most of it does not come from what is seen there, so a map cannot explain it."
            )
        if self.gain >= LEAST_GAIN and not self.better_than_chance:
            return (
                f"Do not trust this map: pixels deleted in its order change the {self.kind} ({way}) sooner than pixels "
                f"deleted at random do on average, but {int((self._gains <= 0).sum())} of {len(self.chance)} such "
                f"orders do as well or better."
            )
        if not self.better_than_chance:
            return (
                f"Do not trust this map: pixels deleted in its order change the {self.kind} ({way}) hardly sooner, or "
                f"later, than pixels deleted at random; the gain is {gain}, and {LEAST_GAIN:.0%} is needed."
            )
        return (
            f"The map holds what it says: pixels deleted in its order change the {self.kind} ({way}) sooner than "
            f"pixels deleted at random; the gain is {gain}."
        )

    @property
    def _gains(self) -> Tensor:
        """Of each random order: [R]."""
        first, last = self.curve[0], self.curve[-1]
        if first == last:
            return torch.zeros(len(self.chance))
        return torch.trapezoid(self.chance - self.curve, self.parts) / (first - last)


def delete(
    trace: Trace,
    attribution: Attribution,
    seed: int = 0,
    progress: Callable[[int, int, str], object] = lambda done, total, words: None,
) -> Deletion:
    """Delete the surroundings of the map's box in the map's order, and in `CHANCES` orders drawn from `seed`.

    A proposal's box is held fixed, as in the map, and so is an anchor.

    Args:
        trace: of the image.
        attribution: the map.
        seed: of the orders at random.
        progress: told before every order: orders done, orders in all, and what is done. What it raises ends the work.
    """
    target = attribution.target
    measured = replace(target, kind=PROBABILITIES.get(target.kind, target.kind))
    boxes = trace.anchors.boxes if target.kind.of_anchor else trace.proposals.boxes
    function, pixels = number(trace, measured), trace.input.images.tensors
    height, width = trace.input.input_size
    counts = torch.linspace(0, PATCHES**2, STEPS + 1).round().long()
    with turn_on(trace.device).take(), torch.no_grad():
        patches = _patches(boxes[target.box].tolist(), trace.input.input_size).to(trace.device)
        sums = attribution.map.new_zeros(PATCHES**2 + 1).index_add_(0, patches.flatten(), attribution.map.flatten())
        bare = pixels.clone()
        bare[:, :, :height, :width] *= patches == 0
        first, last = function(pixels), function(bare)  # of every order
    generator = torch.Generator().manual_seed(seed)
    orders = [sums[1:].argsort(descending=bool(first >= last), stable=True).cpu()]
    orders += [torch.randperm(PATCHES**2, generator=generator) for _ in range(CHANCES)]
    values = []
    for done, order in enumerate(orders):
        progress(done, len(orders), f"{done} of {CHANCES} orders at random" if done else "the map's order")
        with turn_on(trace.device).take(), torch.no_grad():
            places = order.argsort().to(trace.device)
            gone = torch.cat([places.new_full((1,), PATCHES**2), places])[patches]  # what is around is never deleted
            for some in counts[1:-1].to(trace.device).split(at_once(pixels)):
                changed = pixels.repeat(len(some), 1, 1, 1)
                changed[:, :, :height, :width] *= (gone >= some[:, None, None])[:, None]
                values.append(function(changed))
    curves = torch.cat(values).view(len(orders), -1)
    curves = torch.cat([first.expand(len(orders), 1), curves, last.expand(len(orders), 1)], dim=1).cpu()
    return Deletion(measured.kind, counts / PATCHES**2, curves[0], curves[1:])


def _patches(box: list[float], size: tuple[int, int]) -> Tensor:
    """The patch that each pixel is in, from 1 on, 0 outside the surroundings: int64 [h, w].

    Patches of small boxes may hold no pixel.
    """
    x0, y0, x1, y1 = box

    def along(low: float, high: float, length: int) -> Tensor:
        middle, side = (low + high) / 2, max(high - low, 1.0) * AROUND
        place = (torch.arange(length) + 0.5 - middle + side / 2) / side * PATCHES
        return place.floor().long().where((place >= 0) & (place < PATCHES), -1)

    rows, columns = along(y0, y1, size[0])[:, None], along(x0, x1, size[1])
    return (rows * PATCHES + columns + 1).where((rows >= 0) & (columns >= 0), 0)
