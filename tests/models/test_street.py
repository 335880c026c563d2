from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.image_list import ImageList

from frcnn_viz.models.cells import cells_fpn
from frcnn_viz.models.street import street_c4, street_fpn
from frcnn_viz.models.weights import WeightsError, load_weights, save_weights

BUILDERS = [street_fpn, street_c4, cells_fpn]


def maps_of(model: FasterRCNN, image: Tensor) -> tuple[ImageList, dict[str, Tensor]]:
    images, _ = model.transform([image])
    features = model.backbone(images.tensors)
    return images, features if isinstance(features, dict) else {"0": features}


@pytest.mark.parametrize("build", BUILDERS)
def test_a_scene_is_halved_and_not_padded(build: Callable[[], FasterRCNN]) -> None:
    images, _ = maps_of(build().eval(), torch.rand(3, 480, 640))
    assert images.image_sizes == [(240, 320)]
    assert images.tensors.shape == (1, 3, 256, 320)  # 240 rows, rounded up to a multiple of 32


@pytest.mark.parametrize("build", BUILDERS)
def test_half_size_is_the_mean_of_two_by_two_pixels(build: Callable[[], FasterRCNN]) -> None:
    model, image = build().eval(), torch.rand(3, 480, 640)
    mean = torch.nn.functional.avg_pool2d(image, 2)
    expected = (mean - 0.5) / 0.25
    assert torch.allclose(model.transform([image])[0].tensors[0, :, :240], expected, atol=1e-5)


def test_fpn_has_five_maps_with_three_anchors_per_cell() -> None:
    model = street_fpn().eval()
    _, features = maps_of(model, torch.rand(3, 480, 640))
    assert {name: tuple(f.shape[1:]) for name, f in features.items()} == {
        "0": (64, 64, 80),
        "1": (64, 32, 40),
        "2": (64, 16, 20),
        "3": (64, 8, 10),
        "pool": (64, 4, 5),
    }
    assert model.rpn.anchor_generator.num_anchors_per_location() == [3] * 5


def test_c4_has_one_map_with_nine_anchors_per_cell() -> None:
    model = street_c4().eval()
    _, features = maps_of(model, torch.rand(3, 480, 640))
    assert {name: tuple(f.shape[1:]) for name, f in features.items()} == {"0": (128, 16, 20)}
    assert model.rpn.anchor_generator.num_anchors_per_location() == [9]


@pytest.mark.parametrize("build", BUILDERS)
def test_batch_norm_is_plain_and_learns(build: Callable[[], FasterRCNN]) -> None:
    norms = [m for m in build().modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms
    assert all(m.weight.requires_grad and m.track_running_stats for m in norms)


@pytest.mark.parametrize("build", BUILDERS)
def test_weights_come_back_as_their_half_precision(build: Callable[[], FasterRCNN], tmp_path: Path) -> None:
    model = build()
    path = tmp_path / "weights.safetensors"
    save_weights(model, path)
    other = build()
    load_weights(other, path)
    for name, tensor in model.state_dict().items():
        expected = tensor.half().float() if tensor.is_floating_point() else tensor
        assert torch.equal(other.state_dict()[name], expected)
    assert path.stat().st_size < 20e6
    assert list(tmp_path.iterdir()) == [path]


def test_weights_of_another_model_are_refused_and_change_nothing(tmp_path: Path) -> None:
    save_weights(street_c4(), tmp_path / "c4.safetensors")
    model = street_fpn()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(WeightsError, match=r"c4.safetensors is of another model: it lacks '.*' and \d+ more and has"):
        load_weights(model, tmp_path / "c4.safetensors")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_wrong_shape_is_named(tmp_path: Path) -> None:
    save_weights(nn.Linear(2, 3), tmp_path / "small.safetensors")
    with pytest.raises(WeightsError, match=r"has 'weight' as \[3, 2\] instead of \[3, 4\]"):
        load_weights(nn.Linear(4, 3), tmp_path / "small.safetensors")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"not weights")
    with pytest.raises(WeightsError, match="no readable safetensors file"):
        load_weights(nn.Linear(2, 3), tmp_path / "bad.safetensors")
