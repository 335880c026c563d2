"""Videos: each container's frames and times, any frame at once, and what hostile or broken files end in."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frcnn_viz.data import video, walk
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.decoding import Decoder, look
from frcnn_viz.data.video import Reader, probe
from frcnn_viz.data.video_facts import VideoFacts
from frcnn_viz.data.walk import Walk
from tests.data.videos import CONTAINERS, COUNT, HEIGHT, WIDTH, pictures, write_sound, write_video


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One video of each container."""
    folder = tmp_path_factory.mktemp("videos")
    for name, (codec, _) in CONTAINERS.items():
        write_video(folder / name, pictures(), codec=codec)
    return folder


def pixels_of(path: Path, facts: VideoFacts) -> list[np.ndarray]:
    """Of every frame that the facts know, decoded in order."""
    with closing(Walk(path, path.name)) as walked:
        return [pixels for _, pixels in islice(walked, len(facts.times))]


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_its_frames_and_times(folder: Path, name: str) -> None:
    facts = probe(folder / name)
    assert (facts.width, facts.height, facts.notes) == (WIDTH, HEIGHT, ())
    assert facts.times == pytest.approx([number / 10 for number in range(COUNT)], abs=1e-6)
    for drawn, pixels in zip(pictures(), pixels_of(folder / name, facts), strict=True):
        assert pixels.shape == drawn.shape
        assert np.abs(pixels[6:14].astype(int) - drawn[6:14]).mean() < 25  # what lossy codecs and a palette leave


@pytest.mark.parametrize("name", CONTAINERS)
def test_any_frame_at_once_is_exactly_that_of_decoding_in_order(folder: Path, name: str) -> None:
    facts = probe(folder / name)
    inorder, reader = pixels_of(folder / name, facts), Reader(folder / name, facts)
    for index in np.random.default_rng(0).permutation(COUNT).tolist():
        frame = reader.frame(index)
        assert (frame.index, frame.time) == (index, facts.times[index])
        assert np.array_equal(frame.pixels, inorder[index])
    with pytest.raises(IndexError):
        reader.frame(COUNT)


def test_a_frame_is_reached_from_the_key_frame_before_it(folder: Path) -> None:
    facts = probe(folder / "h264.mp4")
    assert facts.keys == (0, 6, 12, 18)
    reader = Reader(folder / "h264.mp4", facts)
    assert reader._near(20) is not None
    decoded = [frame.pts for frame in reader._walk._decoded]
    assert len(decoded) == COUNT - 21  # what comes after: it stands right behind the frame


def test_wrong_time_stamps_still_give_the_right_frame(folder: Path) -> None:
    """The frames' digests, not their stamps, decide; here every stamp and key frame of the facts is a lie."""
    path = folder / "h264.mp4"
    facts = probe(path)
    lying = VideoFacts(**{**vars(facts), "stamps": tuple(reversed(facts.stamps)), "keys": tuple(range(COUNT))})
    inorder, reader = pixels_of(path, facts), Reader(path, lying)
    for index in (13, 2, 23):
        assert np.array_equal(reader.frame(index).pixels, inorder[index])


def test_another_file_in_its_place_is_told(folder: Path, tmp_path: Path) -> None:
    facts = probe(folder / "h264.mp4")
    other = write_video(tmp_path / "other.mp4", [255 - picture for picture in pictures(9)])
    with pytest.raises(DataError, match=r"Frame 3 of other\.mp4 is damaged, or the file is another one"):
        Reader(other, facts).frame(3)
    short = write_video(tmp_path / "short.mkv", pictures(9))
    with pytest.raises(DataError, match=r"Frame 9 of short\.mkv"):
        Reader(short, probe(folder / "lossless.mkv")).frame(9)


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


# --- bounds


def test_frames_and_time_have_bounds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "h264.mp4"
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


# --- broken and hostile files


def cut(name: str, share: float) -> Callable[[Path, Path], Path]:
    def make(folder: Path, to: Path) -> Path:
        content = (folder / name).read_bytes()
        (to / name).write_bytes(content[: int(share * len(content))])
        return to / name

    return make


