from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from frcnn_viz.models.street import street_c4
from frcnn_viz.training.loop import Loop, half_backbone
from frcnn_viz.training.recipe import DECAYS, Recipe, TrainingError
from frcnn_viz.training.samples import Samples, draw_batch

CPU = torch.device("cpu")
BOXES = torch.tensor([[20.0, 30.0, 80.0, 150.0]])


def one_sample() -> Samples:
    image = np.zeros((3, 240, 320), dtype=np.uint8)
    image[:, 30:150, 20:80] = 200
    return Samples([image], [BOXES], [torch.tensor([1])])


def loop_of(recipe: Recipe, part: str = "") -> Loop:
    torch.manual_seed(0)
    model = street_c4()
    return Loop(
        model, recipe, lambda: model(*draw_batch(one_sample(), recipe, CPU)), learns=lambda n: n.startswith(part)
    )


def test_a_flipped_box_is_still_on_its_object() -> None:
    recipe, corners = Recipe(1, batch=1, mirror=True, upside_down=True, light=True), set()
    for seed in range(16):
        torch.manual_seed(seed)
        (picture,), (target,) = draw_batch(one_sample(), recipe, CPU)
        x1, y1, x2, y2 = (int(value) for value in target["boxes"][0])
        corners.add((x1, y1))
        bright = picture[0] > 0.4
        assert bright[y1:y2, x1:x2].all()
        assert bright.sum() == (y2 - y1) * (x2 - x1)
    assert corners == {(20, 30), (240, 30), (20, 90), (240, 90)}  # 320 - 80, 240 - 150


def test_a_picture_on_a_larger_canvas_keeps_its_object() -> None:
    torch.manual_seed(1)
    shapes = set()
    for _ in range(8):
        (picture,), (target,) = draw_batch(one_sample(), Recipe(1, batch=1, zoom_out=2.0, mirror=False), CPU)
        shapes.add(tuple(picture.shape))
        x1, y1, x2, y2 = (int(value) for value in target["boxes"][0])
        assert (x2 - x1, y2 - y1) == (60, 120)
        assert (picture[0, y1:y2, x1:x2] > 0.7).all()
    assert (3, 240, 320) in shapes
    assert len(shapes) > 1


def test_only_what_learns_is_changed() -> None:
    loop = loop_of(Recipe(2, batch=1, warm_up=0), "rpn")
    before = {name: tensor.clone() for name, tensor in loop.model.state_dict().items()}
    step = loop.advance()
    changed = {name for name, tensor in loop.model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == set(loop.learning)
    assert step.gradients["rpn"] > 0
    assert step.gradients["backbone"] == step.gradients["roi_heads"] == 0


def test_the_parts_gradients_are_the_whole_one() -> None:
    loop = loop_of(Recipe(2, batch=1, clip=1e6))
    step = loop.advance()
    whole = torch.stack([p.grad.norm() for p in loop.learning.values()]).norm()
    assert math.hypot(*step.gradients.values()) == pytest.approx(whole.item(), rel=1e-5)


def test_a_loss_that_is_not_finite_is_told_and_changes_nothing() -> None:
    loop = loop_of(Recipe(2, batch=1))
    plain = loop._losses
    loop._losses = lambda: {**plain(), "loss_objectness": torch.tensor(math.nan)}
    before = {name: p.detach().clone() for name, p in loop.learning.items()}
    with pytest.raises(TrainingError, match="loss_objectness is nan in step 1"):
        loop.advance()
    assert all(torch.equal(p, before[name]) for name, p in loop.learning.items())


def test_the_backbone_is_half_only_within() -> None:
    model = street_c4().eval()
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        plain = model.backbone(images)
        with half_backbone(model):
            half = model.backbone(images)
        assert half.dtype == torch.float32
        assert not torch.equal(half, plain)
        assert torch.equal(model.backbone(images), plain)


@settings(deadline=None, max_examples=50)
@given(
    steps=st.integers(1, 500),
    warm_up=st.integers(0, 600),
    decay=st.sampled_from(DECAYS),
    decay_from=st.floats(0, 1),
)
def test_no_rate_is_over_the_highest_or_under_nothing(steps: int, warm_up: int, decay: str, decay_from: float) -> None:
    recipe = Recipe(steps, warm_up=warm_up, decay=decay, decay_from=decay_from)
    rates = [recipe.rate(step) for step in range(steps)]
    assert all(0 <= rate <= recipe.learning_rate for rate in rates)
    assert Recipe.from_dict(recipe.to_dict()) == recipe


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({}, "does not say how many steps"),
        ({"steps": 5, "speed": 1}, "a recipe has no 'speed'"),
        ({"steps": "5"}, "steps of the recipe is '5'; it must be of type int"),
        ({"steps": True}, "steps of the recipe is True"),
        ({"steps": 0}, "steps is 0; it must lie between 1 and"),
        ({"steps": 5, "learning_rate": math.nan}, "learning_rate is nan"),
        ({"steps": 5, "decay": "slow"}, "choose one of cosine, linear, none"),
    ],
)
def test_another_recipe_is_told(content: dict[str, object], told: str) -> None:
    with pytest.raises(TrainingError, match=told):
        Recipe.from_dict(content)
