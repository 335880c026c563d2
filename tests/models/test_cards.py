"""The model cards say what the shipped weights are and how they were made."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest
import torch

from frcnn_viz.analysis.metrics import evaluate
from frcnn_viz.data.samples import sample_picture, samples_of
from frcnn_viz.models.cells import cells_fpn
from frcnn_viz.models.registry import EMBEDDED, load_detector
from frcnn_viz.paths import ASSETS
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.training.embedded import RECIPES
from frcnn_viz.training.run import Run
from frcnn_viz.training.scenes import HELD_OUT_SEED

TARGETS = {"street-fpn": (0.72, 0.95), "street-c4": (0.0, 0.70)}
CELLS = "cells-fpn"


@pytest.mark.parametrize("name", TARGETS)
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


def test_the_card_of_the_cells_belongs_to_its_weights_and_its_run() -> None:
    card = json.loads((ASSETS / f"{CELLS}.json").read_text(encoding="utf-8"))
    weights = (ASSETS / f"{CELLS}.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
    assert card["bytes"] == len(weights) < 20e6
    run = Run.from_dict(card["run"])
    assert run.classes == tuple(card["per_class"]) == EMBEDDED[CELLS].classes[1:]
    ours = Settings.of(cells_fpn())
    assert (run.detector.anchor_sizes, run.detector.aspect_ratios) == (ours.anchor_sizes, ours.aspect_ratios)
    assert [point["step"] for point in card["curves"]] == list(range(0, run.recipe.steps + 1, run.evaluate_every))
    assert (card["AP"], card["AP50"]) == pytest.approx([card["curves"][-1][name] for name in ("AP", "AP50")], abs=1e-3)
    assert card["minutes"] <= 60
    assert card["AP50"] >= 0.88
    assert card["AP"] >= 0.55


def test_the_photographs_that_come_with_the_program_give_the_cards_figures() -> None:
    card = json.loads((ASSETS / f"{CELLS}.json").read_text(encoding="utf-8"))
    detector = load_detector(CELLS, "cpu")
    pictures = [sample_picture(name) for name in samples_of("cells")]
    report = evaluate(detector.model, ((image.tensor, truth) for image, truth in pictures), detector.classes[1:])
    told = card["sample_photographs"]
    assert told["images"] == len(pictures)
    assert [report.figures[name] for name in ("AP", "AP50")] == pytest.approx([told["AP"], told["AP50"]], abs=2e-3)
    text = (ASSETS / f"{CELLS}.md").read_text(encoding="utf-8")
    assert f"| val.txt | {card['images']} | {card['AP']:.3f} | {card['AP50']:.3f} |" in text
    assert f"| that come with the program | 24 | {told['AP']:.3f} | {told['AP50']:.3f} |" in text
    for kind, value in card["per_class"].items():
        assert f"| {kind} | {value:.3f} |" in text


@pytest.mark.parametrize("name", TARGETS)
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
