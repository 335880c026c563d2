"""Training an embedded detector from nothing: one recipe, resumable, the same on each run of one machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.models.partial import whole
from frcnn_viz.models.registry import EMBEDDED, ModelError
from frcnn_viz.models.weights import save_weights
from frcnn_viz.training.loop import Loop, one_thread
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.samples import Samples, draw_batch
from frcnn_viz.training.scenes import training_scenes

RUNS = Path("runs")
"""Scenes and checkpoints of trainings under way; may be deleted."""


CHECKPOINT_EVERY = 200
SCENES = 6000


def street_recipe(steps: int) -> Recipe:
    """That of the street scenes' detectors, over so many steps."""
    return Recipe(steps, warm_up=150, decay="cosine", decay_from=0.0, light=True, half=True)


RECIPES = {"street-fpn": street_recipe(5500), "street-c4": street_recipe(3500)}


@dataclass(frozen=True)
class Progress:
    """Where a training is."""

    step: int
    steps: int
    losses: dict[str, float]
    seconds_per_step: float

    def __str__(self) -> str:
        losses = "  ".join(f"{name.removeprefix('loss_')} {value:.3f}" for name, value in self.losses.items())
        left = (self.steps - self.step) * self.seconds_per_step / 60
        return f"step {self.step}/{self.steps}  {losses}  {self.seconds_per_step:.2f} s/step, {left:.0f} min left"


def train_embedded(
    name: str,
    out: Path,
    *,
    steps: int | None = None,
    resume: bool = True,
    seed: int = 0,
    progress: Callable[[object], None] = lambda report: None,
    runs: Path = RUNS,
) -> Path:
    """Train a detector of the registry from random weights and write its weights to `out`.

    Interrupted, it goes on from its last checkpoint in `runs`: every step draws its batch, flips and samples
    from a generator seeded by (seed, step), so a resumed run equals an uninterrupted one.

    Args:
        name: street-fpn or street-c4.
        out: the safetensors file.
        steps: another length than the recipe's.
        resume: False starts anew.
        seed: of the weights and of every step.
        progress: called with a `Progress`, or a line of text while scenes are drawn.
        runs: folder of scenes and checkpoints.
    """
    if name not in RECIPES:
        raise ModelError(f"{name!r} is not an embedded detector; choose one of {', '.join(RECIPES)}.")
    recipe = RECIPES[name] if steps is None else street_recipe(steps)
    count = SCENES if steps is None else min(SCENES, 4 * steps)

    def drawn(done: int, total: int) -> None:
        if done % 500 == 0 or done == total:
            progress(f"drawn {done} of {total} scenes")

    scenes = training_scenes(count, runs, drawn)
    torch.manual_seed(seed)
    model = EMBEDDED[name].build(len(EMBEDDED[name].classes))
    model = run_recipe(model, recipe, scenes, runs / f"{name}-{recipe.steps}-{seed}.pt", resume, seed, progress)
    save_weights(model, out)
    return out


def run_recipe(
    model: FasterRCNN,
    recipe: Recipe,
    scenes: Samples,
    checkpoint: Path,
    resume: bool,
    seed: int,
    progress: Callable[[object], None] = lambda report: None,
    stop_at: int | None = None,
) -> FasterRCNN:
    """Run the steps that are left (up to `stop_at`), writing `checkpoint` now and then; returns `model`, trained."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    loop = Loop(model, recipe, lambda: model(*draw_batch(scenes, recipe, device)), seed)
    if resume and checkpoint.is_file():
        loop.go_on(torch.load(checkpoint, map_location=device, weights_only=True))
    first, start, end = loop.step, time.perf_counter(), recipe.steps if stop_at is None else stop_at
    averages: dict[str, float] = {}
    with one_thread():
        while loop.step < end:
            for name, loss in loop.advance().losses.items():
                averages[name] = 0.98 * averages.get(name, loss) + 0.02 * loss
            if loop.step % 50 == 0:
                seconds = (time.perf_counter() - start) / (loop.step - first)
                progress(Progress(loop.step, recipe.steps, dict(averages), seconds))
            if loop.step % CHECKPOINT_EVERY == 0 or loop.step == end:
                checkpoint.parent.mkdir(parents=True, exist_ok=True)
                with whole(checkpoint) as partial:
                    torch.save(loop.state(), partial)
    return model.eval().cpu()
