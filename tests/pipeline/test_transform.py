"""The input: torchvision's tensors, sizes by hand, and one plain sentence for what is no image."""

from __future__ import annotations

import copy

import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.pipeline.transform import prepare
from tests.conftest import make_image


@pytest.mark.parametrize(
    ("image_size", "input_size", "padded_size"),
    [
        ((1, 1), (160, 160), (160, 160)),
        ((200, 260), (160, 208), (160, 224)),  # 160 / 200 = 0.8; 260 * 0.8 = 208; the next multiple of 32 is 224
        ((33, 517), (20, 320), (32, 320)),  # the long side is held to 320; 33 * 320 / 517 = 20.4
        ((640, 160), (320, 80), (320, 96)),
    ],
)
def test_sizes(tiny_c4: FasterRCNN, image_size: tuple, input_size: tuple, padded_size: tuple) -> None:
    image = make_image(*image_size)
    result = prepare(tiny_c4, image, min_size=160, max_size=320)
    expected, _ = copy.deepcopy(tiny_c4).transform([image])
    assert torch.equal(result.images.tensors, expected.tensors)
    assert result.images.image_sizes == expected.image_sizes == [input_size]
    assert (result.image_size, result.input_size, result.padded_size) == (image_size, input_size, padded_size)
    assert result.scale == (input_size[0] / image_size[0], input_size[1] / image_size[1])
    torch.testing.assert_close(result.denormalized(result.normalized), image)


@pytest.mark.parametrize(
    "image", [torch.rand(1, 5, 5), torch.rand(5, 5), torch.zeros(3, 5, 5, dtype=torch.uint8), torch.rand(3, 0, 5)]
)
def test_what_is_no_image_is_refused(tiny_c4: FasterRCNN, image: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"expected a float image \[3, H, W\] in 0\.\.1, got torch\."):
        prepare(tiny_c4, image, min_size=160, max_size=320)
