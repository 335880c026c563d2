"""The scenes to learn from, drawn once and kept at the network's size, and those held out for the figures."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor, to_dtype

from frcnn_viz.data.scenes import ORDINARY, PRESETS, SceneOptions, draw_scene
from frcnn_viz.training.samples import Samples

HELD_OUT_SEED = 10_000_000
"""Scenes from this seed on are never trained on."""

# Of every ten training scenes seven are ordinary; what is rare in them comes from the harder presets.
_MIX = ["ordinary"] * 7 + ["crowded", "tiny", "extreme-aspect"]


def draw_half_size(index: int, options: SceneOptions | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scene `index`: image uint8 [3, 240, 320], boxes and labels, halved by averaging 2 x 2 pixels.

    Without options it is drawn as those of the training are.
    """
    scene = draw_scene(index, options or PRESETS[_MIX[index % len(_MIX)]])
    pixels = np.asarray(scene.image.reduce(2)).transpose(2, 0, 1)
    return pixels, scene.boxes_in_image.numpy() / 2, scene.labels.numpy()


def training_scenes(
    count: int, folder: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> Samples:
    """The first `count` training scenes, from `folder` when they were drawn before."""
    path = folder / f"scenes-{count}.npz"
    if not path.is_file():
        images = np.empty((count, 3, 240, 320), dtype=np.uint8)
        boxes, labels = [], []
        # an executor, since a multiprocessing pool whose workers cannot start makes new ones for ever
        with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
            drawn = pool.map(draw_half_size, range(count), chunksize=32)
            for index, (image, scene_boxes, scene_labels) in enumerate(drawn):
                images[index] = image
                boxes.append(scene_boxes)
                labels.append(scene_labels)
                progress(index + 1, count)
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        ends = np.cumsum([len(part) for part in boxes])[:-1]
        np.savez(partial, images=images, boxes=np.concatenate(boxes), labels=np.concatenate(labels), ends=ends)
        os.replace(partial, path)
    with np.load(path) as held:
        return Samples(
            images=held["images"],
            boxes=[torch.from_numpy(part) for part in np.split(held["boxes"], held["ends"])],
            labels=[torch.from_numpy(part) for part in np.split(held["labels"], held["ends"])],
        )


def held_out_scenes(count: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Scenes at full size that training never saw: image float32 [3, 480, 640] in 0..1, boxes_in_image, labels."""
    for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + count):
        scene = draw_scene(seed, ORDINARY)
        yield to_dtype(pil_to_tensor(scene.image), torch.float32, scale=True), scene.boxes_in_image, scene.labels
