"""What Bob knows of Ada, and how it is told that he got at something of hers."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from frcnn_viz.canvas.pictures import png
from frcnn_viz.data.images import load_image
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.figures.rasters import to_uint8
from tests.browser.classroom import EXPERIMENT, RUN, SECRET, Classroom


@dataclass(frozen=True)
class Prey:
    """What Bob knows of Ada, and what is looked for.

    Attributes:
        pictures, clip, checkpoint: their ids. both: that of a picture which he has, too.
        folder: of her workspace. session: Streamlit's id of her tab.
        urls: where her browser was sent, and Bob's was not. needles: parts of what is hers alone, as bytes.
    """

    pictures: tuple[str, ...]
    both: str
    clip: str
    checkpoint: str
    folder: Path
    session: str
    urls: tuple[str, ...]
    needles: tuple[bytes, ...]

    def got(self, received: bytes, sent: object) -> list[bytes]:
        """What of hers is in what was received and was not sent."""
        told = str(sent).encode()
        found = [needle for needle in self.needles if needle in received and needle not in told]
        return found + [b"pixels"] * is_hers(received.partition(b"\r\n\r\n")[2])


def is_hers(content: bytes) -> bool:
    """Whether this is a picture in the colour of all of hers."""
    with suppress(OSError), Image.open(io.BytesIO(content)) as found:
        return bool(np.abs(np.asarray(found.convert("RGB")).mean((0, 1)) - (222, 32, 195)).max() < 12)
    return False


def files_of(classroom: Classroom) -> dict[Path, str]:
    """The digest of every file of the class but Bob's, whose times of visit are no matter."""
    found = (path for path in classroom.base.rglob("*") if path.is_file())
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
        if not path.is_relative_to(classroom.bob.tenant.folder)
    }


def needles_of(folder: Path, pictures: Iterable[str]) -> Iterator[bytes]:
    """Parts of what is hers alone: words, the middle of every picture and video, or the end where that begins alike."""
    yield from (SECRET.encode(), RUN.encode(), EXPERIMENT.encode())
    workspace = Workspace(folder)
    whole = [workspace.clips.video_path(key).read_bytes() for key in workspace.clips.ids()]
    for key in pictures:
        loaded = load_image(workspace.picture_path(key))
        yield loaded.sha256.encode()
        whole += [workspace.picture_path(key).read_bytes(), png(to_uint8(loaded.pixels))]
        yield workspace.thumbnail_path(key).read_bytes()[-42:-2]
    yield from (content[len(content) // 2 :][:40] for content in whole)
