"""The model cards say what the shipped weights are and how they were made."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest
import torch

from frcnn_viz.models.registry import EMBEDDED, load_detector
from frcnn_viz.paths import ASSETS
from frcnn_viz.training.embedded import RECIPES
from frcnn_viz.training.scenes import HELD_OUT_SEED

TARGETS = {"street-fpn": (0.72, 0.95), "street-c4": (0.0, 0.70)}


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_card_belongs_to_the_weights_and_the_recipe(name: str) -> None:
    card = json.loads((ASSETS / f"{name}.json").read_text(encoding="utf-8"))
    weights = (ASSETS / f"{name}.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
    assert card["bytes"] == len(weights) < 20e6
    assert card["recipe"] == dataclasses.asdict(RECIPES[name])
    assert card["training_scenes"] <= HELD_OUT_SEED == card["held_out_seed"]
    assert card["scenes"] == 500
    assert card["AP"] >= TARGETS[name][0]
    assert card["AP50"] >= TARGETS[name][1]
    assert tuple(card["per_class"]) == EMBEDDED[name].classes[1:]


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_text_gives_the_same_figures(name: str) -> None:
    card = json.loads((ASSETS / f"{name}.json").read_text(encoding="utf-8"))
    text = (ASSETS / f"{name}.md").read_text(encoding="utf-8")
    assert f"| ordinary | 500 | {card['AP']:.3f} | {card['AP50']:.3f} |" in text
    for kind, value in card["per_class"].items():
        assert f"| {kind} | {value:.3f} |" in text


@pytest.mark.parametrize("name", EMBEDDED)
def test_shipped_weights_are_sound(name: str) -> None:
    detector = load_detector(name, "cpu")
    assert detector.trained
    assert all(torch.isfinite(tensor).all() for tensor in detector.model.state_dict().values())
