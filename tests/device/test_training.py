"""What learns and what measures it, on the double: nothing meets across devices, and all is equal to the CPU's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torchvision.models.detection import FasterRCNN

from frcnn_viz.models.variant import Variant
from frcnn_viz.training.evaluation import evaluate_samples
from frcnn_viz.training.loop import Loop
from frcnn_viz.training.overfit import Overfit
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.refit import CONTROL, OWN, REFITTED, Refit
from frcnn_viz.training.samples import Samples, draw_batch
from tests.device.double import models_move
from tests.device.same import assert_same
from tests.device.test_compute import BOXES, BUILT, CLASSES, IMAGE, LABELS, PICTURE, TRUTH, away

SAMPLES = Samples([PICTURE.pixels.numpy()], [BOXES], [LABELS])
QUICK = Recipe(steps=2, batch=1, warm_up=0)
SIZES = ((16.0,), (32.0,), (64.0,), (128.0,))


def learnt(model: FasterRCNN) -> object:
    device = next(model.parameters()).device
    loop = Loop(model, QUICK, lambda: model(*draw_batch(SAMPLES, QUICK, device)))
    return [loop.advance() for _ in range(QUICK.steps)]


def measured(model: FasterRCNN) -> object:
    return evaluate_samples(model, SAMPLES, CLASSES[1:])


def by_heart(model: FasterRCNN) -> object:
    reports = Overfit(model, IMAGE, BOXES, LABELS, QUICK).run()
    return [(report.steps, report.check, report.in_a_row) for report in reports]


def refitted(model: FasterRCNN) -> object:
    """With more anchors a cell, for which the head gets new layers."""
    variant = Variant(anchor_sizes=SIZES, aspect_ratios=((0.5, 1.0, 1.5, 2.0),) * len(SIZES))
    pictures = [(IMAGE, TRUTH), (IMAGE.flip(2), TRUTH)]
    reports = list(Refit(model, CLASSES, variant, QUICK).run(pictures, len(pictures)))
    assert set(reports[-1].figures) == {OWN, REFITTED, CONTROL}
    return reports


@pytest.mark.parametrize("what", [learnt, measured, by_heart, refitted])
def test_every_training_is_equal(what: Callable[[FasterRCNN], object]) -> None:
    build = BUILT["fpn"]
    with models_move():
        assert_same(what(build()), what(away(build())))
