"""The registry with a GPU's double among its devices, as the one that `auto` prefers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import pytest
import torch

from frcnn_viz.models import registry
from tests.device.double import DEVICE, models_move


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Detectors are loaded there, and none that was loaded before is taken."""
    monkeypatch.setattr(registry, "available_devices", lambda: [DEVICE.type, "cpu"])
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    with models_move():
        yield


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Work this small is done sooner by one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
