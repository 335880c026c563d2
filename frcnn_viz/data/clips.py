"""A clip, drawn or a video: frames, and what is on them. `clip:NAME@FRAME` is a frame's key, wherever a picture's is.

NAME is that of a clip which comes with the program, or the id of one in the workspace; FRAME counts from 0.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Dataset, Object
from frcnn_viz.data.clip_files import ClipFiles
from frcnn_viz.data.decoding import Decoder
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.data.scenes.motion import ORDINARY_MOTION, Motion, MotionOptions
from frcnn_viz.data.scenes.options import CLASSES, HEIGHT, ORDINARY, WIDTH
from frcnn_viz.data.scenes.scene import LEAST_SIDE
from frcnn_viz.data.sources import suffix
from frcnn_viz.data.video import SUFFIXES, VideoFacts
from frcnn_viz.data.workspace import default_folder

PREFIX = "clip:"
OPEN = 4
"""Videos whose decoders are kept: each is a process of its own."""


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
            objects, (height, width) = objects_of(self.truth(frame)), self.size
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


def split_key(key: str) -> tuple[str, int] | None:
    """Name and frame of a key; without a frame it is the first. None where it is no clip's."""
    name, _, frame = key.removeprefix(PREFIX).partition("@")
    if not key.startswith(PREFIX) or not (not frame or (frame.isascii() and frame.isdecimal())):
        return None
    return name, int(frame[:9] or 0)


def is_clip(content: bytes, name: str) -> bool:
    """Whether a file is to be taken for a video: by its ending, and of GIFs those with more than one frame."""
    if suffix(name) != "gif":
        return suffix(name) in SUFFIXES
    with suppress(Exception), Image.open(io.BytesIO(content), formats=("GIF",)) as image:
        return bool(getattr(image, "is_animated", False))
    return False


def find_frame(key: str) -> tuple[Clip, int]:
    """The clip of a frame's key, in the usual workspace, and the frame's number.

    Raises:
        DataError: there is no such clip, or no such frame in it.
    """
    name, frame = split_key(key) or ("", 0)
    clip = find_clip(name)
    clip.check(frame)
    return clip, frame


def find_clip(name: str, folder: Path | None = None) -> Clip:
    """A clip that comes with the program, or one of the workspace in a folder, the usual one where none is named.

    Raises:
        DataError: there is none of that name, or it is damaged.
    """
    if name in SAMPLE_CLIPS:
        return SAMPLE_CLIPS[name].clip(name)
    files = _files(folder or default_folder())
    file = files.clip(name)
    decoder = _decoder(files.video_path(name), file.facts, file.name)
    return Clip(
        name,
        file.name,
        (file.facts.height, file.facts.width),
        file.facts.times,
        lambda frame: torch.from_numpy(decoder.pixels(frame)).permute(2, 0, 1).contiguous(),
        lambda frame: _by_hand(files.objects(name, frame)),
        notes=file.facts.notes,
    )


def objects_of(truth: GroundTruth | None) -> tuple[Object, ...]:
    """Ground truth as annotations; none where nobody said."""
    if truth is None:
        return ()
    rows = zip(truth.boxes_in_image.tolist(), truth.names, truth.difficult.tolist(), truth.crowd.tolist(), strict=True)
    return tuple(Object(tuple(box), name, difficult=hard, crowd=crowd) for box, name, hard, crowd in rows)


@dataclass(frozen=True)
class SampleClip:
    """A drawn clip: its title, what to look at in it, and what draws it."""

    title: str
    lesson: str
    seed: int
    options: MotionOptions = ORDINARY_MOTION

    def clip(self, name: str) -> Clip:
        """Drawn when its frames are asked for."""
        times = _motion(self.seed, self.options).times
        return Clip(name, self.title, (HEIGHT, WIDTH), times, self._pixels, self._told, self.lesson)

    def _pixels(self, frame: int) -> Tensor:
        return pil_to_tensor(_motion(self.seed, self.options).image(frame))

    def _told(self, frame: int) -> FrameTruth:
        return _drawn(self.seed, self.options, frame)


SAMPLE_CLIPS = {
    "crossing": SampleClip(
        "Street crossing",
        "Cars and people pass behind a tree, a house and each other: who is lost, and who is only hidden?",
        45,
    ),
    "evening": SampleClip(
        "Evening traffic",
        "Five seconds of cars that come, overtake each other and go: follow one through all frames.",
        62,
        MotionOptions(count=50),
    ),
}
"""By name; they need no file and no network."""


@lru_cache(maxsize=OPEN)
def _motion(seed: int, options: MotionOptions) -> Motion:
    return Motion(seed, options)


@lru_cache(maxsize=1_000)
def _drawn(seed: int, options: MotionOptions, frame: int) -> FrameTruth:
    """What of drawn scenes would be left out, since so little of it shows, is difficult here: it cannot be left out."""
    seen = _motion(seed, options).seen(frame)
    boxes = seen.boxes_in_image
    least = torch.tensor([seen.shares[identity] for identity in seen.identities])
    hard = (least < ORDINARY.least_visible) | ((boxes[:, 2:] - boxes[:, :2]).amin(dim=1) < LEAST_SIDE)
    names = tuple(CLASSES[label - 1] for label in seen.labels.tolist())
    return FrameTruth(GroundTruth(boxes, names, difficult=hard), seen.identities, seen.shares)


@lru_cache(maxsize=1_000)
def _by_hand(objects: tuple[Object, ...] | None) -> FrameTruth | None:
    if objects is None:
        return None
    used = [one for one in objects if len(GroundTruth.of([one]))]
    identities = tuple(one.identity for one in used)
    truth = GroundTruth.of(objects)
    return FrameTruth(truth, identities, {identity: 1.0 for identity in identities if identity})


@cache
def _files(folder: Path) -> ClipFiles:
    return ClipFiles(folder)


@lru_cache(maxsize=OPEN)
def _decoder(path: Path, facts: VideoFacts, name: str) -> Decoder:
    return Decoder(path, facts, name)
