"""What a clip is: frames in time, and what is known of each."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from torch import Tensor

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Dataset
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage

PREFIX = "clip:"
"""How a frame's key begins."""


@dataclass(frozen=True, eq=False)
class FrameTruth:
    """What is known of a frame: its objects, the identity of each, and by identity how much of it can be seen."""

    objects: GroundTruth
    identities: tuple[str, ...]
    visible: dict[str, float]


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames in time.

    Attributes:
        name: as in a frame's key. title: for the screen. lesson: what to look at; empty where nothing is said.
        size: height and width of every frame. times: seconds of each frame after the first, rising.
        pixels: uint8 [3, H, W], RGB, of a frame. told: what is known of a frame; None where nothing is.
        notes: on the whole, in plain sentences.
    """

    name: str
    title: str
    size: tuple[int, int]
    times: tuple[float, ...]
    pixels: Callable[[int], Tensor]
    told: Callable[[int], FrameTruth | None]
    lesson: str = ""
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many frames."""
        return len(self.times)

    def key(self, frame: int) -> str:
        """Of a frame, as pages take it."""
        return f"{PREFIX}{self.name}@{frame}"

    def frame(self, frame: int) -> LoadedImage:
        """A frame's picture.

        Raises:
            DataError: there is no such frame, or it cannot be had.
        """
        self.check(frame)
        note = f"Frame {frame} of 0 to {self.count - 1}, at {self.times[frame]:.2f} s."
        return LoadedImage(self._file(frame), self.pixels(frame), (note, *self.notes))

    def truth(self, frame: int) -> GroundTruth | None:
        """What can be seen on a frame; None where nobody said. Of a drawn clip, what hardly shows is `difficult`."""
        self.check(frame)
        told = self.told(frame)
        return told and told.objects

    def identities(self, frame: int) -> tuple[str, ...]:
        """Which thing each object of `truth` is: the same in every frame; empty where that is not known."""
        self.check(frame)
        told = self.told(frame)
        return told.identities if told else ()

    def visible(self, frame: int) -> dict[str, float]:
        """How much of each thing can be seen, 0 to 1, by identity.

        Of a drawn clip that is exact, and of all its pixels, those outside the picture too: 0 is wholly hidden behind
        others, and what is wholly outside is not in it. Of boxes that somebody drew on a video no more is known than
        that they are there: 1 for each.
        """
        self.check(frame)
        told = self.told(frame)
        return dict(told.visible) if told else {}

    def dataset(self, frames: Iterable[int] | None = None) -> Dataset:
        """Frames, all where none are named, with their ground truth, as formats take it; `file` is a frame's number."""
        images = []
        for frame in range(self.count) if frames is None else frames:
            truth, (height, width) = self.truth(frame), self.size
            objects = () if truth is None else truth.objects
            images.append(AnnotatedImage(self._file(frame), objects, width, height, self.title, str(frame)))
        return Dataset(tuple(images), ())

    def picture(self, image: AnnotatedImage) -> bytes:
        """The PNG of an image of `dataset()`."""
        buffer = io.BytesIO()
        self.frame(int(str(image.file))).image.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    def _file(self, frame: int) -> str:
        return f"{PurePosixPath(self.title).stem}-{frame:04}.png"

    def check(self, frame: int) -> None:
        """Refuse a frame that is not there.

        Raises:
            DataError: with a sentence that says which are.
        """
        if not 0 <= frame < self.count:
            raise DataError(f"{self.title} has no frame {frame}; its frames are 0 to {self.count - 1}.")
