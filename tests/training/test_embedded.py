from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.models.registry import ModelError
from frcnn_viz.models.street import street_c4
from frcnn_viz.training.embedded import Recipe, _batch, run_recipe, train_embedded
from frcnn_viz.training.scenes import SceneSet

CPU = torch.device("cpu")


def few_scenes(count: int = 3) -> SceneSet:
    random = np.random.default_rng(0)
    boxes = torch.tensor([[20.0, 30.0, 80.0, 150.0], [200.0, 100.0, 260.0, 130.0]])
    return SceneSet(
        images=random.integers(0, 256, (count, 3, 240, 320), dtype=np.uint8),
        boxes=[boxes] * count,
        labels=[torch.tensor([1, 2])] * count,
    )


def fresh() -> FasterRCNN:
    torch.manual_seed(0)
    return street_c4()


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    recipe, scenes = Recipe(steps=4, batch=1, warm_up=2), few_scenes()
    straight = run_recipe(fresh(), recipe, scenes, tmp_path / "a.pt", True, 0)
    run_recipe(fresh(), recipe, scenes, tmp_path / "b.pt", True, 0, stop_at=2)
    resumed = run_recipe(fresh(), recipe, scenes, tmp_path / "b.pt", True, 0)
    for name, tensor in straight.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name
    assert not straight.training
    assert torch.get_num_threads() == threads
    assert not list(tmp_path.glob("*.partial"))


def test_the_rate_warms_up_then_falls_to_zero() -> None:
    recipe = Recipe(steps=1150, learning_rate=1e-3, warm_up=150)
    assert recipe.rate(0) == pytest.approx(1e-3 / 150)
    assert recipe.rate(149) == pytest.approx(1e-3)
    assert recipe.rate(650) == pytest.approx(5e-4)  # half way down the cosine
    assert recipe.rate(1150) == pytest.approx(0)


def test_a_mirrored_box_is_still_on_its_object() -> None:
    image = np.zeros((3, 240, 320), dtype=np.uint8)
    image[:, 30:150, 20:80] = 200
    scene = SceneSet(image[None], [torch.tensor([[20.0, 30.0, 80.0, 150.0]])], [torch.tensor([1])])
    lefts = set()
    for seed in range(8):
        (picture,), (target,) = _batch(scene, 1, torch.Generator().manual_seed(seed), CPU)
        x1, y1, x2, y2 = (int(value) for value in target["boxes"][0])
        lefts.add(x1)
        bright = picture[0] > 0.4
        assert bright[y1:y2, x1:x2].all()
        assert bright.sum() == (y2 - y1) * (x2 - x1)
    assert lefts == {20, 240}  # 320 - 80


def test_only_embedded_detectors_are_trained(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="choose one of street-fpn, street-c4"):
        train_embedded("resnet", tmp_path / "x.safetensors", runs=tmp_path)
