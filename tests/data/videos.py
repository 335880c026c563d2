"""Small videos for tests, written by PyAV: a bright square that moves one pixel a frame over a pattern."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np

from frcnn_viz.data.video_facts import VideoFacts
from frcnn_viz.data.walk import Walk

CONTAINERS = {
    "h264.mp4": ("libx264", "yuv420p"),
    "mpeg4.mov": ("mpeg4", "yuv420p"),
    "vp9.webm": ("libvpx-vp9", "yuv420p"),
    "lossless.mkv": ("ffv1", "yuv420p"),
    "mpeg4.avi": ("mpeg4", "yuv420p"),
    "coloured.gif": ("gif", "rgb8"),
}
"""Codec and pixel format of a video in each container."""
RATE, COUNT, HEIGHT, WIDTH = 10, 24, 48, 64


def pictures(count: int = COUNT, height: int = HEIGHT, width: int = WIDTH) -> list[np.ndarray]:
    pattern = np.add.outer(2 * np.arange(height), np.arange(width))[..., None] % 64 + np.zeros(3, int)
    drawn = []
    for number in range(count):
        picture = pattern.astype(np.uint8)
        picture[4:16, number % width : number % width + 12] = (250, 200, 40)
        drawn.append(picture)
    return drawn


def write_video(
    path: Path,
    drawn: list[np.ndarray],
    seconds: list[Fraction] | None = None,
    turned: int = 0,
    codec: str = "",
    ratio: Fraction | None = None,
) -> Path:
    """A key frame every 6 frames.

    Args:
        path: its ending chooses the container. drawn: the frames. seconds: of each frame, tenths where None.
        turned: as a phone's display matrix says, degrees. codec: another than the container's usual one.
        ratio: of a pixel's width to its height.
    """
    codec, format_ = next((kinds for name, kinds in CONTAINERS.items() if codec in kinds and codec), ("", ""))
    if not codec:
        codec, format_ = next(kinds for name, kinds in CONTAINERS.items() if name.endswith(path.suffix))
    seconds = seconds or [Fraction(number, RATE) for number in range(len(drawn))]
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=RATE)
        stream.height, stream.width = drawn[0].shape[:2]
        stream.pix_fmt, stream.codec_context.gop_size = format_, 6
        stream.codec_context.time_base = Fraction(1, 100 if path.suffix == ".gif" else RATE)
        if ratio:
            stream.codec_context.sample_aspect_ratio = ratio
        if turned:
            stream.set_display_rotation(turned)
        for picture, second in zip(drawn, seconds, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.time_base = stream.codec_context.time_base
            frame.pts = int(second / frame.time_base)
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    return path


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        for packet in [*stream.encode(frame), *stream.encode()]:
            file.mux(packet)
    return path


def pixels_of(path: Path, facts: VideoFacts) -> list[np.ndarray]:
    """Of every frame that the facts know, decoded in order."""
    with closing(Walk(path, path.name)) as walked:
        return [pixels for _, pixels in islice(walked, len(facts.times))]
