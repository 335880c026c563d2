"""An open video: its frames one after the other, upright and RGB, as far as they go. What is hostile is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream
from PIL import Image

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.bounds import MAX_PIXELS, MAX_SIDE
from frcnn_viz.data.video_facts import MAX_BYTES

USUAL_RATE = 25.0
"""Frames a second where a file tells no times."""
_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"
"""The only ones that are tried: a playlist, such as HLS, would have FFmpeg open other files."""


class Walk:
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


def is_turned(frame: av.VideoFrame) -> bool:
    """Whether the file asks that a frame be turned or mirrored."""
    return any(_orientation(frame))


def _told_seconds(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    with suppress(KeyError, ValueError):  # as Matroska has it, such as 00:01:02.5
        hours, minutes, seconds = map(float, stream.metadata["DURATION"].split(":"))
        return 3600 * hours + 60 * minutes + seconds
    alone = len(container.streams) == 1 and container.duration
    return container.duration / av.time_base if alone else 0.0


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