def flipped(name: str, seed: int) -> Callable[[Path, Path], Path]:
    def make(folder: Path, to: Path) -> Path:
        content = bytearray((folder / name).read_bytes())
        for place in np.random.default_rng(seed).integers(len(content) // 3, len(content), 8):
            content[place] ^= 0xFF
        (to / name).write_bytes(content)
        return to / name

    return make


def holding(content: bytes, name: str = "clip.mp4") -> Callable[[Path, Path], Path]:
    def make(folder: Path, to: Path) -> Path:
        (to / name).write_bytes(content)
        return to / name

    return make


def called(source: str, name: str) -> Callable[[Path, Path], Path]:
    return lambda folder, to: holding((folder / source).read_bytes(), name)(folder, to)


def facts_or_sentence(path: Path) -> VideoFacts | str:
    try:
        return probe(path)
    except DataError as error:
        return str(error)


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
GIF_HEADER = b"GIF89a" + struct.pack("<HHBBB", 16_000, 16_000, 0x80, 0, 0) + bytes(6)
BROKEN: dict[str, Callable[[Path, Path], Path]] = {
    **{f"{name} cut to {share:.0%}": cut(name, share) for name in CONTAINERS for share in (0.03, 0.5, 0.9)},
    # Of damaged FFV1 nothing tells the damage, and what is lacking may be other pixels each time.
    **{f"{n} with bytes turned": flipped(n, seed) for seed, n in enumerate(CONTAINERS) if n != "lossless.mkv"},
    "empty": holding(b""),
    "text": holding(b"No video, but text.\n" * 40),
    "a playlist": holding(PLAYLIST),
    "a list of files": holding(b"ffconcat version 1.0\nfile '/etc/hostname'\n"),
    "noise": holding(np.random.default_rng(0).bytes(5_000), "clip.mkv"),
    "sound only": lambda folder, to: write_sound(to / "sound.mp4"),
    "a header alone": holding(GIF_HEADER + b";", "clip.gif"),
    "a picture": lambda folder, to: holding((folder / "still.png").read_bytes())(folder, to),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_broken_ends_in_a_sentence_or_is_read_as_far_as_it_goes(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    Image.new("RGB", (8, 8)).save(folder / "still.png")
    path = BROKEN[kind](folder, tmp_path)
    facts = facts_or_sentence(path)
    if isinstance(facts, str):
        assert path.name in facts
        assert facts.endswith(".")
        return
    assert path.name in CONTAINERS
    inorder, reader = pixels_of(path, facts), Reader(path, facts)
    assert 0 < len(inorder) == len(facts.times) <= COUNT
    for index in np.random.default_rng(0).permutation(len(inorder)).tolist():
        assert np.array_equal(reader.frame(index).pixels, inorder[index])


@pytest.mark.parametrize(("name", "share"), [("vp9.webm", 0.6), ("lossless.mkv", 0.6), ("mpeg4.avi", 0.9)])
def test_what_was_cut_short_is_told(folder: Path, tmp_path: Path, name: str, share: float) -> None:
    facts = probe(cut(name, share)(folder, tmp_path))
    assert 0 < len(facts.times) < COUNT
    assert "cut short" in facts.notes[-1]
    whole = probe(folder / name)
    assert facts.checks == whole.checks[: len(facts.checks)]  # what is left is what was there


def test_a_damage_ends_the_frames_and_is_told(folder: Path, tmp_path: Path) -> None:
    facts = probe(flipped("h264.mp4", 0)(folder, tmp_path))
    count = len(facts.times)
    assert 0 < count < COUNT
    assert facts.notes == (f"h264.mp4 is damaged or cut short: its first {count} of {COUNT} frames can be shown.",)


def test_a_wrong_ending_does_not_matter(folder: Path, tmp_path: Path) -> None:
    assert probe(called("h264.mp4", "clip.avi")(folder, tmp_path)) == probe(folder / "h264.mp4")


def test_an_endless_gif_ends(tmp_path: Path) -> None:
    images = [Image.new("RGB", (16, 16), (40 * number, 0, 0)) for number in range(5)]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], loop=0, duration=100)
    assert probe(tmp_path / "a.gif").times == (0.0, 0.1, 0.2, 0.3, 0.4)


def test_one_pixel_and_8k_are_videos(tmp_path: Path) -> None:
    least = write_video(tmp_path / "least.mkv", pictures(3, 1, 1))
    assert [pixels.shape for pixels in pixels_of(least, probe(least))] == [(1, 1, 3)] * 3
    most = write_video(tmp_path / "most.avi", [np.full((4320, 7680, 3), 90, np.uint8)])
    (pixels,) = pixels_of(most, probe(most))
    assert pixels.shape == (4320, 7680, 3)


def test_frames_over_the_bound_are_refused_before_they_are_decoded(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "MAX_PIXELS", WIDTH * HEIGHT - 1)
    for name in CONTAINERS:
        with pytest.raises(DataError, match=r"frames of .* are 64 x 48 pixels; at most"):
            probe(folder / name)


def test_no_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no\.mp4 cannot be read"):
        probe(tmp_path / "no.mp4")


# --- in a process of its own


def test_a_child_gives_the_same_facts_and_frames(folder: Path) -> None:
    path = folder / "h264.mp4"
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
