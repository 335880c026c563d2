"""Scenes for lessons: pictures that come with the program, before its detectors."""

from __future__ import annotations

from frcnn_viz.data.samples import sample_picture, samples_of
from frcnn_viz.lessons import Scene
from frcnn_viz.models.registry import EMBEDDED, load_detector
from frcnn_viz.pipeline.memory import Memory

MEMORY = Memory(max_bytes=2**29)


def scene(key: str = "first-street", detector: str = "street-fpn") -> Scene:
    return Scene.of(key, *sample_picture(key), load_detector(detector, "cpu"), memory=MEMORY)


def keys(count: int) -> list[str]:
    """So many pictures, of both sets in turn."""
    pairs = zip(samples_of("samples"), samples_of("cells"), strict=False)
    return [key for pair in pairs for key in pair][:count]


def scenes(count: int) -> list[Scene]:
    """So many pictures before each embedded detector."""
    return [scene(key, detector) for detector in EMBEDDED for key in keys(count)]


def with_masks() -> Scene:
    """A detector with masks and random weights, which says something of everything."""
    detector = load_detector("maskrcnn_resnet50_fpn", "cpu", random_weights=True)
    made = Scene.of("fog", *sample_picture("fog"), detector, random=True, memory=MEMORY)
    return made.at(min_size=128, max_size=256, box_score_thresh=0.0, rpn_post_nms_top_n=50, rpn_pre_nms_top_n=100)
