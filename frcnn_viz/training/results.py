"""What came of an experiment: the figures of each run, what they tell of the arms, and what the arms disagree on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from frcnn_viz.data.annotations import Object
from frcnn_viz.training.experiment import Experiment
from frcnn_viz.training.verdict import Verdict, compare

FIGURES = ("AP", "AP50", "AP75", "APs", "APm", "APl")
"""COCO's, of all objects and of the small, medium and large ones in pixels of the user's image."""
KINDS = ("figures", "per_class", "recall", "seconds")
"""The groups of figures that a run has."""


@dataclass(frozen=True)
class Measured:
    """One run after its last step, on the validation pictures; nan where there is no object to measure on.

    Attributes:
        figures: by the names of `FIGURES`. per_class: AP of each class. recall: after each stage, as an evaluation has
            it. seconds: that its steps took. found: which of the objects it finds, by their place in the results.
    """

    figures: dict[str, float]
    per_class: dict[str, float]
    recall: dict[str, float]
    seconds: dict[str, float]
    found: tuple[int, ...]


@dataclass(frozen=True)
class Target:
    """An object of the validation pictures; `picture` is the name of its picture."""

    picture: str
    item: Object


@dataclass(frozen=True)
class Results:
    """What was measured so far.

    Attributes:
        targets: the objects that every run was to find.
        measured: by the name of the run.
    """

    targets: tuple[Target, ...] = ()
    measured: dict[str, Measured] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it; what is not finite is null."""
        pictures = list(dict.fromkeys(target.picture for target in self.targets))
        places = {picture: place for place, picture in enumerate(pictures)}
        rows = [[places[one.picture], one.item.label, *one.item.box] for one in self.targets]
        return {
            "pictures": pictures,
            "objects": rows,
            "measured": {name: _plain(asdict(one)) for name, one in self.measured.items()},
        }

    @classmethod
    def from_dict(cls, content: Any) -> Results:
        """What `to_dict` wrote.

        Raises:
            TypeError, LookupError, ValueError, AttributeError: it is something else.
        """
        pictures = list(map(str, content["pictures"]))
        targets = tuple(
            Target(pictures[place], Object(tuple(map(float, box)), str(label)))
            for place, label, *box in content["objects"]
        )
        measured = {
            str(name): Measured(
                *(
                    {key: math.nan if value is None else float(value) for key, value in one[kind].items()}
                    for kind in KINDS
                ),
                tuple(place for place in map(int, one["found"]) if 0 <= place < len(targets)),
            )
            for name, one in content["measured"].items()
        }
        return cls(targets, measured)


@dataclass(frozen=True)
class Row:
    """One figure of both arms.

    Attributes:
        name: of the figure. arms: for each arm its value for each seed.
        verdict: of the second arm against the first; None before two seeds are done, or where there is none.
    """

    name: str
    arms: tuple[tuple[float, ...], ...]
    verdict: Verdict | None


@dataclass(frozen=True)
class Finding:
    """How many seeds of each arm find an object."""

    target: Target
    arms: tuple[int, ...]


@dataclass(frozen=True)
class Record:
    """An experiment and what came of it so far."""

    experiment: Experiment
    results: Results

    @property
    def seeds(self) -> tuple[int, ...]:
        """Those that both arms are done with: what is compared."""
        return tuple(
            seed for seed in self.experiment.seeds if all(name in self.results.measured for name in self._of(seed))
        )

    def rows(self, kind: str) -> list[Row]:
        """The figures of a group of `KINDS`, over the seeds that are done."""
        runs = [[self.results.measured[name] for name in self._of(seed)] for seed in self.seeds]  # [seeds][arms]
        names = dict.fromkeys(name for pair in runs for one in pair for name in getattr(one, kind))
        return [self._row(kind, name, runs) for name in names]

    @property
    def main(self) -> Row | None:
        """AP, by which the arms are judged; None before a seed is done."""
        return next((row for row in self.rows("figures") if row.name == "AP"), None)

    @property
    def sentence(self) -> str:
        """The verdict in words; empty before two seeds are done."""
        row = self.main
        return row.verdict.sentence(*(arm.name for arm in self.experiment.arms)) if row and row.verdict else ""

    def disagreements(self) -> list[Finding]:
        """The objects that most seeds of one arm find and most of the other do not, the clearest first."""
        seeds = self.seeds
        counts = np.zeros((len(self.results.targets), len(self.experiment.arms)), int)
        for seed in seeds:
            for arm, name in enumerate(self._of(seed)):
                counts[list(self.results.measured[name].found), arm] += 1
        found = counts * 2 > len(seeds)
        differ = (found[:, 0] != found[:, 1]).nonzero()[0].tolist()
        clear = sorted(differ, key=lambda place: -abs(int(counts[place, 1]) - int(counts[place, 0])))
        return [Finding(self.results.targets[place], tuple(counts[place].tolist())) for place in clear]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it, with the verdict as far as there is one."""
        row = self.main
        told = {**asdict(row.verdict), "sentence": self.sentence} if row and row.verdict else None
        return {"experiment": self.experiment.to_dict(), "results": self.results.to_dict(), "verdict": told}

    @classmethod
    def from_dict(cls, content: Any) -> Record:
        """What `to_dict` wrote; the verdict is computed anew.

        Raises:
            TrainingError, TypeError, LookupError, ValueError, AttributeError: it is something else.
        """
        return cls(Experiment.from_dict(content["experiment"]), Results.from_dict(content["results"]))

    def _of(self, seed: int) -> list[str]:
        return [self.experiment.run_of(arm, seed).name for arm in self.experiment.arms]

    def _row(self, kind: str, name: str, runs: Sequence[Sequence[Measured]]) -> Row:
        arms = tuple(tuple(getattr(one, kind).get(name, math.nan) for one in of) for of in zip(*runs, strict=True))
        told = len(runs) > 1 and all(map(math.isfinite, (value for arm in arms for value in arm)))
        return Row(name, arms, compare(*arms) if told else None)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
