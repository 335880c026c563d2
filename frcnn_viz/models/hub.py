"""Weights files in torch's hub folder: found by name, checked by the hash in it, fetched when asked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

import torch
from filelock import FileLock, Timeout
from torch import Tensor
from torchvision.models import WeightsEnum

from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.partial import partials, whole
from frcnn_viz.models.weights import WeightsError, read_state

MB = 2**20
SILENCE = 30
"""Seconds without an answer after which a server is given up."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class HubFile:
    """One of torchvision's files. url: where it comes from. megabytes: its size, as torchvision states it."""

    url: str
    megabytes: float

    @classmethod
    def of(cls, weights: WeightsEnum) -> HubFile:
        """The file that torchvision's description names."""
        return cls(weights.url, float(weights.meta["_file_size"]))

    @property
    def name(self) -> str:
        """Its name, with the first digits of its SHA-256."""
        return self.url.rsplit("/", 1)[1]

    @property
    def path(self) -> Path:
        """Where torch's hub keeps it."""
        return Path(torch.hub.get_dir()) / "checkpoints" / self.name

    @property
    def is_here(self) -> bool:
        """Whether there is a file of its name that was not found to be another."""
        mark = _mark(self.path)
        return mark is not None and _CHECKED.get(self.path) != (mark, False)

    def is_whole(self) -> bool:
        """Whether the file there has the hash in its name: it is read once, and again when it was changed."""
        mark, path = _mark(self.path), self.path
        if mark is None:
            return False
        if _CHECKED.get(path, (None, False))[0] != mark:
            with path.open("rb") as content:
                _CHECKED[path] = mark, self.fits(hashlib.file_digest(content, "sha256").hexdigest())
        return _CHECKED[path][1]

    def fits(self, digest: str) -> bool:
        """Whether a SHA-256 is the one whose first digits are in the name."""
        told = re.search(r"-([0-9a-f]{8,})\.", self.name)
        return not told or digest.startswith(told[1])


def read_hub_file(file: HubFile, detector: str) -> dict[str, Tensor]:
    """The tensors of a file in the hub folder.

    Raises:
        WeightsError: it is not there, another than its name says, damaged or hostile.
    """
    how = (
        f"fetch it on the page Model, or run `frcnn-viz models fetch {detector}` where there is a network, "
        f"or put the file into {file.path.parent}."
    )
    if not file.path.is_file():
        raise WeightsError(f"{file.name} ({file.megabytes:.0f} MB) is not here: {how}")
    if not file.is_whole():
        raise WeightsError(f"{file.path} is damaged or another file (its hash differs): {how}")
    return read_state(file.path)


def fetch(file: HubFile, progress: Progress = lambda done, total: None) -> Path:
    """Download a file; it appears under its name only when whole and with the right hash.

    Where it is being fetched already, by another visitor or process, that is waited for.

    Args:
        file: which.
        progress: bytes so far, and in all; what it raises stops the download and leaves nothing behind.

    Raises:
        WeightsError: there is no network, the folder cannot be written to, what came has another hash, or this tenant
            may not.
    """
    try:
        if not file.is_whole():
            if not tenant().fetches:
                raise WeightsError(f"{file.name} is not here, and the teacher alone can fetch it; choose another.")
            file.path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(file, progress):
                for left in partials(file.path):
                    left.unlink(missing_ok=True)  # by a process that was killed
                if not file.is_whole():
                    _download(file, progress)
    except (OSError, HTTPException) as error:
        raise WeightsError(
            f"{file.name} could not be fetched from {file.url} ({_why(error)}); try again, "
            f"or put it into {file.path.parent} by hand."
        ) from error
    return file.path


@contextmanager
def _alone(file: HubFile, progress: Progress) -> Iterator[None]:
    """Hold the lock on writing this file; while another has it, tell how far that one is."""
    lock = FileLock(file.path.with_name(f".{file.name}.lock"))
    while not lock.is_locked:
        try:
            lock.acquire(timeout=0.3)
        except Timeout:
            sizes = [mark.size for mark in map(_mark, partials(file.path)) if mark]
            progress(max(sizes, default=0), round(file.megabytes * MB))
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file
            Path(lock.lock_file).unlink()
        lock.release()


def _download(file: HubFile, progress: Progress) -> None:
    digest, done = hashlib.sha256(), 0
    with urlopen(file.url, timeout=SILENCE) as answer, whole(file.path) as partial:
        told = answer.headers.get("Content-Length", "")
        total = int(told) if told.isdecimal() else 0
        with partial.open("wb") as out:
            while chunk := answer.read(MB):
                out.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                progress(done, total)
                if done > 2 * file.megabytes * MB:
                    raise WeightsError(f"what comes from {file.url} is far larger than {file.name}; it was stopped.")
        if done < total:
            raise WeightsError(f"{file.url} was cut off after {done:,} of {total:,} bytes; try again.")
        if not file.fits(digest.hexdigest()):
            raise WeightsError(f"what came from {file.url} is not {file.name} (its hash differs); try again.")


def _why(error: OSError | HTTPException) -> str:
    if isinstance(error, HTTPError):
        return f"the server answered {error.code}"
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"no answer within {SILENCE} seconds"
    if isinstance(reason, HTTPException):
        return "the answer was cut off, or is no HTTP"
    return getattr(reason, "strerror", None) or str(reason)


class _Mark(NamedTuple):
    """What tells a file from another one under its name."""

    inode: int
    mtime: int
    size: int


def _mark(path: Path) -> _Mark | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return _Mark(state.st_ino, state.st_mtime_ns, state.st_size) if path.is_file() else None


_CHECKED: dict[Path, tuple[_Mark, bool]] = {}
"""Files that were hashed in this process, and whether the hash was the right one."""
