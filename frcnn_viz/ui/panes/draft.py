"""Boxes drawn on a picture for an exercise."""

from __future__ import annotations

from dataclasses import dataclass

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.ui.drawing import PLACEHOLDER
from frcnn_viz.ui.edits import Edit


@dataclass
class Draft:
    """The boxes of the exercise on one picture; what is drawn on the page Images is another thing.

    Attributes:
        objects: boxes and classes. classes: to choose from.
        epoch: counts what replaced the editor's boxes from outside. ack: the last edit that was kept.
    """

    objects: tuple[Object, ...]
    classes: tuple[str, ...]
    epoch: int = 0
    ack: str = ""

    @classmethod
    def of(cls, truth: GroundTruth | None) -> Draft:
        """Starts with what is on the picture."""
        counted = truth.counted if truth else None
        rows = zip(counted.boxes_in_image.tolist(), counted.names, strict=True) if counted else ()
        objects = tuple(Object(tuple(box), name) for box, name in rows)
        return cls(objects, tuple(sorted({one.label for one in objects})) or (PLACEHOLDER,))

    def replace(self, objects: tuple[Object, ...]) -> None:
        """Put others in their place."""
        self.objects, self.epoch = objects, self.epoch + 1

    def keep(self, edit: Edit) -> None:
        """Take what the editor sent."""
        self.objects, self.classes, self.ack = edit.objects, edit.classes or self.classes, edit.serial
