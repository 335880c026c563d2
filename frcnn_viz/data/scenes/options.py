"""What a scene may hold: its classes, and the numbers that make it easy or hard."""

from __future__ import annotations

from dataclasses import dataclass, replace

CLASSES = ("person", "car", "ball", "tree", "house", "bird")
"""In label order: person is 1, bird is 6; 0 is the background."""

UNKNOWN = ("cone", "dog", "balloon")
"""Things that are drawn but never labelled: no detector was trained on them."""

WIDTH, HEIGHT = 640, 480
"""Pixels of every scene."""


@dataclass(frozen=True)
class SceneOptions:
    """How scenes are drawn. Ranges are (lowest, highest), both possible; sizes in pixels of the 640x480 scene.

    Attributes:
        objects: how many objects are placed (those hidden behind others are taken away again).
        weights: how often each of `CLASSES` is chosen, relative to the others.
        scale: multiplies every object's size.
        stretch: multiplies every object's width; 1 leaves its natural aspect ratio.
        bird_width: width of birds, the only class whose size does not depend on its place.
        crowding: 0 spreads objects over the scene, 1 puts each beside an earlier one.
        contrast: 1 leaves colours, smaller numbers pull them all to a fog.
        noise: standard deviation of the sensor noise, in grey levels of 255.
        unknown: how many unlabelled things are added.
        least_visible: objects of which a smaller part can be seen are taken away.
    """

    objects: tuple[int, int] = (3, 10)
    weights: tuple[float, ...] = (3.0, 2.5, 1.5, 1.5, 1.0, 1.5)
    scale: tuple[float, float] = (0.8, 1.2)
    stretch: tuple[float, float] = (0.9, 1.1)
    bird_width: tuple[float, float] = (26.0, 90.0)
    crowding: float = 0.2
    contrast: tuple[float, float] = (0.85, 1.0)
    noise: tuple[float, float] = (0.0, 8.0)
    unknown: tuple[int, int] = (0, 0)
    least_visible: float = 0.35


ORDINARY = SceneOptions()
CROWDED = replace(ORDINARY, objects=(12, 18), crowding=0.8, weights=(5.0, 2.0, 1.0, 1.0, 0.5, 1.0), least_visible=0.25)
TINY = replace(ORDINARY, scale=(0.3, 0.5), bird_width=(10.0, 22.0), weights=(2.0, 1.5, 2.0, 1.0, 0.5, 4.0))
EXTREME_ASPECT = replace(ORDINARY, stretch=(0.3, 2.6))
LOW_CONTRAST = replace(ORDINARY, contrast=(0.12, 0.3), noise=(6.0, 14.0))
UNKNOWN_OBJECTS = replace(ORDINARY, objects=(3, 6), unknown=(3, 5))
PRESETS = {
    "ordinary": ORDINARY,
    "crowded": CROWDED,
    "tiny": TINY,
    "extreme-aspect": EXTREME_ASPECT,
    "low-contrast": LOW_CONTRAST,
    "unknown-objects": UNKNOWN_OBJECTS,
}
