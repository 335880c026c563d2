"""The process in which an RPN is fitted to other anchors: `Child("frcnn_viz.training.refit_child", Task(...))`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.child import serve
from frcnn_viz.data.clip import PREFIX
from frcnn_viz.data.clips import find_frame
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.homes import home_of
from frcnn_viz.data.images import ImageError
from frcnn_viz.data.samples import SAMPLES, sample_picture
from frcnn_viz.data.scenes import CLASSES, draw_scene
from frcnn_viz.models.registry import load_detector
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.loop import one_thread
from frcnn_viz.training.refit import Refit, Report
from frcnn_viz.training.scenes import HELD_OUT_SEED

SCENE = "scene:"


@dataclass(frozen=True)
class Task:
    """What to fit.

    Attributes:
        detector: its base, as it is, and the anchors that are wanted.
        pictures: names of samples, ids of images of a workspace, or those of `held_out`.
        device: as `choose_device` takes it.
    """

    detector: Variant
    pictures: tuple[str, ...]
    device: str = "auto"


def fit(task: Task) -> Iterator[Report]:
    """Report what is kept, fitted and measured; a picture that cannot be read is passed over."""
    wanted = task.detector
    base = load_detector(wanted.base, task.device, random_weights=wanted.random_weights)
    with one_thread():
        refit = Refit(base.model, base.classes, wanted)
        yield from refit.run(_pictures(task.pictures), len(task.pictures))


def held_out(count: int) -> tuple[str, ...]:
    """The names of so many street scenes that no detector here learnt from; they are drawn when they are needed."""
    return tuple(f"{SCENE}{seed}" for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + count))


def _pictures(keys: tuple[str, ...]) -> Iterator[tuple[Tensor, GroundTruth]]:
    for key in keys:
        try:
            if key.startswith(SCENE):
                scene = draw_scene(int(key.removeprefix(SCENE)))
                names = tuple(CLASSES[label - 1] for label in scene.labels.tolist())
                yield pil_to_tensor(scene.image), GroundTruth(scene.boxes_in_image, names)
            elif key.startswith(PREFIX):
                clip, frame = find_frame(key)
                yield clip.frame(frame).pixels, clip.truth(frame) or GroundTruth.of(())
            elif key in SAMPLES:
                image, truth = sample_picture(key)
                yield image.pixels, truth
            else:
                home = home_of(key)
                yield home.load(key).pixels, GroundTruth.of(home.item(key).objects)
        except (DataError, ImageError):
            continue


if __name__ == "__main__":
    serve(fit)
