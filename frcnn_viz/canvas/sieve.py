"""A stage's filters, as the canvas runs them itself while a dial is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

Put = Callable[[Tensor, str], list[int] | str]
"""`Message.put`."""


@dataclass(frozen=True)
class Dial:
    """A setting that the canvas offers as a slider.

    Attributes:
        setting: its name. label, help: its words. value: at present, within `low` and `high`. step: of the slider.
        shown: whether it is offered; one that is not sifts at its value.
    """

    setting: str
    label: str
    help: str
    value: float
    low: float
    high: float
    step: float
    shown: bool = True


@dataclass(frozen=True, eq=False)
class Steps:
    """NMS step by step, which the canvas goes through and plays.

    Attributes:
        kept: int64 [K], indices of the boxes that NMS keeps at the dial's value, best first.
        suppressor: int64 [N], of each box the one that suppressed it, or -1.
        names: of the levels or labels, as they are told.
        words: term and sentence of the controls: `step`, `speed`, `play`, `pause`, `back`, `next`, and of what is
            listed: `score`, `another`.
        objects: int64 [N], which object each box lies on, or -1; None where none are drawn.
    """

    kept: Tensor
    suppressor: Tensor
    names: Sequence[str]
    words: dict[str, tuple[str, str]]
    objects: Tensor | None = None

    def header(self, put: Put) -> dict[str, object]:
        """What the canvas is told."""
        return {
            "kept": put(self.kept, "<i4"),
            "suppressor": put(self.suppressor, "<i4"),
            "objects": None if self.objects is None else put(self.objects, "<i4"),
            "names": list(self.names),
            "words": self.words,
        }


@dataclass(frozen=True, eq=False)
class Sieve:
    """The filters of a stage, which the canvas runs itself while a dial is held.

    Attributes:
        boxes: float32 [N, 4], network-input frame, in which the filters compare them.
        levels: whole numbers [N]; NMS works within a level, or a label.
        dials: by what they set: `minSide`, `minScore`, `nmsIou`, `most`.
        places: in the layer's legend, of each outcome: `kept`, `suppressed`, `over`, `unlikely`, `small`.
        apart: whether what is kept has a place for each level, the first of them `kept`.
        stage: `proposals` or `detections`, which look at sides and scores each in its way.
        fixed: what has no dial, by the same names.
        near: bool [N]; with it the others stand in the place `elsewhere`, whatever becomes of them.
        shown_held: hidden groups that are shown as long as a dial is turned and the host has not answered.
        steps: with it NMS is gone through step by step; the dial is `nmsIou` alone, and the places are of `kept` and
            `suppressed` in this step, kept `before`, suppressed before and `fading`, or `gone`, and `waiting`.
    """

    boxes: Tensor
    levels: Tensor
    dials: dict[str, Dial]
    places: dict[str, int]
    apart: bool = False
    stage: str = "proposals"
    fixed: dict[str, float] = field(default_factory=dict)
    near: Tensor | None = None
    shown_held: tuple[int, ...] = ()
    steps: Steps | None = None

    def header(self, put: Put) -> dict[str, object]:
        """What the canvas is told."""
        return {
            "boxes": put(self.boxes, "<f4"),
            "levels": put(self.levels, "<u2"),
            "dials": {role: vars(dial) for role, dial in self.dials.items()},
            "places": self.places,
            "apart": self.apart,
            "stage": self.stage,
            "fixed": self.fixed,
            "near": None if self.near is None else put(self.near, "u1"),
            "shownHeld": list(self.shown_held),
            "steps": self.steps and self.steps.header(put),
        }
