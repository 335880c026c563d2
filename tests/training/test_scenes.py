from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from frcnn_viz.data.scenes import draw_scene
from frcnn_viz.training.scenes import HELD_OUT_SEED, draw_half_size, held_out_scenes, training_scenes


def test_a_scene_is_halved_by_averaging() -> None:
    pixels, boxes, labels = draw_half_size(0)
    scene = draw_scene(0)
    full = np.asarray(scene.image, dtype=np.float64).transpose(2, 0, 1)
    mean = full.reshape(3, 240, 2, 320, 2).mean((2, 4))
    assert pixels.dtype == np.uint8
    assert np.abs(pixels - mean).max() <= 0.5
    assert np.array_equal(boxes, scene.boxes_in_image.numpy() / 2)
    assert np.array_equal(labels, scene.labels.numpy())


def test_scenes_are_drawn_once_and_read_back_the_same(tmp_path: Path) -> None:
    calls = []
    drawn = training_scenes(3, tmp_path, lambda done, total: calls.append((done, total)))
    again = training_scenes(3, tmp_path, lambda done, total: calls.append("drawn twice"))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert len(again) == 3
    for index in range(3):
        pixels, boxes, labels = draw_half_size(index)
        for scenes in (drawn, again):
            assert np.array_equal(scenes.images[index], pixels)
            assert np.array_equal(scenes.boxes[index].numpy(), boxes)
            assert np.array_equal(scenes.labels[index].numpy(), labels)


def test_held_out_scenes_are_full_size_and_beyond_the_training_seeds() -> None:
    ((image, boxes, labels),) = held_out_scenes(1)
    assert image.shape == (3, 480, 640)
    assert image.dtype == torch.float32
    scene = draw_scene(HELD_OUT_SEED)
    assert torch.equal(boxes, scene.boxes_in_image)
    assert torch.equal(labels, scene.labels)
