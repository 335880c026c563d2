"""What a lesson runs on: a picture, what is on it, a detector, and all its stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.lessons.choices import PickAnchor
from frcnn_viz.lessons.forms import Box
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace


@dataclass(frozen=True, eq=False)
class Scene:
    """Any picture before any detector; nothing is computed until it is asked for.

    Attributes:
        key: the picture's, as links have it: a sample's name, an id of the workspace, a clip's frame.
        image: the picture. truth: what is on it; None where nobody said.
        detector: the model and what its labels mean.
        settings: those it runs with.
        random: whether the weights are random.
        memory: shared with whoever looks at the same.
    """

    key: str
    image: LoadedImage
    truth: GroundTruth | None
    detector: Detector
    settings: Settings
    random: bool = False
    memory: Memory | None = None

    @classmethod
    def of(
        cls,
        key: str,
        image: LoadedImage,
        truth: GroundTruth | None,
        detector: Detector,
        settings: Settings | None = None,
        *,
        random: bool = False,
        memory: Memory | None = None,
    ) -> Scene:
        """A scene at the model's own settings where none are given."""
        return cls(key, image, truth, detector, settings or Settings.of(detector.model), random, memory)

    @cached_property
    def trace(self) -> Trace:
        """Every stage, lazily."""
        image = self.image
        return Trace(self.detector.model, image.pixels, self.settings, memory=self.memory, image_key=image.sha256)

    def at(self, **changes: object) -> Scene:
        """The same with some settings changed; what they do not change is not run again."""
        return replace(self, settings=self.settings.replace(**changes))

    def at_text(self, changes: Mapping[str, str]) -> Scene:
        """The same with settings changed as links have them.

        Raises:
            SettingsError: there is no such setting, or it does not fit the model.
        """
        return replace(self, settings=self.settings.with_text(dict(changes)))

    def changes(self, other: Scene) -> dict[str, str]:
        """The settings in which another scene differs from this one, as text: for `Screen.settings`."""
        return other.settings.changes(self.settings)

    @cached_property
    def objects(self) -> GroundTruth:
        """The objects that are to be found; empty where nobody said what is on the picture."""
        return GroundTruth(torch.zeros(0, 4), ()) if self.truth is None else self.truth.counted

    @property
    def classes(self) -> tuple[str, ...]:
        """The detector's, by label; 0 is the background."""
        return self.detector.classes

    def in_image(self, box: Tensor) -> Box:
        """A box [4] of the network's input frame in pixels of the picture."""
        x0, y0, x1, y1 = self.trace.input.boxes_in_image(box[None])[0].tolist()
        return x0, y0, x1, y1

    def anchor_form(self) -> PickAnchor:
        """The form of a question that is answered by a cell and one of its anchors."""
        grid = self.trace.anchors
        return PickAnchor(
            self.trace.features.titles,
            tuple(grid.grid_sizes),
            tuple(tuple(f"size {size:g}, ratio {ratio:g}" for size, ratio in level) for level in grid.shapes),
            lambda level, row, column, shape: self.in_image(grid.boxes[grid.of_cell(level, row, column)[shape]]),
        )
