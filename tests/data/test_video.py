"""Videos: each container's frames and times, any frame at once, and their bounds."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frcnn_viz.data import video, walk
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.decoding import Decoder, look
from frcnn_viz.data.video import Reader, probe
from frcnn_viz.data.video_facts import VideoFacts
from tests.data.videos import CONTAINERS, COUNT, HEIGHT, WIDTH, pictures, pixels_of, write_video


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_its_frames_and_times(containers: Path, name: str) -> None:
    facts = probe(containers / name)
    assert (facts.width, facts.height, facts.notes) == (WIDTH, HEIGHT, ())
    assert facts.times == pytest.approx([number / 10 for number in range(COUNT)], abs=1e-6)
    for drawn, pixels in zip(pictures(), pixels_of(containers / name, facts), strict=True):
        assert pixels.shape == drawn.shape
        assert np.abs(pixels[6:14].astype(int) - drawn[6:14]).mean() < 25  # what lossy codecs and a palette leave


@pytest.mark.parametrize("name", CONTAINERS)
def test_any_frame_at_once_is_exactly_that_of_decoding_in_order(containers: Path, name: str) -> None:
    facts = probe(containers / name)
    inorder, reader = pixels_of(containers / name, facts), Reader(containers / name, facts)
    for index in np.random.default_rng(0).permutation(COUNT).tolist():
        frame = reader.frame(index)
        assert (frame.index, frame.time) == (index, facts.times[index])
        assert np.array_equal(frame.pixels, inorder[index])
    with pytest.raises(IndexError):
        reader.frame(COUNT)


def test_a_frame_is_reached_from_the_key_frame_before_it(containers: Path) -> None:
    facts = probe(containers / "h264.mp4")
    assert facts.keys == (0, 6, 12, 18)
    reader = Reader(containers / "h264.mp4", facts)
    assert reader._near(20) is not None
    decoded = [frame.pts for frame in reader._walk._decoded]
    assert len(decoded) == COUNT - 21  # what comes after: it stands right behind the frame


def test_wrong_time_stamps_still_give_the_right_frame(containers: Path) -> None:
    """The frames' digests, not their stamps, decide; here every stamp and key frame of the facts is a lie."""
    path = containers / "h264.mp4"
    facts = probe(path)
    lying = VideoFacts(**{**vars(facts), "stamps": tuple(reversed(facts.stamps)), "keys": tuple(range(COUNT))})
    inorder, reader = pixels_of(path, facts), Reader(path, lying)
    for index in (13, 2, 23):
        assert np.array_equal(reader.frame(index).pixels, inorder[index])


def test_another_file_in_its_place_is_told(containers: Path, tmp_path: Path) -> None:
    facts = probe(containers / "h264.mp4")
    other = write_video(tmp_path / "other.mp4", [255 - picture for picture in pictures(9)])
    with pytest.raises(DataError, match=r"Frame 3 of other\.mp4 is damaged, or the file is another one"):
        Reader(other, facts).frame(3)
    short = write_video(tmp_path / "short.mkv", pictures(9))
    with pytest.raises(DataError, match=r"Frame 9 of short\.mkv"):
        Reader(short, probe(containers / "lossless.mkv")).frame(9)


@pytest.mark.parametrize("name", ["h264.mp4", "vp9.webm", "coloured.gif"])
def test_a_variable_rate_keeps_each_frame_its_time(tmp_path: Path, name: str) -> None:
    seconds = [Fraction(number * (number + 1), 20) for number in range(8)]  # 0, 0.1, 0.3, 0.6 ...
    path = write_video(tmp_path / name, pictures(8), seconds)
    facts = probe(path)
    assert facts.times == pytest.approx([float(second) for second in seconds], abs=1e-6)
    reader = Reader(path, facts)
    for index, pixels in reversed(list(enumerate(pixels_of(path, facts)))):
        assert np.array_equal(reader.frame(index).pixels, pixels)


