"""A run whose backbone stays as it is: its features are kept, and nothing else comes of it than without."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from frcnn_viz.models.registry import load_detector
from frcnn_viz.models.street import street_c4
from frcnn_viz.training.kept import keep
from frcnn_viz.training.kept_samples import KeptSamples, recalibrate
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.run import Run
from frcnn_viz.training.samples import Samples
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder
from frcnn_viz.training.trainer import Trainer
from frcnn_viz.training.turn import StopAsked
from tests.training.small import hashes, measured, small_run, trained_here

RECIPE = Recipe(4, batch=2, mirror=True, upside_down=True)


def pictures(count: int = 3) -> Samples:
    images = [np.random.default_rng(n).integers(0, 256, (3, 48, 64), dtype=np.uint8) for n in range(count)]
    boxes = [torch.tensor([[8.0 + n, 10.0, 32.0 + n, 34.0]]) for n in range(count)]
    return Samples(images, boxes, [torch.tensor([1 + n]) for n in range(count)])


def small_model() -> torch.nn.Module:
    torch.manual_seed(0)
    model = street_c4()
    model.transform.min_size, model.transform.max_size = (48,), 64
    return model.train().requires_grad_(True)


def kept_run(data: Path, name: str = "kept", **changes: object) -> Run:
    run = small_run(data, name, parts="heads", **changes)
    return replace(run, recipe=replace(run.recipe, light=False), keep_features=True)


def test_features_that_are_kept_give_the_losses_of_those_computed_anew() -> None:
    """With room for all, for some and for none."""
    model, each = small_model().eval(), []
    nbytes = keep(model, torch.zeros(3, 48, 64), torch.zeros(0, 4), torch.zeros(0)).nbytes
    model.train()
    for module in model.backbone.modules():
        module.eval()
    for room in (10**9, 2 * nbytes, 0):
        kept = KeptSamples(model, pictures(), RECIPE, room)
        torch.manual_seed(3)
        each.append([{name: loss.item() for name, loss in kept.losses().items()} for _ in range(6)])
        assert len(kept._kept) <= room // nbytes
    assert each[0] == each[1] == each[2]


def test_a_turned_picture_is_the_one_that_torchvision_turns() -> None:
    model, samples = small_model().eval(), pictures(1)
    turned = KeptSamples(model, samples, RECIPE)._picture(0, True, True)
    image = torch.tensor(samples.images[0]).float() / 255
    there = keep(model, image.flip(1, 2), torch.tensor([[32.0, 14.0, 56.0, 38.0]]), samples.labels[0])  # 64-x, 48-y
    assert torch.equal(turned.boxes, there.boxes)
    assert all(torch.equal(turned.features[name], there.features[name]) for name in there.features)


def test_norms_are_set_to_the_pictures_and_all_else_stays() -> None:
    """One batch of all: the first norm's statistics are those of what it is given."""
    model = load_detector("street-c4", random_weights=True).model
    model.transform.min_size, model.transform.max_size = (48,), 64
    before, samples = {name: tensor.clone() for name, tensor in model.state_dict().items()}, pictures()
    modes = {name: module.training for name, module in model.named_modules()}
    norm = next(module for module in model.backbone.modules() if isinstance(module, torch.nn.BatchNorm2d))
    given = []
    with norm.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0].detach())):
        recalibrate(model, samples, batch=3)
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert {name.rsplit(".", 1)[1] for name in changed} == {"running_mean", "running_var", "num_batches_tracked"}
    assert all(name.startswith("backbone.") for name in changed)
    assert {name: module.training for name, module in model.named_modules()} == modes
    torch.testing.assert_close(norm.running_mean, given[0].mean((0, 2, 3)))
    torch.testing.assert_close(norm.running_var, given[0].var((0, 2, 3)))


@pytest.mark.usefixtures("workspace")
def test_it_is_stopped_and_goes_on_to_the_same_weights(squares: Path) -> None:
    straight = trained_here(kept_run(squares, steps=8))
    run = kept_run(squares, "stopped", steps=8)
    folder = RunFolder.create(run, take(run))
    for when in (1, 5, 99):
        folder.let_go_on()
        trainer = Trainer(folder, lambda step, told, when=when: folder.ask_to_stop() if step == when else None)
        with suppress(StopAsked):
            trainer.go()
    assert hashes(folder) == hashes(straight)
    assert measured(folder) == measured(straight)
    opened = load_detector("run:stopped@8").model
    weights = load_file(folder.steps[8])
    assert all(name.startswith(("rpn.", "roi_heads.")) for name in weights)
    own = load_detector("street-c4").model.backbone.state_dict()
    changed = {name for name, value in opened.backbone.state_dict().items() if not torch.equal(value, own[name])}
    assert {name.rsplit(".", 1)[1] for name in changed} == {"running_mean", "running_var", "num_batches_tracked"}
