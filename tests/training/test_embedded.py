from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.models.registry import ModelError
from frcnn_viz.models.street import street_c4
from frcnn_viz.training.embedded import run_recipe, street_recipe, train_embedded
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.samples import Samples


def few_scenes(count: int = 3) -> Samples:
    random = np.random.default_rng(0)
    boxes = torch.tensor([[20.0, 30.0, 80.0, 150.0], [200.0, 100.0, 260.0, 130.0]])
    return Samples(
        images=random.integers(0, 256, (count, 3, 240, 320), dtype=np.uint8),
        boxes=[boxes] * count,
        labels=[torch.tensor([1, 2])] * count,
    )


def fresh() -> FasterRCNN:
    torch.manual_seed(0)
    return street_c4()


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    recipe, scenes = Recipe(steps=4, batch=1, warm_up=2, half=True), few_scenes()
    straight = run_recipe(fresh(), recipe, scenes, tmp_path / "a.pt", True, 0)
    run_recipe(fresh(), recipe, scenes, tmp_path / "b.pt", True, 0, stop_at=2)
    resumed = run_recipe(fresh(), recipe, scenes, tmp_path / "b.pt", True, 0)
    for name, tensor in straight.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name
    assert not straight.training
    assert torch.get_num_threads() == threads
    assert not list(tmp_path.glob("*.partial"))


def test_the_rate_warms_up_then_falls_to_zero() -> None:
    recipe = street_recipe(1150)
    assert recipe.rate(0) == pytest.approx(1e-3 / 150)
    assert recipe.rate(149) == pytest.approx(1e-3)
    assert recipe.rate(650) == pytest.approx(5e-4)  # half way down the cosine
    assert recipe.rate(1150) == pytest.approx(0)


def test_only_embedded_detectors_are_trained(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="choose one of street-fpn, street-c4"):
        train_embedded("resnet", tmp_path / "x.safetensors", runs=tmp_path)
