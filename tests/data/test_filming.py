"""A written video comes back with as many frames, at its times, and nearly its colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.filming import write_video
from frcnn_viz.data.video import Reader, probe

TIMES = (0.0, 0.1, 0.25, 0.5)


def pictures(height: int = 48, width: int = 64) -> Iterator[np.ndarray]:
    for n in range(len(TIMES)):
        picture = np.full((height, width, 3), 60 * n, dtype=np.uint8)
        picture[8:24, 8:24] = (200, 100, 50)
        yield picture


def test_it_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    assert write_video(path, pictures(), TIMES) == 4
    facts = probe(path)
    assert facts.times == pytest.approx(TIMES, abs=1e-4)
    assert (facts.width, facts.height, facts.codec, facts.notes) == (64, 48, "h264", ())
    reader = Reader(path, facts)
    for number, picture in enumerate(pictures()):
        assert np.abs(reader.frame(number).pixels.astype(int) - picture).mean() < 8  # half the colours, and loss
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("size", [(47, 63), (2, 1), (1, 1)])
def test_sides_of_odd_length_are_made_longer(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "odd.mp4"
    tiny = (np.zeros((*size, 3), dtype=np.uint8) for _ in TIMES)
    write_video(path, tiny, TIMES)
    facts = probe(path)
    assert (facts.height, facts.width) == tuple(side + side % 2 for side in size)
    assert len(facts.times) == 4


def test_what_ends_it_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"before")

    def stopped() -> Iterator[np.ndarray]:
        yield from list(pictures())[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(path, stopped(), TIMES)
    with pytest.raises(DataError, match="there is no frame to write"):
        write_video(path, iter(()), ())
    assert path.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]


def test_where_it_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a name that ends in \.mp4"):
        write_video(tmp_path / "film.avi", pictures(), TIMES)
    with pytest.raises(DataError, match="cannot be written"):
        write_video(tmp_path / "nowhere" / "film.mp4", pictures(), TIMES)
