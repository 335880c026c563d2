"""The code beside a map: pasted and run, it gives that map."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from frcnn_viz import Settings, load_detector, trace
from frcnn_viz.analysis.attribution import gradient_times_input, integrated_gradients, targets
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.ui.map_code import code_of_map

ANCHOR, PROPOSAL = 300, 3


@pytest.mark.parametrize("model", ["street-fpn", "street-c4"])
@pytest.mark.parametrize(
    ("of", "integrated"),
    [
        ("logit", False),
        ("probability", False),
        ("delta-y", False),
        ("objectness", False),
        ("objectness-probability", False),
        ("rpn-delta-w", False),
        ("logit", True),
        ("objectness", True),
    ],
)
def test_the_code_gives_the_map(model: str, of: str, integrated: bool) -> None:
    detector = load_detector(model, "cpu")
    settings = Settings.of(detector.model).replace(min_size=96)
    story = trace(detector, from_pil(sample_scene("crowd").image, "crowd"), settings)
    target = targets(ANCHOR, PROPOSAL, 1)[of]
    found = integrated_gradients(story, target, most_steps=8) if integrated else gradient_times_input(story, target)
    code = code_of_map(story, found, model=model, image="sample_scene('crowd')")
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["attribution"].shape == story.input.input_size
    assert torch.allclose(names["attribution"], found.map, rtol=1e-4, atol=1e-5 * float(found.map.abs().max()))
