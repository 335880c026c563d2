"""What is known of a video, and the bounds on one. Nothing here needs PyAV, nor torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

SUFFIXES = ("mp4", "m4v", "mov", "webm", "mkv", "avi", "gif")
MAX_BYTES = 500_000_000
PATIENCE = 120.0
"""Seconds that finding out what is in a video may take; what was read until then is kept."""


@dataclass(frozen=True)
class VideoFacts:
    """What is in a video, and where: enough to come to any frame.

    Attributes:
        width, height: of the upright frames, pixels. container, codec: as FFmpeg calls them.
        times: seconds of each frame after the first, rising.
        stamps: each frame's time stamp (pts) in the file; empty where the file's are no guide to its frames.
        keys: which frames can be decoded without those before. checks: CRC-32 of each frame's RGB pixels.
        notes: what was left out or done to them, in plain sentences.
    """

    width: int
    height: int
    container: str
    codec: str
    times: tuple[float, ...]
    stamps: tuple[int, ...]
    keys: tuple[int, ...]
    checks: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> VideoFacts:
        """What `to_dict` wrote.

        Raises:
            ValueError, TypeError, LookupError, AttributeError: it is something else.
        """
        kinds = {"width": int, "height": int, "container": str, "codec": str}
        kinds_within = {"times": float, "stamps": int, "keys": int, "checks": int, "notes": str}
        facts = cls(
            **{name: kind(content[name]) for name, kind in kinds.items()},
            **{name: tuple(map(kind, content[name])) for name, kind in kinds_within.items()},
        )
        count = len(facts.times)
        if not count or len(facts.checks) != count or len(facts.stamps) not in (0, count):
            raise ValueError("no facts of a video")
        return facts
