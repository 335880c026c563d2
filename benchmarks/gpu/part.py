"""One part of the run: its lines of Markdown, and whether what they say is good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

MOST_PIXELS, MOST_SCORE = 1e-4, 1e-5
"""How far boxes and scores may be from torchvision's, or from those of another run."""


@dataclass(frozen=True)
class Part:
    lines: list[str]
    holds: bool


def told(what: str, holds: bool) -> str:
    return f"{what}: {'holds' if holds else 'MISSED'}."


@contextmanager
def exact() -> Iterator[None]:
    """Full float32 and the same kernels each time: no TF32, cuDNN deterministic and without its benchmark."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
