"""What holds in a class: how much each visitor may keep, and how long. The command line tells the server of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from frcnn_viz.data.tenant import Limits, Tenant

CLASS_VARIABLE = "FRCNN_VIZ_CLASS"
"""The environment variable that makes a server one for a class: the rules, as JSON."""
MOST_VISITORS = 500
"""Workspaces that are made at most, so that nobody fills the disk with empty ones."""


def digest_of(secret: str) -> str:
    """What is kept of a secret: 64 hexadecimal digits, from which it cannot be had back."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Rules:
    """The rules of a class.

    Attributes:
        teacher: the digest of the token by which the teacher is known.
        images: pictures and clips that a visitor may keep. megabytes: all of a visitor's files.
        days: after which a visitor's workspace is removed, counted from the last visit.
        run_minutes: that a run may train before it gives way to others; it can go on afterwards.
    """

    teacher: str = field(default="", repr=False)
    images: int = 40
    megabytes: int = 500
    days: int = 14
    run_minutes: float = 5

    def to_text(self) -> str:
        """For the environment."""
        return json.dumps(asdict(self))

    def is_teacher(self, token: str) -> bool:
        """Whether it is the teacher's token; compared in constant time."""
        return bool(self.teacher) and hmac.compare_digest(digest_of(token), self.teacher)

    def visitor(self, folder: Path, base: Path) -> Tenant:
        """The tenant of a visitor's folder; `base` is the teacher's workspace."""
        limits = Limits(self.images, self.megabytes * 1_000_000, runs=1, run_seconds=60 * self.run_minutes)
        return Tenant(folder, limits, opens_paths=False, fetches=False, shared=base, line=line_of(base))


def line_of(base: Path) -> Path:
    """Where all runs of a class queue; `base` is the teacher's workspace."""
    return base / "line"


@cache
def rules() -> Rules | None:
    """The rules of this server; None where it is none for a class."""
    told = os.environ.get(CLASS_VARIABLE)
    return Rules(**json.loads(told)) if told else None
