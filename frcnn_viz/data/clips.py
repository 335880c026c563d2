"""A clip, drawn or a video: frames, and what is on them. `clip:NAME@FRAME` is a frame's key, wherever a picture's is.

NAME is that of a clip which comes with the program, or the id of one in a workspace; FRAME counts from 0.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import torch
from PIL import Image

from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.bounds import clean_name
from frcnn_viz.data.clip import PREFIX, Clip, FrameTruth
from frcnn_viz.data.clip_files import ClipFiles, check_bytes
from frcnn_viz.data.decoding import Decoder, look
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.homes import home_of
from frcnn_viz.data.sample_clips import SAMPLE_CLIPS
from frcnn_viz.data.sources import suffix
from frcnn_viz.data.video_facts import SUFFIXES, VideoFacts

OPEN = 4
"""Videos whose decoders are kept: each is a process of its own."""


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
    """The clip of a frame's key, and the frame's number.

    Raises:
        DataError: there is no such clip, or no such frame in it.
    """
    name, frame = split_key(key) or ("", 0)
    clip = find_clip(name)
    clip.check(frame)
    return clip, frame


def find_clip(name: str, folder: Path | None = None) -> Clip:
    """A clip that comes with the program, or one of the workspace in a folder, where none is named of its `home_of`.

    Raises:
        DataError: there is none of that name, or it is damaged.
    """
    if name in SAMPLE_CLIPS:
        return SAMPLE_CLIPS[name].clip(name)
    files = ClipFiles(folder) if folder else home_of(f"{PREFIX}{name}").clips
    file = files.clip(name)
    told = lambda frame: _by_hand(files.objects(name, frame))  # noqa: E731
    return _clip(name, file.name, files.video_path(name), file.facts, told)


def open_clip(path: Path) -> Clip:
    """A video file as a clip, without a workspace; its name is what it would be there.

    Raises:
        DataError: it is no video that can be used.
    """
    title = clean_name(path.name)
    try:
        check_bytes(path.stat().st_size, title)
        with path.open("rb") as file:
            name = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise DataError(f"{title} cannot be read ({error.strerror}); check the path.") from error
    return _clip(name, title, path, look(path, title), lambda frame: None)


def _clip(name: str, title: str, path: Path, facts: VideoFacts, told: Callable[[int], FrameTruth | None]) -> Clip:
    decoder = _decoder(path, facts, title)
    pixels = lambda frame: torch.from_numpy(decoder.pixels(frame)).permute(2, 0, 1).contiguous()  # noqa: E731
    return Clip(name, title, (facts.height, facts.width), facts.times, pixels, told, notes=facts.notes)


@lru_cache(maxsize=1_000)
def _by_hand(objects: tuple[Object, ...] | None) -> FrameTruth | None:
    if objects is None:
        return None
    used = [one for one in objects if len(GroundTruth.of([one]))]
    identities = tuple(one.identity for one in used)
    truth = GroundTruth.of(objects)
    return FrameTruth(truth, identities, {identity: 1.0 for identity in identities if identity})


@lru_cache(maxsize=OPEN)
def _decoder(path: Path, facts: VideoFacts, name: str) -> Decoder:
    return Decoder(path, facts, name)
