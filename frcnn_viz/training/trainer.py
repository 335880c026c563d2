"""What the process of a run does: decode the pictures, then step, measure and keep until it is done or asked to stop.

All that follows from a step is done before the next one, and what is not yet done of it is found out from the files; so
a run that was cut off anywhere goes on from its last state to the same weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from torch import nn
from torchvision.models.detection import FasterRCNN
from torchvision.ops import FrozenBatchNorm2d

from frcnn_viz.models.registry import choose_device
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.training.evaluation import evaluate_samples
from frcnn_viz.training.history import line_of
from frcnn_viz.training.kept_samples import recalibrate, step_losses
from frcnn_viz.training.loop import Loop, one_thread
from frcnn_viz.training.pictures import store_pictures
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import build
from frcnn_viz.training.samples import Samples
from frcnn_viz.training.sets import open_set
from frcnn_viz.training.snapshot import TRAIN, VALIDATION, check, samples_of
from frcnn_viz.training.store import RunFolder, pictures_folder, pictures_of
from frcnn_viz.training.turn import StopAsked

SAVE_SECONDS = 30
"""A state is saved at least so often; what came after it is computed again when the process was killed."""
Tell = Callable[[int, str], None]
AfterStep = Callable[[int], None]


class Trainer:
    """A run under way.

    Attributes:
        run: what is done. loop: how far it is. train, apart: what it learns from, and is measured on.
    """

    def __init__(
        self, folder: RunFolder, tell: Tell = lambda step, told: None, after_step: AfterStep = lambda step: None
    ) -> None:
        """Ready to go on from the last state, or to begin.

        Args:
            folder: of the run.
            tell: called now and then with the steps done and what goes on, in words where that is no step.
            after_step: called between two steps with those that are done; it may raise StopAsked.

        Raises:
            TrainingError, DataError, ModelError, WeightsError: the run cannot begin. StopAsked: it is not to.
        """
        self._folder, self._tell, self._after_step, self.run = folder, tell, after_step, folder.run
        device = choose_device(self.run.device)
        model = build(self.run).to(device)
        recipe = self.run.recipe
        self.loop = Loop(model, recipe, lambda: self._losses(), self.run.seed, self.run.learns)
        self._changing = changing(model)
        state = folder.state(device)
        if state is not None:
            self.loop.go_on(state)
        self.train, self.apart = self._samples(model)
        if self.run.keep_features and state is None:
            recalibrate(model, self.train, recipe.batch)
        folder.cut(-1 if state is None else self.loop.step)
        self._measured = {line["step"] for line in folder.metrics() if "evaluation" in line}
        self._saved = time.monotonic()

    def go(self) -> None:
        """Do the steps that are left.

        Raises:
            StopAsked: it was asked to stop; the state is saved. TrainingError: it cannot go on, or the disk is full.
        """
        self._losses = step_losses(self.run, self.loop.model, self.train)
        began = self.loop.step
        with one_thread(self.run.threads):
            while True:
                try:
                    self._look()
                    if began < self.loop.step < self.run.recipe.steps:
                        self._after_step(self.loop.step)
                    self._measure()
                except StopAsked:
                    self._save()
                    raise
                self._keep()
                if self.loop.step == self.run.recipe.steps:
                    return
                self._step()

    def _step(self) -> None:
        start = time.perf_counter()
        try:
            done = self.loop.advance()
        except TrainingError:
            self._write()  # so that one can look at what it came to
            raise
        self._folder.append({**line_of(done), "seconds": round(time.perf_counter() - start, 4)})
        self._tell(done.number, "")

    def _measure(self) -> None:
        step = self.loop.step
        if not len(self.apart) or step in self._measured or not self._is_due(self.run.evaluate_every):
            return

        def tell(done: int, total: int) -> None:
            self._look()
            self._tell(step, f"Measures picture {done + 1:,} of {total:,}.")

        found = evaluate_samples(self.loop.model, self.apart, self.run.classes, tell)
        self._folder.append({"step": step, "evaluation": found.to_dict()})
        self._measured.add(step)

    def _keep(self) -> None:
        step = self.loop.step
        due = step == 0 or self._is_due(self.run.keep_every)
        if due and step not in self._folder.steps:
            self._write()
        elif time.monotonic() - self._saved < SAVE_SECONDS:
            return
        self._save()

    def _is_due(self, every: int) -> bool:
        step = self.loop.step
        return step == self.run.recipe.steps or (every > 0 and step % every == 0)

    def _write(self) -> None:
        still, weights = {}, {}
        for name, tensor in self.loop.model.state_dict().items():
            (weights if name in self._changing else still)[name] = tensor
        self._folder.keep(self.loop.step, weights, still)

    def _save(self) -> None:
        self._folder.save_state(self.loop.state())
        self._saved = time.monotonic()

    def _look(self) -> None:
        if self._folder.is_asked_to_stop:
            raise StopAsked(self.loop.step)

    def _samples(self, model: FasterRCNN) -> tuple[Samples, Samples]:
        """What it learns from and what it is measured on; decoded now unless that was done before."""
        snapshot, own = self._folder.snapshot, Settings.of(model)
        file = pictures_of(snapshot, model)
        if not file.is_here:

            def tell(done: int, total: int) -> None:
                self._look()
                self._tell(self.loop.step, f"Reads picture {done + 1:,} of {total:,}.")

            opened = open_set(self.run.data)
            file, lacking = store_pictures(pictures_folder(), opened, snapshot.wanted, own.min_size, own.max_size, tell)
            if lacking and self._folder.has_state:
                raise TrainingError(f"{next(iter(lacking.values()))} The run cannot go on as it began; start another.")
            if lacking:
                snapshot = snapshot.without(lacking)
                check(self.run, snapshot)
                self._folder.set_snapshot(snapshot)
        self._folder.set_pictures(file.path.name)
        train, apart = (samples_of(snapshot.of(part), file, self.run.classes) for part in (TRAIN, VALIDATION))
        return train, apart


def changing(model: FasterRCNN) -> set[str]:
    """The names in the state of a model in training mode that a step changes.

    These are the parameters that learn, and all buffers but those of batch norms whose statistics do not follow the
    batches.
    """
    found = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    for path, module in model.named_modules():
        still = isinstance(module, FrozenBatchNorm2d) or (
            isinstance(module, nn.modules.batchnorm._BatchNorm) and not module.training
        )
        if not still:
            found |= {f"{path}.{name}".lstrip(".") for name, _ in module.named_buffers(recurse=False)}
    return found
