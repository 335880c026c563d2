"""Pictures in time become a video file: H.264 in MP4, by PyAV."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from frcnn_viz.data.annotations import DataError
from frcnn_viz.extras import need

if TYPE_CHECKING:
    from av import VideoStream
    from av.container import OutputContainer

TICK = Fraction(1, 90_000)
"""Of the times in the file, in seconds: the usual one."""
USUAL_RATE = 25
"""Frames a second; a lone frame is shown for one such part of a second."""
QUALITY = "18"
"""H.264's constant rate factor: from about here down one sees no difference."""


def write_video(path: Path, pictures: Iterable[np.ndarray], times: Sequence[float]) -> int:
    """Write one frame a picture; returns how many. What was at the path is replaced once all is written.

    Args:
        path: of the file; its name ends in `.mp4`.
        pictures: uint8 [H, W, 3], RGB, all of one size; a side of odd length is made longer by a copy of its last line.
        times: seconds of each, rising.

    Raises:
        DataError: it cannot be written there. What `pictures` raises ends it, and leaves nothing behind.
        MissingExtraError: PyAV is not installed.
    """
    if path.suffix.lower() != ".mp4":
        raise DataError(f"{path} cannot be written as a video; give a name that ends in .mp4.")
    av = need("video")
    partial, count = path.with_name(f".{path.stem}.partial.mp4"), 0
    try:
        with av.open(str(partial), "w") as container:
            stream = None
            for picture, time in zip(pictures, times, strict=False):
                even = np.pad(picture, [(0, side % 2) for side in picture.shape[:2]] + [(0, 0)], "edge")
                stream = stream or _stream(container, even.shape[1], even.shape[0])
                frame = av.VideoFrame.from_ndarray(even, "rgb24")
                frame.pts, frame.time_base = round(time / TICK), TICK
                container.mux(stream.encode(frame))
                count += 1
            if stream is None:
                raise DataError(f"there is no frame to write to {path}; choose a clip that has some.")
            container.mux(stream.encode())
        os.replace(partial, path)
    except (av.error.FFmpegError, OSError) as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror or error}); make room, or choose another."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def _stream(container: OutputContainer, width: int, height: int) -> VideoStream:
    stream = container.add_stream("h264", rate=USUAL_RATE, options={"crf": QUALITY, "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.time_base = stream.codec_context.time_base = TICK
    return stream