@pytest.mark.parametrize("turned", [90, 180, -90])
def test_a_turned_video_is_shown_upright(tmp_path: Path, turned: int) -> None:
    plain = write_video(tmp_path / "plain.mp4", pictures(3))
    path = write_video(tmp_path / "turned.mp4", pictures(3), turned=turned)
    facts = probe(path)
    assert (facts.height, facts.width) == ((WIDTH, HEIGHT) if turned % 180 else (HEIGHT, WIDTH))
    assert facts.notes == ("Turned upright as the file asks.",)
    for before, after in zip(pixels_of(plain, probe(plain)), pixels_of(path, facts), strict=True):
        assert np.array_equal(after, np.rot90(before, turned // 90))  # PyAV counts counterclockwise, as NumPy does


def test_transparent_parts_are_shown_on_white(tmp_path: Path) -> None:
    images = [Image.new("RGBA", (8, 8), (200, 0, 0, 255)) for _ in range(2)]
    for image in images:
        image.paste((0, 0, 0, 0), (0, 0, 4, 8))
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], disposal=2)
    first = pixels_of(tmp_path / "a.gif", probe(tmp_path / "a.gif"))[0]
    assert first[0, 0].tolist() == [255, 255, 255]
    assert first[0, 7].tolist() == [200, 0, 0]


def test_pixels_that_are_not_square_are_told(tmp_path: Path) -> None:
    facts = probe(write_video(tmp_path / "wide.mp4", pictures(2), ratio=Fraction(4, 3)))
    assert (facts.height, facts.width) == (HEIGHT, WIDTH)
    assert facts.notes == (
        "Its pixels are not square: frames are shown as they are stored, not as wide as a player shows them.",
    )


def test_facts_are_json() -> None:
    facts = VideoFacts(4, 2, "gif", "gif", (0.0, 0.1), (0, 1), (0,), (7, 8), ("A note.",))
    assert VideoFacts.from_dict(facts.to_dict()) == facts
    with pytest.raises(ValueError, match="no facts"):
        VideoFacts.from_dict({**facts.to_dict(), "checks": []})


def test_frames_and_time_have_bounds(containers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = containers / "h264.mp4"
    assert probe(path, patience=0.0).notes == ("Only the first 1 frames are read: more took too long.",)
    monkeypatch.setattr(video, "MAX_SECONDS", 1.0)
    facts = probe(path)
    assert len(facts.times) == 12  # the one after the bound is the last: 0, 0.1 ... 1.1
    assert len(pixels_of(path, facts)) == 12
    monkeypatch.setattr(video, "MAX_FRAMES", 5)
    assert probe(path).notes == ("Only the first 5 frames are read.",)
    monkeypatch.setattr(walk, "MAX_BYTES", 100)
    with pytest.raises(DataError, match=r"can be read\. Cut it"):
        probe(path)


def test_memory_is_flat_over_three_thousand_frames(tmp_path: Path) -> None:
    path = write_video(tmp_path / "long.avi", pictures(1, 240, 320) * 3_010)
    tracemalloc.start()
    facts = probe(path)
    assert len(facts.times) == video.MAX_FRAMES
    assert "Only the first 3,000 frames are read." in facts.notes
    assert np.array_equal(Reader(path, facts).frame(2_999).pixels.shape, (240, 320, 3))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 240 * 320 * 3  # of 3,000


def test_a_child_gives_the_same_facts_and_frames(containers: Path) -> None:
    path = containers / "h264.mp4"
    facts = look(path)
    assert facts == probe(path)
    decoder, inorder = Decoder(path, facts), pixels_of(path, facts)
    for index in (20, 3, 4):
        assert np.array_equal(decoder.pixels(index), inorder[index])
    decoder._worker._process.kill()  # as a crash of FFmpeg would
    decoder._worker._process.wait()
    assert np.array_equal(decoder.pixels(9), inorder[9])


def test_a_childs_mistake_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"text")
    with pytest.raises(DataError, match=r"a\.mp4 is no MP4"):
        look(tmp_path / "a.mp4")
