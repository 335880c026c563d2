"""The learning-rate range test (Smith, 2017, section 3.3): the rate rises step by step until the loss leaps.

In a process of its own: `Child("frcnn_viz.training.rates", run)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor
from torchvision.models.detection import FasterRCNN

from frcnn_viz.data.child import serve
from frcnn_viz.models.registry import choose_device
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.training.kept_samples import recalibrate, step_losses
from frcnn_viz.training.loop import Loop, Step, one_thread
from frcnn_viz.training.pictures import store_pictures
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.run import Run, build
from frcnn_viz.training.sets import open_set
from frcnn_viz.training.snapshot import TRAIN, samples_of, take
from frcnn_viz.training.store import pictures_folder

STEPS = 60
LOWEST, HIGHEST = 1e-6, 1.0
LEAP = 4.0
"""It stops where the running mean of the loss is so many times its least."""
UNDER = 10.0
"""The rate that is suggested is so many times under the one at which the loss was least."""
SMOOTHING = 0.1
"""The part that a new step has in the running mean of a loss."""


@dataclass(frozen=True)
class Rising(Recipe):
    """A recipe whose rate rises geometrically from `LOWEST` to `HIGHEST`; all else is as it says."""

    def rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        return LOWEST * (HIGHEST / LOWEST) ** (step / max(1, self.steps - 1))


@dataclass(frozen=True)
class RateRange:
    """What the test found up to a step.

    Attributes:
        rates, losses: of each step: the sum of the four. means: running means of these.
        suggested: the learning rate by `suggest`.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    means: tuple[float, ...]
    suggested: float

    @classmethod
    def of(cls, steps: Sequence[Step]) -> RateRange:
        """From steps in order, at least one."""
        rates, losses = [step.rate for step in steps], [step.total for step in steps]
        means = running_mean(losses)
        return cls(tuple(rates), tuple(losses), tuple(means), suggest(rates, means))

    @property
    def leapt(self) -> bool:
        """Whether the loss did with the last step."""
        return self.means[-1] > LEAP * min(self.means)


def rate_range(
    model: FasterRCNN,
    recipe: Recipe,
    losses: Callable[[], Mapping[str, Tensor]],
    seed: int = 0,
    learns: Callable[[str], bool] = lambda name: True,
    steps: int = STEPS,
) -> Iterator[RateRange]:
    """Train with a rising rate, and tell what was found after each step; it ends where the loss leaps.

    The model is ruined by it: give one that is thrown away.

    Args:
        model: as a training would begin with it.
        recipe: of that training; its length and its rates are replaced.
        losses: as `Loop` takes it.
        seed: likewise.
        learns: likewise.
        steps: at most.

    Raises:
        TrainingError: the loss of the first step is not finite. That of a later one ends the test.
    """
    loop = Loop(model, Rising(**{**recipe.to_dict(), "steps": steps}), losses, seed, learns)
    done: list[Step] = []
    while loop.step < steps:
        try:
            done.append(loop.advance())
        except TrainingError:
            if not done:
                raise
            return
        found = RateRange.of(done)
        yield found
        if found.leapt:
            return


def suggest(rates: Sequence[float], means: Sequence[float]) -> float:
    """A tenth of the rate at which the running mean of the loss is least: it falls well there, and does not leap."""
    return rates[min(range(len(means)), key=means.__getitem__)] / UNDER


def running_mean(values: Sequence[float]) -> list[float]:
    """Each value as the exponential mean up to it, as if all before the first had been zero weights."""
    mean, weight, means = 0.0, 0.0, []
    for value in values:
        mean = (1 - SMOOTHING) * mean + SMOOTHING * value
        weight = (1 - SMOOTHING) * weight + SMOOTHING
        means.append(mean / weight)
    return means


def rate_range_of(run: Run, steps: int = STEPS) -> Iterator[RateRange]:
    """The test on the data of a run, which need not be started; its decoded pictures are kept for it.

    Raises:
        TrainingError, DataError, ModelError: nothing could be learnt from them, or something is not there.
    """
    device, snapshot, opened = choose_device(run.device), take(run), open_set(run.data)
    model = build(run).to(device)
    own = Settings.of(model)
    file, lacking = store_pictures(pictures_folder(), opened, snapshot.wanted, own.min_size, own.max_size)
    samples = samples_of(snapshot.without(lacking).of(TRAIN), file, run.classes)
    with one_thread(run.threads):
        if run.keep_features:
            recalibrate(model, samples, run.recipe.batch)
        losses = step_losses(run, model, samples)
        yield from rate_range(model, run.recipe, losses, run.seed, run.learns, steps)


if __name__ == "__main__":
    from frcnn_viz.training import rates  # what is told is of the module by its name, which the parent knows

    serve(rates.rate_range_of)
