"""Weights files in torch's hub folder: found by name, read without unpickling code, fetched when asked for."""

from __future__ import annotations

import hashlib
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision.models import WeightsEnum

from frcnn_viz.models.weights import WeightsError, read_state

CHUNK = 2**20
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


def read_hub_file(file: HubFile, detector: str) -> dict[str, Tensor]:
    """The tensors of a file in the hub folder.

    Raises:
        WeightsError: it is not there, damaged or hostile.
    """
    if not file.path.is_file():
        raise WeightsError(
            f"{file.name} ({file.megabytes:.0f} MB) is not here: fetch it on the page Model, or run "
            f"`frcnn-viz models fetch {detector}` where there is a network, or put the file into {file.path.parent}."
        )
    return read_state(file.path)


def fetch(file: HubFile, progress: Progress = lambda done, total: None) -> Path:
    """Download a file; it appears under its name only when whole and with the right hash.

    Args:
        file: which.
        progress: bytes so far, and in all; what it raises stops the download and leaves nothing behind.

    Raises:
        WeightsError: there is no network, or what came has another hash.
    """
    if file.path.is_file():
        return file.path
    expected = re.search(r"-([0-9a-f]{8,})\.", file.name)
    file.path.parent.mkdir(parents=True, exist_ok=True)
    partial = file.path.with_suffix(f".{os.getpid()}.partial")
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(file.url, timeout=30) as answer, partial.open("wb") as out:
            total, done = int(answer.headers.get("Content-Length") or 0), 0
            while chunk := answer.read(CHUNK):
                out.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                progress(done, total)
        if expected and not digest.hexdigest().startswith(expected[1]):
            raise WeightsError(f"what came from {file.url} is not {file.name} (its hash differs); try again.")
        os.replace(partial, file.path)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise WeightsError(f"{file.url} cannot be reached; put {file.name} into {file.path.parent} by hand.") from error
    finally:
        partial.unlink(missing_ok=True)
    return file.path
