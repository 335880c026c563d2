"""The scene generator: seeded, and true about what can be seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from frcnn_viz.data.scenes import CLASSES, PRESETS, SAMPLES, draw_scene, sample_scene, write_scenes
from frcnn_viz.data.scenes.options import HEIGHT, WIDTH
from frcnn_viz.data.scenes.scene import Thing, _drop_hidden, _visible_boxes


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), preset=st.sampled_from(sorted(PRESETS)))
def test_every_scene_is_well_formed(seed: int, preset: str) -> None:
    scene = draw_scene(seed, PRESETS[preset])
    boxes = scene.boxes_in_image
    assert scene.image.size == (WIDTH, HEIGHT)
    assert boxes.shape == (len(scene.labels), 4)
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert (boxes >= 0).all()
    assert (boxes[:, [0, 2]] <= WIDTH).all()
    assert (boxes[:, [1, 3]] <= HEIGHT).all()
    assert ((scene.labels >= 1) & (scene.labels <= len(CLASSES))).all()


def test_the_same_seed_draws_the_same_scene() -> None:
    first, again, other = draw_scene(7), draw_scene(7), draw_scene(8)
    assert first.image.tobytes() == again.image.tobytes()
    assert torch.equal(first.boxes_in_image, again.boxes_in_image)
    assert first.image.tobytes() != other.image.tobytes()


def thing(x: int, y: int, width: int, height: int, kind: str = "car") -> Thing:
    return Thing(kind, 0.5, x, y, Image.new("RGBA", (width, height)), np.ones((height, width), dtype=bool))


def test_a_box_is_the_part_that_can_be_seen() -> None:
    # In supersampled pixels (two a scene pixel): a far car 100 x 40, its right half under a near house.
    far, near = thing(20, 200, 100, 40), thing(70, 100, 200, 300, kind="house")
    boxes, labels = _visible_boxes(*_drop_hidden([far, near], 0.35))
    assert boxes.tolist() == [[10, 100, 35, 120], [35, 50, 135, 200]]
    assert [CLASSES[label - 1] for label in labels.tolist()] == ["car", "house"]


def test_what_is_hardly_seen_is_not_drawn() -> None:
    far, near = thing(20, 200, 100, 40), thing(40, 100, 200, 300, kind="house")  # a fifth of the car is left
    things, _ = _drop_hidden([far, near], 0.35)
    assert [one.kind for one in things] == ["house"]


def test_what_lies_beyond_the_border_counts_as_hidden() -> None:
    things, _ = _drop_hidden([thing(-80, 0, 100, 40), thing(-50, 100, 100, 40)], 0.35)  # a fifth, a half is left
    assert [one.x for one in things] == [-50]


def test_unknown_things_have_no_box() -> None:
    assert _visible_boxes(*_drop_hidden([thing(0, 0, 40, 40, kind="cone")], 0.35))[0].shape == (0, 4)


def test_presets_are_what_they_are_called() -> None:
    def drawn(name: str) -> list:
        return [draw_scene(seed, PRESETS[name]) for seed in range(12)]

    def median_side(scenes: list) -> float:
        boxes = torch.cat([scene.boxes_in_image for scene in scenes])
        return (boxes[:, 2:] - boxes[:, :2]).prod(dim=1).sqrt().median().item()

    def count(scenes: list) -> float:
        return sum(len(scene.labels) for scene in scenes) / len(scenes)

    def spread(scenes: list) -> float:
        return float(np.mean([np.asarray(scene.image.reduce(8), dtype=float).std() for scene in scenes]))

    ordinary = drawn("ordinary")
    assert median_side(drawn("tiny")) < 0.6 * median_side(ordinary)
    assert count(drawn("crowded")) > 1.4 * count(ordinary)
    assert spread(drawn("low-contrast")) < 0.6 * spread(ordinary)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_has_objects_and_a_lesson(name: str) -> None:
    scene = sample_scene(name)
    assert scene.name == name
    assert scene.lesson.endswith((".", "?"))
    assert len(scene.labels) > 0


def test_there_are_a_dozen_samples() -> None:
    assert len(SAMPLES) >= 12


def test_export_is_coco(tmp_path: Path) -> None:
    write_scenes(tmp_path, 2, seed=3)
    content = json.loads((tmp_path / "annotations.json").read_text())
    scene = draw_scene(3)
    first = [a for a in content["annotations"] if a["image_id"] == 1]
    x, y, w, h = first[0]["bbox"]
    assert [x, y, x + w, y + h] == scene.boxes_in_image[0].tolist()
    assert [a["category_id"] for a in first] == scene.labels.tolist()
    with Image.open(tmp_path / content["images"][0]["file_name"]) as image:
        assert image.tobytes() == scene.image.tobytes()
