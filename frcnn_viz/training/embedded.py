"""Training an embedded detector from nothing: one recipe, resumable, the same on each run of one machine."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from frcnn_viz.models.registry import EMBEDDED, ModelError
from frcnn_viz.models.weights import save_weights
from frcnn_viz.training.scenes import SceneSet, training_scenes

RUNS = Path("runs")
"""Scenes and checkpoints of trainings under way; may be deleted."""


@dataclass(frozen=True)
class Recipe:
    """AdamW with a linear warm-up and a cosine to zero."""

    steps: int
    scenes: int = 6000
    batch: int = 4
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warm_up: int = 150
    clip: float = 5.0
    checkpoint_every: int = 200

    def rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


RECIPES = {"street-fpn": Recipe(steps=5500), "street-c4": Recipe(steps=3500)}


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
    recipe = RECIPES[name] if steps is None else Recipe(steps=steps, scenes=min(6000, 4 * steps))

    def drawn(done: int, total: int) -> None:
        if done % 500 == 0 or done == total:
            progress(f"drawn {done} of {total} scenes")

    scenes = training_scenes(recipe.scenes, runs, drawn)
    torch.manual_seed(seed)
    model = EMBEDDED[name].build(len(EMBEDDED[name].classes))
    model = run_recipe(model, recipe, scenes, runs / f"{name}-{recipe.steps}-{seed}.pt", resume, seed, progress)
    save_weights(model, out)
    return out


def run_recipe(
    model: FasterRCNN,
    recipe: Recipe,
    scenes: SceneSet,
    checkpoint: Path,
    resume: bool,
    seed: int,
    progress: Callable[[object], None] = lambda report: None,
    stop_at: int | None = None,
) -> FasterRCNN:
    """Run the steps that are left (up to `stop_at`), writing `checkpoint` now and then; returns `model`, trained.

    On one CPU thread: sums are then in one order, and a second busy process does not slow it many times over.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _run_steps(model, recipe, scenes, checkpoint, resume, seed, progress, stop_at)
    finally:
        torch.set_num_threads(threads)


def _run_steps(
    model: FasterRCNN,
    recipe: Recipe,
    scenes: SceneSet,
    checkpoint: Path,
    resume: bool,
    seed: int,
    progress: Callable[[object], None],
    stop_at: int | None,
) -> FasterRCNN:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train()
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)
    first = 0
    if resume and checkpoint.is_file():
        held = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(held["model"])
        optimizer.load_state_dict(held["optimizer"])
        first = held["step"]
    _autocast_backbone(model, device)
    start, end = time.perf_counter(), recipe.steps if stop_at is None else stop_at
    averages: dict[str, float] = {}
    for step in range(first, end):
        generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
        torch.manual_seed(seed * 1_000_003 + step)  # torchvision's samplers draw from the global generator
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(step)
        losses = model(*_batch(scenes, recipe.batch, generator, device))
        optimizer.zero_grad()
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        for name, loss in losses.items():
            averages[name] = 0.98 * averages.get(name, loss.item()) + 0.02 * loss.item()
        if (step + 1) % 50 == 0:
            seconds = (time.perf_counter() - start) / (step + 1 - first)
            progress(Progress(step + 1, recipe.steps, dict(averages), seconds))
        if (step + 1) % recipe.checkpoint_every == 0 or step + 1 == end:
            _save_checkpoint(checkpoint, model, optimizer, step + 1)
    del model.backbone.forward
    return model.eval().cpu()


def _batch(
    scenes: SceneSet, size: int, generator: torch.Generator, device: torch.device
) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """Scenes at random, half of them mirrored, each a little lighter or darker."""
    images, targets = [], []
    for index in torch.randint(len(scenes), (size,), generator=generator).tolist():
        image = torch.from_numpy(scenes.images[index]).to(torch.float32) / 255
        boxes, labels = scenes.boxes[index], scenes.labels[index]
        mirror, gain, shift = torch.rand(3, generator=generator).tolist()
        image = (image * (0.85 + 0.3 * gain) + 0.1 * (shift - 0.5)).clamp(0, 1)
        if mirror < 0.5:
            width = image.shape[-1]
            image = image.flip(-1)
            boxes = torch.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], dim=1)
        images.append(image.to(device))
        targets.append({"boxes": boxes.to(device), "labels": labels.to(device)})
    return images, targets


def _autocast_backbone(model: FasterRCNN, device: torch.device) -> None:
    """Let the backbone compute in bfloat16 while training; what follows gets float32."""
    plain = type(model.backbone).forward

    def forward(images: Tensor) -> Tensor | dict[str, Tensor]:
        with torch.autocast(device.type, dtype=torch.bfloat16):
            features = plain(model.backbone, images)
        if isinstance(features, Tensor):
            return features.float()
        return {name: feature.float() for name, feature in features.items()}

    model.backbone.forward = forward


def _save_checkpoint(path: Path, model: FasterRCNN, optimizer: torch.optim.Optimizer, step: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, partial)
    os.replace(partial, path)
