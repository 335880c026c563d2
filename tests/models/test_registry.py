"""The registry: what is there, and what is said of what is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from frcnn_viz.data.scenes import CLASSES
from frcnn_viz.models.registry import EMBEDDED, STREET_CLASSES, ModelError, choose_device, load_detector


def test_labels_mean_what_the_scenes_call_them() -> None:
    assert STREET_CLASSES[1:] == CLASSES


@pytest.mark.parametrize("name", EMBEDDED)
def test_a_detector_is_loaded_once_ready_and_whole(name: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        detectors = list(pool.map(lambda _: load_detector(name, "cpu"), range(4)))
    assert all(detector is detectors[0] for detector in detectors)
    detector = detectors[0]
    assert detector.trained
    assert not detector.model.training
    assert detector.device.type == "cpu"
    assert all(parameter.dtype == torch.float32 for parameter in detector.model.parameters())


def test_random_weights_are_the_same_each_time_and_said_to_be_random() -> None:
    state = torch.random.get_rng_state()
    detector = load_detector("street-c4", "cpu", random_weights=True)
    assert not detector.trained
    assert torch.equal(state, torch.random.get_rng_state())


def test_an_unknown_name_or_device_is_told() -> None:
    with pytest.raises(ModelError, match="there is no detector 'alexnet'; choose one of street-fpn, street-c4"):
        load_detector("alexnet")
    with pytest.raises(ModelError, match="device 'abacus' cannot be used here"):
        choose_device("abacus")
