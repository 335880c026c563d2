"""The pictures of a run in one file, at the network's size: decoded once, read from disk as they are drawn."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from frcnn_viz.data.annotations import AnnotatedImage, DataError
from frcnn_viz.data.files import as_json, write_whole
from frcnn_viz.data.images import ImageError, load_image
from frcnn_viz.data.room import own_room
from frcnn_viz.models.partial import whole
from frcnn_viz.pipeline.boxes import Size
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.sets import OpenSet

Progress = Callable[[int, int], None]


class Pictures(Sequence[np.ndarray]):
    """Pictures in a file: uint8 [3, H, W] each."""

    def __init__(self, path: Path, places: Sequence[tuple[int, int, int]]) -> None:
        """`places`: where in the file each begins, its height and its width."""
        self._path, self._places = path, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> np.ndarray:  # type: ignore[override]
        start, height, width = self._places[index]
        return self._file[start : start + 3 * height * width].reshape(3, height, width)

    @cached_property
    def _file(self) -> np.memmap:
        return np.memmap(self._path, np.uint8, "r")


class PictureFile:
    """Pictures at one network size, by the hashes of the files they came from. Runs on the same pictures share it.

    Attributes:
        path: of the pixels. index: beside it, written last.
    """

    def __init__(self, folder: Path, hashes: Sequence[str], min_size: int, max_size: int) -> None:
        """In `folder`, whether or not it is there yet."""
        key = hashlib.sha256(f"{min_size} {max_size} {sorted(set(hashes))}".encode()).hexdigest()[:32]
        self.path, self.index = folder / f"{key}.bin", folder / f"{key}.json"

    @property
    def is_here(self) -> bool:
        """Whether it is there and whole."""
        try:
            return self.path.stat().st_size == json.loads(self.index.read_bytes())["bytes"]
        except (OSError, ValueError, LookupError):
            return False

    def places(self) -> Mapping[str, tuple[int, int, int, int, int]]:
        """By hash: where its pixels begin, their height and width, and those of the picture itself."""
        return json.loads(self.index.read_bytes())["places"]


def store_pictures(
    folder: Path,
    opened: OpenSet,
    wanted: Sequence[tuple[str, AnnotatedImage]],
    min_size: int,
    max_size: int,
    tell: Progress = lambda done, total: None,
) -> tuple[PictureFile, dict[str, str]]:
    """Decode pictures into a file of `folder`, unless it is there.

    Args:
        folder: of such files.
        opened: the set the pictures are in.
        wanted: the hash each one's file had, and its image.
        min_size: of the network's input, pixels.
        max_size: the same.
        tell: called with the pictures done and their number; what it raises stops, and leaves nothing behind.

    Returns:
        The file, and by hash a sentence on each picture that is not in it: gone, changed since, or damaged.

    Raises:
        TrainingError: the disk or the workspace is full, or the folder cannot be written to.
    """
    made = PictureFile(folder, [sha256 for sha256, _ in wanted], min_size, max_size)
    if made.is_here:
        return made, {}
    places: dict[str, list[int]] = {}
    lacking: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole(made.path) as partial, partial.open("wb") as file:
            for done, (sha256, image) in enumerate(wanted):
                tell(done, len(wanted))
                if sha256 in places:
                    continue
                try:
                    pixels = _unchanged(opened, image, sha256)
                except (DataError, ImageError) as error:
                    lacking[sha256] = f"{error} It is left out."
                    continue
                small = shrink(pixels, min_size, max_size)
                places[sha256] = [file.tell(), *small.shape[1:], *pixels.shape[1:]]
                file.write(small.contiguous().numpy().data)
            total = file.tell()
            file.flush()
            os.fsync(file.fileno())
            own_room().check_written(partial)
        if lacking:  # it is not the file that was asked for
            asked, made = made, PictureFile(folder, list(places), min_size, max_size)
            os.replace(asked.path, made.path)
        write_whole(made.index, as_json({"bytes": total, "places": places}))
    except OSError as error:
        raise TrainingError(f"the pictures cannot be kept in {folder} ({error.strerror}); make room there.") from error
    except DataError as error:
        raise TrainingError(str(error)) from error
    return made, lacking


def network_size(size: Size, min_size: int, max_size: int) -> Size:
    """Height and width at which the detector's own resize leaves a picture as it is."""
    short, long = min(size), max(size)
    if min_size * long <= max_size * short:
        short, long = min_size, min(max_size, round(long * min_size / short))
    else:
        short, long = max(1, round(short * max_size / long)), max_size
    return (short, long) if size[0] <= size[1] else (long, short)


def shrink(pixels: Tensor, min_size: int, max_size: int) -> Tensor:
    """A picture at the network's size, by the resize that torchvision's detectors do: uint8 [3, H, W]."""
    size = network_size((pixels.shape[1], pixels.shape[2]), min_size, max_size)
    if size == pixels.shape[1:]:
        return pixels
    colours = (  # one at a time: of 40 megapixels, all in float32 are half a gigabyte
        functional.interpolate(colour[None, None].float(), size, mode="bilinear", align_corners=False)[0, 0]
        for colour in pixels
    )
    return torch.stack([colour.round().to(torch.uint8) for colour in colours])


def _unchanged(opened: OpenSet, image: AnnotatedImage, sha256: str) -> Tensor:
    """The pixels of a picture whose file is still the one that had this hash."""
    content = opened.content(image)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{image.name} was changed after the run was started.")
    return load_image(content, image.name).pixels
