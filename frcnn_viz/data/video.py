"""A video file becomes frames with their times: MP4, MOV, WebM, MKV, AVI and GIF, by PyAV.

Files are taken to be hostile, and FFmpeg is native code: whoever serves others calls this in a process of its own
(`decoding`). Nothing here needs torch.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream
from PIL import Image

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.bounds import MAX_PIXELS, MAX_SIDE, clean_name

SUFFIXES = ("mp4", "m4v", "mov", "webm", "mkv", "avi", "gif")
MAX_BYTES = 500_000_000
MAX_FRAMES = 3_000
MAX_SECONDS = 600.0
"""Of a video. What lies beyond, or beyond `MAX_FRAMES`, is left out, with a note."""
PATIENCE = 120.0
"""Seconds that finding out what is in a video may take; what was read until then is kept."""
USUAL_RATE = 25.0
"""Frames a second where a file tells no times."""
_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"
"""The only ones that are tried: a playlist, such as HLS, would have FFmpeg open other files."""


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
    with closing(_Walk(path, name)) as walk:
        told = walk.stream.frames if "mov" in walk.container.format.name else 0  # AVI counts gaps, too
        for frame, pixels in walk:
            if not times:
                height, width = pixels.shape[:2]
                notes += [_TURNED] * (_orientation(frame) != (False, False, False))
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


def frames(path: Path, facts: VideoFacts, name: str = "") -> Iterator[Frame]:
    """Every frame that the facts know, in order; no more than one is held.

    Raises:
        DataError: the file is gone, or is another one by now.
    """
    with closing(_Walk(path, clean_name(name or path.name))) as walk:
        read = 0
        for _, pixels in islice(walk, len(facts.times)):
            _check(pixels, facts, read, walk.name)
            yield Frame(read, facts.times[read], pixels)
            read += 1
        if read < len(facts.times):
            raise DataError(f"{walk.name} has only {read:,} frames now; add it again.")


class Reader:
    """Frames of a video by index, each exactly that of `frames`. Not to be used by two threads at once."""

    def __init__(self, path: Path, facts: VideoFacts, name: str = "") -> None:
        self._path, self._facts, self._name = path, facts, clean_name(name or path.name)
        self._walk: _Walk | None = None
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
        self._walk, self._next = _Walk(self._path, self._name), 0
        if key and self._facts.stamps:
            self._walk.seek(self._facts.stamps[key])
            self._next = key


def _check(pixels: np.ndarray | None, facts: VideoFacts, index: int, name: str) -> None:
    """Refuse another file's frame; or one so damaged that decoding it anew gives other pixels each time."""
    if pixels is None or zlib.crc32(pixels) != facts.checks[index]:
        raise DataError(f"Frame {index} of {name} is damaged, or the file is another one by now; add it again.")


