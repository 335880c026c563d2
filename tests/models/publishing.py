"""Weights made in a test, put where a detector's own are looked for, as if they were what torchvision publishes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from frcnn_viz.models.hub import HubFile
from frcnn_viz.models.registry import ENTRIES


def publish(patch: pytest.MonkeyPatch, name: str, content: object, part: str = "hub") -> Path:
    """Save it in the hub folder under a name that holds its hash, which the detector then has for its file.

    `part` is the file's field of the entry: `hub`, or `backbone` for ImageNet's.
    """
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "made.pth"
    torch.save(content, made)
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    file = HubFile(f"http://127.0.0.1:9/{name}-{digest[:8]}.pth", made.stat().st_size / 2**20)
    patch.setitem(ENTRIES, name, replace(ENTRIES[name], **{part: file}))
    return made.rename(file.path)
