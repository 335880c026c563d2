"""The sample scenes that are shipped: some easy, some hard on purpose."""

from __future__ import annotations

from dataclasses import dataclass, replace

from frcnn_viz.data.scenes.options import (
    CROWDED,
    EXTREME_ASPECT,
    LOW_CONTRAST,
    ORDINARY,
    TINY,
    UNKNOWN_OBJECTS,
    SceneOptions,
)
from frcnn_viz.data.scenes.scene import Scene, draw_scene


@dataclass(frozen=True)
class SampleScene:
    """A named scene: its title, what to look at in it, and what draws it."""

    title: str
    lesson: str
    seed: int
    options: SceneOptions = ORDINARY


SAMPLES: dict[str, SampleScene] = {
    "first-street": SampleScene(
        "First street", "Cars, a bus and people of several sizes: follow each from anchor to detection.", 20000004
    ),
    "football": SampleScene(
        "Football", "Balls are square and small: see which level's anchors fit them.", 20000006, CROWDED
    ),
    "night": SampleScene("Night", "A dark scene with a friendly crowd before a bus.", 20000009, CROWDED),
    "crowd": SampleScene(
        "Crowd", "People stand before people: watch NMS decide who is a duplicate.", 20000010, CROWDED
    ),
    "family-portrait": SampleScene(
        "Family portrait", "Several people share one outline: how many boxes survive?", 20000011, CROWDED
    ),
    "traffic-jam": SampleScene("Traffic jam", "Cars hide cars: the boxes are of what can be seen.", 20000002, CROWDED),
    "tiny-birds": SampleScene(
        "Tiny birds",
        "Birds of a few pixels: compare the smallest anchor with them on the Sampling page.",
        20000005,
        TINY,
    ),
    "far-away": SampleScene("Far away", "Everything is small: what does a stride of 16 leave of it?", 20000004, TINY),
    "long-bus": SampleScene(
        "Long bus",
        "A bus far wider than any anchor ratio: see its best IoU on the Sampling page.",
        20000004,
        EXTREME_ASPECT,
    ),
    "wide-people": SampleScene(
        "Wide people", "People of unusual proportions: right shapes, wrong ratios.", 20000009, EXTREME_ASPECT
    ),
    "fog": SampleScene("Fog", "Little contrast: follow objectness as it fades.", 20000008, LOW_CONTRAST),
    "strangers": SampleScene(
        "Strangers",
        "Dogs, cones and balloons were never trained on: what are they taken for?",
        20000001,
        UNKNOWN_OBJECTS,
    ),
}


def sample_scene(name: str) -> Scene:
    """Draw a sample scene.

    Raises:
        KeyError: there is no such sample.
    """
    sample = SAMPLES[name]
    return replace(draw_scene(sample.seed, sample.options), name=name, lesson=sample.lesson)
