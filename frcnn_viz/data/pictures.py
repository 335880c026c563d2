"""The pictures of a workspace, as they came, and their thumbnails.

images/<id>.<ending>
thumbnails/<id>.jpg   made once
"""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path, PurePosixPath

from PIL import Image

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import set_aside, write_whole
from frcnn_viz.data.images import SUFFIXES, ImageError, LoadedImage, load_image, shrink
from frcnn_viz.data.index import is_id

ENDINGS = tuple(f".{suffix}" for suffix in SUFFIXES)
THUMBNAIL = 240


class PictureFiles:
    """The files of all pictures of a workspace's folder. Who writes holds the workspace's lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ids(self) -> set[str]:
        """Of the pictures that are there."""
        return {path.stem for path in (self.folder / "images").glob("*")}

    def path(self, key: str) -> Path:
        """The image's file, as it came.

        Raises:
            DataError: it is missing.
        """
        likely = (self.folder / "images" / f"{key}{ending}" for ending in ENDINGS)
        found = next(filter(Path.is_file, likely), None) if is_id(key) else None
        found = found or next((path for path in self._all(key) if path.stem == key), None)
        if found is None:
            raise DataError(f"the picture of image {key} is missing from {self.folder}; add it again or remove it.")
        return found

    def thumbnail_path(self, key: str) -> Path:
        """A JPEG of at most 240 pixels a side."""
        return self.folder / "thumbnails" / f"{key}.jpg"

    def write(self, key: str, content: bytes, loaded: LoadedImage) -> None:
        """Put a picture and its thumbnail in place, unless it is there and whole; another file of it is set aside."""
        if self.is_there(key, content, loaded):
            return
        for path in self._all(key):
            if path.stem == key:
                set_aside(path)
        ending = PurePosixPath(loaded.name).suffix.lower()
        write_whole(self.folder / "images" / f"{key}{ending if ending in ENDINGS else '.png'}", content)
        buffer = io.BytesIO()
        thumbnail = shrink(loaded.pixels.permute(1, 2, 0).numpy(), THUMBNAIL)
        Image.fromarray(thumbnail).save(buffer, "JPEG", quality=80)
        write_whole(self.thumbnail_path(key), buffer.getvalue())

    def is_there(self, key: str, content: bytes, loaded: LoadedImage) -> bool:
        """Whether the picture is in place and whole."""
        with suppress(DataError, ImageError, OSError):
            path = self.path(key)
            same = path.read_bytes() == content or load_image(path).sha256 == loaded.sha256
            return same and self.thumbnail_path(key).is_file()
        return False

    def delete(self, key: str) -> None:
        """Delete the picture's files."""
        for path in (*self._all(key), self.thumbnail_path(key)):
            path.unlink(missing_ok=True)

    def move(self, key: str, to: Path) -> None:
        """Take the picture's files away to another folder; the thumbnail is not kept."""
        for path in self._all(key):
            os.replace(path, to / path.name)
        self.thumbnail_path(key).unlink(missing_ok=True)

    def _all(self, key: str) -> list[Path]:
        """Also those that were set aside."""
        return sorted((self.folder / "images").glob(f"{key}.*")) if is_id(key) else []
