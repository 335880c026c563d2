"""What is timed: a first trace, and reruns after a slider has moved, beside the plain model."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from benchmarks.measure import Row, medians
from frcnn_viz.analysis.examination import examine_image
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import CLASSES, SAMPLES, sample_scene
from frcnn_viz.models.registry import STREET_CLASSES, Detector
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace

BUDGET = 2**30


def first_trace(name: str, model: FasterRCNN, image: Tensor, limit: float, repeats: int) -> list[Row]:
    """Every stage from nothing, in a memory that is shared but empty, as the app's is."""

    def trace() -> Callable[[], object]:
        return lambda: Trace(model, image, memory=Memory(BUDGET), image_key="image").detections

    ms = medians({"plain": lambda: lambda: _plain(model, image), "trace": trace}, repeats)
    return [Row("first trace", name, ms["trace"], ms["plain"], limit)]


def reruns(name: str, model: FasterRCNN, image: Tensor, repeats: int) -> list[Row]:
    """One setting changed after a full trace. Each turn starts from the memory of that trace alone."""
    own, full = Settings.of(model), Memory(BUDGET)
    _ = Trace(model, image, own, memory=full, image_key="image").detections

    def rerun(stage: str, **changes: object) -> Callable[[], Callable[[], object]]:
        def prepare() -> Callable[[], object]:
            memory = Memory(BUDGET)
            for key, entry in full._entries.items():
                memory.keep(key, entry)
            settings = own.replace(**changes)
            return lambda: getattr(Trace(model, image, settings, memory=memory, image_key="image"), stage)

        return prepare

    tasks = {
        "box_score_thresh 0.05 -> 0.3": (0.01, rerun("detections", box_score_thresh=0.3)),
        "box_nms_thresh 0.5 -> 0.4": (0.01, rerun("detections", box_nms_thresh=0.4)),
        "rpn_nms_thresh 0.7 -> 0.6, to the proposals": (0.03, rerun("proposals", rpn_nms_thresh=0.6)),
        "rpn_nms_thresh 0.7 -> 0.6, to the detections": (None, rerun("detections", rpn_nms_thresh=0.6)),
    }
    ms = medians(
        {"plain": lambda: lambda: _plain(model, image)} | {what: run for what, (_, run) in tasks.items()}, repeats
    )
    return [Row(what, name, ms[what], ms["plain"], limit) for what, (limit, _) in tasks.items()]


def examined_set(name: str, model: FasterRCNN, repeats: int) -> list[Row]:
    """The sample scenes, each traced and examined, over a plain loop; at least 0.9 of its images a second."""
    scenes = [sample_scene(sample) for sample in SAMPLES]
    images = [from_pil(scene.image, "scene").tensor for scene in scenes]
    truths = [
        GroundTruth(scene.boxes_in_image, tuple(CLASSES[label - 1] for label in scene.labels.tolist()))
        for scene in scenes
    ]
    count = model.roi_heads.box_predictor.cls_score.out_features
    classes = (*STREET_CLASSES, *(f"class {label}" for label in range(len(STREET_CLASSES), count)))
    detector = Detector(name, name, "", model, classes, warning="random")

    def examine() -> None:
        for image, truth in zip(images, truths, strict=True):
            examine_image(detector, Trace(model, image), truth)

    def plain() -> None:
        for image in images:
            _plain(model, image)

    ms = medians({"plain": lambda: plain, "examined": lambda: examine}, max(3, repeats // 3))
    return [Row(f"{len(images)} images examined, over a plain loop", name, ms["examined"], ms["plain"], 1.111)]


def _plain(model: FasterRCNN, image: Tensor) -> list[dict[str, Tensor]]:
    with torch.inference_mode():
        return model([image.to(next(model.parameters()).device)])