class _Walk:
    """An open video, its frames one after the other from where it stands; each with its upright RGB pixels.

    Attributes:
        broken: whether the frames ended because of a damage. rate: frames a second, as far as the file tells.
        lasts: seconds that the file says its video has; 0 where it does not.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.name, self.broken = name, False
        try:
            if path.stat().st_size > MAX_BYTES:
                size = f"{path.stat().st_size / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:,.0f} MB"
                raise DataError(f"{name} has {size} can be read. Cut it or make it smaller.")
            whitelists = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"}
            self.container = av.open(str(path.resolve()), options=whitelists, metadata_errors="ignore")
        except FFmpegError as error:
            raise DataError(f"{name} is no MP4, MOV, WebM, MKV, AVI or GIF that can be read; convert it.") from error
        except OSError as error:
            raise DataError(f"{name} cannot be read ({error.strerror}); check the path.") from error
        videos = [
            stream for stream in self.container.streams.video if not stream.disposition & Disposition.attached_pic
        ]
        if not videos:
            self.close()
            raise DataError(f"{name} holds no video, only sound or nothing; choose another file.")
        self.stream = videos[0]
        if self.stream.codec_context is None:
            self.close()
            raise DataError(f"{name} is packed in a way that nothing here can decode; convert it to MP4.")
        rate = self.stream.average_rate or self.stream.guessed_rate
        self.rate = float(rate) if rate else USUAL_RATE
        self.lasts = _told_seconds(self.container, self.stream)
        self._check_size(self.stream.codec_context.width, self.stream.codec_context.height)
        self.stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        self._decoded = self._decode()

    def __iter__(self) -> Iterator[tuple[av.VideoFrame, np.ndarray]]:
        return ((frame, _upright_rgb(frame)) for frame in self._decoded)

    def until(self, stamp: int | None, count: int) -> Iterator[tuple[av.VideoFrame, np.ndarray]]:
        """The frame of a time stamp or, where there are none, that after so many others; and those behind it."""
        for place, frame in enumerate(self._decoded):
            if frame.pts >= stamp if stamp is not None else place >= count:
                yield frame, _upright_rgb(frame)

    def seek(self, stamp: int) -> None:
        """Stand at the last place at or before a time stamp from which decoding can begin."""
        with suppress(FFmpegError):  # then it stands where it stood, which the frames' stamps tell
            self.container.seek(stamp, stream=self.stream)

    def close(self) -> None:
        """Let go of the file."""
        self.container.close()

    def _decode(self) -> Iterator[av.VideoFrame]:
        size, packets = None, self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                for frame in packet.decode():
                    size = size or (frame.width, frame.height)
                    if frame.is_corrupt or (frame.width, frame.height) != size:
                        self.broken = True
                        return
                    self._check_size(*size)
                    yield frame
            except FFmpegError:
                self.broken = True
                if size or packet is None:
                    return
            except (ValueError, MemoryError) as error:
                raise DataError(f"{self.name} cannot be decoded ({error}); convert it to MP4.") from error

    def _check_size(self, width: int, height: int) -> None:
        if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
            self.close()
            raise DataError(
                f"The frames of {self.name} are {width:,} x {height:,} pixels; at most {MAX_SIDE:,} a side and "
                f"{MAX_PIXELS:,} in all can be shown. Make them smaller."
            )


_TURNED = "Turned upright as the file asks."
_NOT_SQUARE = "Its pixels are not square: frames are shown as they are stored, not as wide as a player shows them."


def _second(walk: _Walk, frame: av.VideoFrame, index: int) -> float:
    return float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else index / walk.rate


def _told_seconds(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    with suppress(KeyError, ValueError):  # as Matroska has it, such as 00:01:02.5
        hours, minutes, seconds = map(float, stream.metadata["DURATION"].split(":"))
        return 3600 * hours + 60 * minutes + seconds
    alone = len(container.streams) == 1 and container.duration
    return container.duration / av.time_base if alone else 0.0


def _enough(times: list[float], spent: float, patience: float) -> str:
    """Why no more frames are to be read; empty where more may be."""
    if len(times) == MAX_FRAMES:
        return f"Only the first {MAX_FRAMES:,} frames are read."
    if times[-1] - times[0] > MAX_SECONDS:
        return f"Only the first {MAX_SECONDS / 60:.0f} minutes are read."
    return f"Only the first {len(times):,} frames are read: more took too long." if spent > patience else ""


def _orientation(frame: av.VideoFrame) -> tuple[bool, bool, bool]:
    """What makes a frame upright: swap its axes, then mirror it left to right, then top to bottom.

    FFmpeg's display matrix gives x' = a x + c y and y' = b x + d y, in 16.16 fixed point; of quarter turns and
    mirrors either a and d or b and c are 0.
    """
    with suppress(KeyError, ValueError, StopIteration):
        side = next(side for side in frame.side_data if side.type.name == "DISPLAYMATRIX")
        a, b, _, c, d = np.frombuffer(bytes(side), np.int32)[:5].tolist()
        swapped = abs(b) > abs(a)
        return (True, c < 0, b < 0) if swapped else (False, a < 0, d < 0)
    return False, False, False


def _upright_rgb(frame: av.VideoFrame) -> np.ndarray:
    if any(component.is_alpha for component in frame.format.components) or frame.format.name == "pal8":
        layer = Image.fromarray(frame.to_ndarray(format="rgba"))
        pixels = np.asarray(Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer))[..., :3]
    else:
        pixels = frame.to_ndarray(format="rgb24")
    swapped, mirrored, flipped = _orientation(frame)
    pixels = pixels.swapaxes(0, 1) if swapped else pixels
    return np.ascontiguousarray(pixels[:: -1 if flipped else 1, :: -1 if mirrored else 1])
