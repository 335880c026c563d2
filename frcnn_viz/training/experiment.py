"""An experiment: one training in two arms that differ in something, each done with the same seeds.

Both arms of a seed see the same pictures in the same order, since the order follows from the seed alone. So nothing but
the change, and chance, can make their figures differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import Run, run_name

FREE = ("detector", "recipe", "parts")
"""What of a run an arm can change."""
SHARED = {"recipe": ("steps", "batch"), "detector": ("classes",)}
"""What of these is the same in both arms: the pictures that are seen, and what is to be found on them."""
ARMS, LEAST_SEEDS, MOST_SEEDS = 2, 3, 100


@dataclass(frozen=True)
class Arm:
    """One of the two.

    Attributes:
        name: of it. changes: what it has of the run, by the names of `run.json`, such as
            `{"recipe": {"learning_rate": 0.002}}`; what is not there is as the experiment has it.
    """

    name: str
    changes: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or self.name != run_name(self.name):
            known = run_name(str(self.name))
            raise TrainingError(f"an arm cannot be called {str(self.name)[:80]!r}; call it {known!r}.")
        if not isinstance(self.changes, Mapping):
            raise TrainingError(f"the changes of arm {self.name} are {str(self.changes)[:80]!r}; write them by name.")
        for name, value in self.changes.items():
            if name not in FREE:
                raise TrainingError(
                    f"arm {self.name} changes {str(name)[:80]!r}, which both arms must share; "
                    f"it can change {', '.join(FREE)}."
                )
            if name in SHARED and not isinstance(value, Mapping):
                raise TrainingError(f"{name} of arm {self.name} is {str(value)[:80]!r}; write its changes by name.")
            for shared in SHARED.get(name, ()):
                if shared in value:
                    raise TrainingError(
                        f"arm {self.name} changes {shared}, which both arms must share; set it for the experiment."
                    )

    def of(self, run: Run) -> Run:
        """The run as this arm does it.

        Raises:
            TrainingError: a name is unknown, or a value out of range or of another kind.
        """
        plain = run.to_dict()
        for name, value in self.changes.items():
            plain[name] = {**plain[name], **value} if name in SHARED else value
        try:
            return Run.from_dict(plain)
        except TrainingError as error:
            raise TrainingError(f"arm {self.name}: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"name": self.name, "changes": dict(self.changes)}


@dataclass(frozen=True)
class Experiment:
    """All that the runs of an experiment follow from, but for the pictures themselves.

    Attributes:
        run: what both arms share; its name is the experiment's, and its own seed is not used.
        arms: the two; the second is compared with the first.
        seeds: with each of which both arms are trained.
    """

    run: Run
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...] = (0, 1, 2)

    def __post_init__(self) -> None:
        if len(self.arms) != ARMS:
            raise TrainingError(f"the experiment has {len(self.arms)} arms; it compares {ARMS}.")
        first, second = self.arms
        if first.name == second.name:
            raise TrainingError(f"both arms are called {first.name!r}; give them two names.")
        if not LEAST_SEEDS <= len(self.seeds) <= MOST_SEEDS:
            raise TrainingError(
                f"there are {len(self.seeds)} seeds; {LEAST_SEEDS} to {MOST_SEEDS} are needed, "
                "since one training more or less tells nothing."
            )
        twice = next((seed for seed in self.seeds if self.seeds.count(seed) > 1), None)
        if twice is not None:
            raise TrainingError(f"the seed {twice} is there twice, and would give the same run; leave one out.")
        if not (self.run.validation or self.run.validation_list):
            raise TrainingError("no picture is kept apart to measure on; set validation over 0, or give a list.")
        runs = [self.run_of(arm, seed) for arm in self.arms for seed in self.seeds]
        if replace(runs[0], name="same") == replace(runs[len(self.seeds)], name="same"):
            raise TrainingError(f"the arms {first.name} and {second.name} are the same training; change one of them.")

    @property
    def name(self) -> str:
        """Of its folder, and how the names of its runs begin."""
        return self.run.name

    def run_of(self, arm: Arm, seed: int) -> Run:
        """An ordinary run, called `EXPERIMENT.ARM.SEED`."""
        return arm.of(replace(self.run, name=f"{self.name}.{arm.name}.{seed}", seed=seed))

    def parts(self) -> Iterator[tuple[Arm, int, Run]]:
        """All runs in the order they are done: both arms of a seed, then the next seed."""
        for seed in self.seeds:
            for arm in self.arms:
                yield arm, seed, self.run_of(arm, seed)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "run": self.run.to_dict(),
            "arms": [arm.to_dict() for arm in self.arms],
            "seeds": list(self.seeds),
        }

    @classmethod
    def from_dict(cls, content: Any) -> Experiment:
        """What `to_dict` wrote; the seeds can be left out.

        Raises:
            TrainingError: a name is unknown, or a value out of range or of another kind.
        """
        if not isinstance(content, dict):
            raise TrainingError(f"an experiment is {str(content)[:80]!r}; write its run, arms and seeds by name.")
        _only(content, ("run", "arms", "seeds"), "an experiment")
        arms, seeds = content.get("arms", ()), content.get("seeds", [0, 1, 2])
        if not isinstance(arms, list) or not all(isinstance(arm, dict) for arm in arms):
            raise TrainingError("the experiment does not say its arms; write `arms`, a list of two.")
        for arm in arms:
            _only(arm, ("name", "changes"), "an arm")
        if not isinstance(seeds, list) or not all(type(seed) is int for seed in seeds):
            raise TrainingError(f"seeds is {str(seeds)[:80]!r}; write whole numbers, such as [0, 1, 2].")
        made = tuple(Arm(arm.get("name", ""), arm.get("changes", {})) for arm in arms)
        return cls(Run.from_dict(content.get("run")), made, tuple(seeds))


def _only(content: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    strange = next((name for name in content if name not in known), None)
    if strange is not None:
        raise TrainingError(f"{what} has no {str(strange)[:80]!r}; it has {', '.join(known)}.")
