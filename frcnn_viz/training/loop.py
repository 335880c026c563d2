"""The training loop: every detector of this program that learns does it here.

What a step draws at random (its pictures, how they are flipped, the samples of the losses) follows from the seed and
the step's number alone. A training that was cut off therefore goes on as if nothing had happened from the weights, the
optimizer's state and the number of the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN

from frcnn_viz.training.recipe import Recipe, TrainingError

PARTS = ("backbone", "rpn", "roi_heads")


@dataclass(frozen=True)
class Step:
    """What one step did.

    Attributes:
        number: steps done with it. rate: the learning rate it had.
        losses: by torchvision's names. gradients: the length of each part's gradient before it was clipped.
    """

    number: int
    rate: float
    losses: dict[str, float]
    gradients: dict[str, float]

    @property
    def total(self) -> float:
        """The losses' plain sum, which training minimises."""
        return sum(self.losses.values())


class Loop:
    """AdamW on the parameters that learn, one step at a time.

    Attributes:
        model: written to. step: the number of steps done. learning: the parameters that learn, by name.
    """

    def __init__(
        self,
        model: FasterRCNN,
        recipe: Recipe,
        losses: Callable[[], Mapping[str, Tensor]],
        seed: int = 0,
        learns: Callable[[str], bool] = lambda name: True,
    ) -> None:
        """Ready for the first step.

        Args:
            model: on its device; put in training mode, but for batch norms where the recipe has them still, or where
                nothing of them learns.
            recipe: how.
            losses: computes those of the step; it may draw from torch's global generator, which is seeded before.
            seed: of every step.
            learns: whether the parameter of that name does.

        Within a step the backbone computes as the recipe has it; between steps the model is a plain one.
        """
        self.model, self.recipe, self.seed, self.step = model, recipe, seed, 0
        self._losses = losses
        self._half = recipe.half or next(model.parameters()).is_cuda  # there it is always the faster way
        self.learning = {name: p for name, p in model.named_parameters() if learns(name)}
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name in self.learning)
        model.train()
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                alive = any(parameter.requires_grad for parameter in module.parameters())
                module.train(recipe.batch_norm and alive)
        weights = [p for p in self.learning.values() if p.dim() > 1]
        others = [p for p in self.learning.values() if p.dim() <= 1]
        groups = [{"params": weights, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)

    def advance(self) -> Step:
        """Do one step.

        Raises:
            TrainingError: a loss is not finite; the weights are as they were before the step.
        """
        torch.manual_seed(self.seed * 1_000_003 + self.step)
        rate = self.recipe.rate(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with half_backbone(self.model, self._half):
            losses = self._losses()
        told = {name: loss.item() for name, loss in losses.items()}
        for name, value in told.items():
            if not math.isfinite(value):
                raise TrainingError(
                    f"{name} is {value} in step {self.step + 1}; lower the learning rate, check the boxes."
                )
        self.optimizer.zero_grad()
        sum(losses.values()).backward()
        gradients = {part: _length(p.grad for n, p in self.learning.items() if n.startswith(part)) for part in PARTS}
        nn.utils.clip_grad_norm_(self.learning.values(), self.recipe.clip)
        self.optimizer.step()
        self.step += 1
        return Step(self.step, rate, told, gradients)

    def state(self) -> dict[str, Any]:
        """All that is needed to go on; `torch.save` takes it."""
        return {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """From what `state` gave."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]


@contextmanager
def one_thread(threads: int = 1) -> Iterator[None]:
    """So many threads within: one adds up in one order, and a busy process beside it does not slow it many times."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode within; each of its modules as it was after."""
    before = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in before.items():
            module.training = mode


@contextmanager
def half_backbone(model: FasterRCNN, wanted: bool = True) -> Iterator[None]:
    """Let the backbone compute in bfloat16 within, where that is wanted; what follows it gets float32."""
    if not wanted:
        yield
        return
    backbone = model.backbone
    plain = type(backbone).forward

    def forward(images: Tensor) -> Tensor | dict[str, Tensor]:
        with torch.autocast(images.device.type, dtype=torch.bfloat16):
            features = plain(backbone, images)
        if isinstance(features, Tensor):
            return features.float()
        return {name: feature.float() for name, feature in features.items()}

    backbone.forward = forward
    try:
        yield
    finally:
        del backbone.forward


def _length(gradients: Iterator[Tensor | None]) -> float:
    lengths = [gradient.norm() for gradient in gradients if gradient is not None]
    return float(torch.stack(lengths).norm()) if lengths else 0.0
