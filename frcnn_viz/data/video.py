"""A video file becomes frames with their times: MP4, MOV, WebM, MKV, AVI and GIF, by PyAV.

Files are taken to be hostile, and FFmpeg is native code: whoever serves others calls this in a process of its own
(`decoding`). Nothing here needs torch.
"""

from __future__ import annotations

import time
import zlib
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.bounds import clean_name
from frcnn_viz.data.video_facts import PATIENCE, VideoFacts
from frcnn_viz.data.walk import Walk, is_turned

MAX_FRAMES = 3_000
MAX_SECONDS = 600.0
"""Of a video. What lies beyond, or beyond `MAX_FRAMES`, is left out, with a note."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame: its index, its time in seconds after the first, and its pixels, uint8 [H, W, 3], RGB, upright."""

    index: int
    time: float
    pixels: np.ndarray


def probe(path: Path, name: str = "", patience: float = PATIENCE) -> VideoFacts:
    """Decode a video once, as far as it goes, and note what is in it.

    Args:
        path: the file.
        name: what sentences call it; the path's name when empty.
        patience: seconds after which what was read until then is enough.

    Raises:
        DataError: not one frame of it can be used.
    """
    name, started = clean_name(name or path.name), time.monotonic()
    times, stamps, keys, checks, notes = [], [], [], [], []
    with closing(Walk(path, name)) as walk:
        told = walk.stream.frames if "mov" in walk.container.format.name else 0  # AVI counts gaps, too
        for frame, pixels in walk:
            if not times:
                height, width = pixels.shape[:2]
                notes += [_TURNED] * (is_turned(frame))
                notes += [_NOT_SQUARE] * ((walk.stream.sample_aspect_ratio or 1) != 1)
            second = _second(walk, frame, len(times))
            times.append(second if not times or second > times[-1] else times[-1] + 1 / walk.rate)
            stamps.append(frame.pts)
            keys += [len(times) - 1] * frame.key_frame
            checks.append(zlib.crc32(pixels))
            if stop := _enough(times, time.monotonic() - started, patience):
                notes.append(stop)
                break
        else:
            if walk.broken or len(times) < told:
                of = f" of {told:,}" if told > len(times) else ""
                notes.append(f"{name} is damaged or cut short: its first {len(times):,}{of} frames can be shown.")
            elif times and not told and times[-1] - times[0] + max(0.5, 2 / walk.rate) < walk.lasts:
                ends = f"its frames end at {times[-1] - times[0]:.1f} s"
                notes.append(f"{name} says that it lasts {walk.lasts:.1f} s, but {ends}: it may be cut short.")
        if not times:
            raise DataError(f"{name} holds no frame that can be decoded; save it again, or convert it to MP4.")
        container, codec = walk.container.format.name, walk.stream.codec_context.name
    seconds = tuple(round(second - times[0], 6) for second in times)
    sound = None not in stamps and all(a < b for a, b in pairwise(stamps))
    found = (tuple(stamps) if sound else (), tuple(keys), tuple(checks), tuple(notes))
    return VideoFacts(width, height, container, codec, seconds, *found)


class Reader:
    """Frames of a video by index, each exactly that of decoding all in order. Not to be used by two threads at once."""

    def __init__(self, path: Path, facts: VideoFacts, name: str = "") -> None:
        self._path, self._facts, self._name = path, facts, clean_name(name or path.name)
        self._walk: Walk | None = None
        self._next = 0
        """The frame that the walk gives next."""

    def frame(self, index: int) -> Frame:
        """From the nearest frame before that can be decoded alone; where that gives other pixels, from the first.

        Raises:
            IndexError: there is no such frame.
            DataError: the file is gone, or is another one by now.
        """
        if not 0 <= index < len(self._facts.times):
            raise IndexError(index)
        pixels = self._near(index)
        if pixels is None:
            self._start(0)
            pixels = next((pixels for _, pixels in self._walk.until(None, index)), None)
        self._next = index + 1
        _check(pixels, self._facts, index, self._name)
        return Frame(index, self._facts.times[index], pixels)

    def close(self) -> None:
        """Let go of the file; the next frame opens it again."""
        if self._walk:
            self._walk.close()
        self._walk = None

    def _near(self, index: int) -> np.ndarray | None:
        """The frame's pixels, without going through all before it; None where that did not give them."""
        key = max((key for key in self._facts.keys if key <= index), default=0)
        if self._walk is None or not key <= self._next <= index:
            self._start(key)
        stamps = self._facts.stamps
        for frame, pixels in self._walk.until(stamps[index] if stamps else None, index - self._next):
            right = zlib.crc32(pixels) == self._facts.checks[index] and (not stamps or frame.pts == stamps[index])
            return pixels if right else None
        return None

    def _start(self, key: int) -> None:
        self.close()
        self._walk, self._next = Walk(self._path, self._name), 0
        if key and self._facts.stamps:
            self._walk.seek(self._facts.stamps[key])
            self._next = key


def _check(pixels: np.ndarray | None, facts: VideoFacts, index: int, name: str) -> None:
    """Refuse another file's frame; or one so damaged that decoding it anew gives other pixels each time."""
    if pixels is None or zlib.crc32(pixels) != facts.checks[index]:
        raise DataError(f"Frame {index} of {name} is damaged, or the file is another one by now; add it again.")


_TURNED = "Turned upright as the file asks."
_NOT_SQUARE = "Its pixels are not square: frames are shown as they are stored, not as wide as a player shows them."


def _second(walk: Walk, frame: av.VideoFrame, index: int) -> float:
    return float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else index / walk.rate


def _enough(times: list[float], spent: float, patience: float) -> str:
    """Why no more frames are to be read; empty where more may be."""
    if len(times) == MAX_FRAMES:
        return f"Only the first {MAX_FRAMES:,} frames are read."
    if times[-1] - times[0] > MAX_SECONDS:
        return f"Only the first {MAX_SECONDS / 60:.0f} minutes are read."
    return f"Only the first {len(times):,} frames are read: more took too long." if spent > patience else ""
