"""Two results are the same, wherever they live: every tensor in them, what they cache on themselves included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList

from frcnn_viz.pipeline.memory import Memory


def assert_same(here: object, there: object) -> None:
    """`there`, made on the device, holds bit for bit what `here` does."""
    mine, theirs = dict(_leaves(here)), dict(_leaves(there))
    assert mine.keys() == theirs.keys()
    assert mine, "nothing was compared"
    differ = [path for path in mine if not _equal(mine[path], theirs[path])]
    assert not differ, {path: (mine[path], theirs[path]) for path in differ[:3]}


def _equal(one: object, other: object) -> bool:
    if isinstance(one, Tensor):
        return one.dtype == other.dtype and torch.equal(one, other.cpu())
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return one == other or (one != one and other != other)  # nan is nan


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    cached = [name for name in dir(type(value)) if isinstance(getattr(type(value), name, None), cached_property)]
    if isinstance(value, nn.Module | Memory):
        return
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = enumerate(value)
    elif isinstance(value, ImageList):
        parts = vars(value).items()
    elif cached or is_dataclass(value):
        names = [field.name for field in fields(value)] if is_dataclass(value) else []
        parts = ((name, getattr(value, name)) for name in (*names, *cached) if name not in ("ms", "fingerprint"))
    else:
        yield path, value
        return
    for name, part in parts:
        yield from _leaves(part, f"{path}.{name}")
