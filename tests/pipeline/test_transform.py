"""The input: torchvision's tensors, sizes by hand, and one plain sentence for what is no image."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.transforms.v2.functional import to_dtype

from frcnn_viz.pipeline.transform import prepare
from tests.conftest import make_image


@pytest.mark.parametrize(
    ("image_size", "input_size", "padded_size"),
    [
        ((1, 1), (160, 160), (160, 160)),
        ((200, 260), (160, 208), (160, 224)),  # 160 / 200 = 0.8; 260 * 0.8 = 208; the next multiple of 32 is 224
        ((33, 517), (20, 320), (32, 320)),  # the long side is held to 320; 33 * 320 / 517 = 20.4
        ((640, 160), (320, 80), (320, 96)),  # taller than the bands it is normalised in
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


def test_eight_bits_are_the_same_image(tiny_c4: FasterRCNN) -> None:
    image = (make_image(300, 40) * 255).to(torch.uint8)
    expected, _ = copy.deepcopy(tiny_c4).transform([to_dtype(image, torch.float32, scale=True)])
    for laid in (image, image[None].contiguous(memory_format=torch.channels_last)[0]):  # as decoders give a picture
        assert torch.equal(prepare(tiny_c4, laid, min_size=160, max_size=320).images.tensors, expected.tensors)


@pytest.fixture
def nothing_left_as_it_is() -> Iterator[None]:
    """Memory that nothing was written to holds NaN."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("nothing_left_as_it_is")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(150, 900), st.integers(150, 900), st.integers(6, 40), st.integers(10, 60))
def test_a_large_picture_made_small(tiny_c4: FasterRCNN, height: int, width: int, least: int, most: int) -> None:
    """Of which only the rows are normalised that the resize reads."""
    image = make_image(height, width)
    expected = GeneralizedRCNNTransform(least, most, [0.4] * 3, [0.2] * 3).eval()([image])[0].tensors
    model = copy.deepcopy(tiny_c4)
    model.transform = GeneralizedRCNNTransform(800, 1333, [0.4] * 3, [0.2] * 3).eval()
    assert not torch.empty(1).isfinite()
    assert torch.equal(prepare(model, image, min_size=least, max_size=most).images.tensors, expected)


class Darker(GeneralizedRCNNTransform):
    def normalize(self, image: torch.Tensor) -> torch.Tensor:
        return super().normalize(image / 2)


def test_another_normalisation_is_respected(tiny_c4: FasterRCNN) -> None:
    model, image = copy.deepcopy(tiny_c4), make_image(160, 170)
    model.transform = Darker(160, 320, [0.4] * 3, [0.2] * 3).eval()
    expected, _ = model.transform([image])
    assert torch.equal(prepare(model, image, min_size=160, max_size=320).images.tensors, expected.tensors)


def test_denormalized_undoes_normalize(tiny_c4: FasterRCNN) -> None:
    image = make_image(160, 170)
    result = prepare(tiny_c4, image, min_size=160, max_size=320)
    torch.testing.assert_close(result.denormalized(result.resized), image)  # it has the asked size already


@pytest.mark.parametrize(
    "image", [torch.rand(1, 5, 5), torch.rand(5, 5), torch.zeros(3, 5, 5, dtype=torch.int32), torch.rand(3, 0, 5)]
)
def test_what_is_no_image_is_refused(tiny_c4: FasterRCNN, image: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"expected an image \[3, H, W\], uint8 or float in 0\.\.1, got torch\."):
        prepare(tiny_c4, image, min_size=160, max_size=320)
