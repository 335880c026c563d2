"""Under stress: nothing changed is the plain picture, and every axis is what it says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.overlaps import Overlaps
from frcnn_viz.analysis.stress import AXES, Point, breaks_first, stress
from frcnn_viz.analysis.waterfall import STAGES, stage_ious
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

IMAGE, BOX = make_image(120, 160), torch.tensor([30.0, 40.0, 90.0, 100.0])


def run(model: FasterRCNN, name: str) -> tuple[list[Point], list[tuple[Tensor, Settings]]]:
    seen: list[tuple[Tensor, Settings]] = []

    def trace_of(image: Tensor, settings: Settings) -> Trace:
        seen.append((image, settings))
        return Trace(model, image, settings)

    return list(stress(trace_of, IMAGE, BOX, 1, AXES[name], Settings.of(model))), seen


@pytest.mark.parametrize("name", AXES)
def test_the_neutral_value_changes_nothing(tiny: FasterRCNN, name: str) -> None:
    points, seen = run(tiny, name)
    assert [point.value for point in points] == list(AXES[name].values)
    first = AXES[name].values.index(AXES[name].neutral)
    assert torch.equal(seen[first][0], IMAGE)
    plain = stage_ious(Overlaps(Trace(tiny, IMAGE), BOX[None], torch.tensor([1])))[0]
    assert torch.equal(points[first].ious, plain)
    assert all(0 <= point.objectness <= 1 and 0 <= point.score <= 1 for point in points)


def test_what_is_changed(tiny: FasterRCNN) -> None:
    _, seen = run(tiny, "shift")
    assert torch.equal(seen[5][0][:, :, 5:], IMAGE[:, :, :-5])
    _, seen = run(tiny, "brightness")
    assert torch.allclose(seen[-1][0], IMAGE * AXES["brightness"].values[-1])
    _, seen = run(tiny, "occlusion")
    assert (seen[5][0][:, 70:100, 30:90] == 0.5).all()
    assert torch.equal(seen[5][0][:, :70], IMAGE[:, :70])
    _, seen = run(tiny, "image size")
    assert [settings.min_size for _, settings in seen][:2] == [160, 136]
    _, seen = run(tiny, "blur")
    assert seen[-1][0].std() < seen[1][0].std() < IMAGE.std()


def test_what_breaks_first() -> None:
    alive = torch.tensor([0.9] * len(STAGES))
    lost = torch.tensor([0.9] * 4 + [0.3] * (len(STAGES) - 4))
    points = [Point(0, alive, 1, 1, True), Point(1, lost, 1, 0, False), Point(2, lost * 0, 0, 0, False)]
    assert breaks_first(points) == (1, STAGES[4])
    assert breaks_first(points[2:]) == (2, STAGES[0])
    assert breaks_first(points[:1]) is None
