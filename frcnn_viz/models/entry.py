"""What the registry knows of a detector: how it is built, which classes it has, where its weights are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.models.hub import HubFile

BACKGROUND = "__background__"
RANDOM = "This detector is untrained: its weights are random, so what it finds means nothing."
HALF = "Only its backbone is trained, on ImageNet; its RPN and its head are not, so what it finds means nothing."


class ModelError(ValueError):
    """A detector cannot be had. The message is one plain sentence."""


@dataclass(frozen=True)
class Entry:
    """A detector of the registry.

    Attributes:
        name: what the command line and links call it. title, note: for the screen; the note is what is special.
        build: makes the model with random weights, for a number of classes with the background.
        classes: by label; 0 is the background.
        keypoints: their names, where it has a head for them.
        file: of its weights, where they are on this disk. hub: where torchvision publishes them.
        still: a file of those weights that `file` lacks, being the same in all steps of a run.
        home: the folder of the workspace that has these files; None where they are in none.
        warning: what every page has to say of these weights; empty where all of them are trained.
        version: tells it from what was, or will be, under the same name.
        backbone: ImageNet weights of the backbone alone, for a detector whose heads nobody has trained.
        published: what its authors say of it: COCO AP in percent, parameters, multiply-adds in 10^9.
    """

    name: str
    title: str
    note: str
    build: Callable[[int], GeneralizedRCNN]
    classes: tuple[str, ...]
    keypoints: tuple[str, ...] = ()
    file: Path | None = None
    still: Path | None = None
    home: Path | None = None
    warning: str = ""
    version: str = ""
    hub: HubFile | None = None
    backbone: HubFile | None = None
    published: Mapping[str, float] = field(default_factory=dict)

    @property
    def fetched(self) -> HubFile | None:
        """What can be fetched for it."""
        return self.hub or self.backbone

    @property
    def is_here(self) -> bool:
        """Whether it opens with the weights it is meant to have."""
        if self.fetched:
            return self.fetched.is_here
        return self.file is None or self.file.is_file()
