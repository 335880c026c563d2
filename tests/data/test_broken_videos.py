"""What hostile, broken and odd videos end in: a sentence, or as many frames as can be had."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frcnn_viz.data import walk
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.video import Reader, probe
from frcnn_viz.data.video_facts import VideoFacts
from tests.data.videos import CONTAINERS, COUNT, HEIGHT, WIDTH, pictures, pixels_of, write_sound, write_video


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
    containers: Path, tmp_path: Path, kind: str
) -> None:
    Image.new("RGB", (8, 8)).save(containers / "still.png")
    path = BROKEN[kind](containers, tmp_path)
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
def test_what_was_cut_short_is_told(containers: Path, tmp_path: Path, name: str, share: float) -> None:
    facts = probe(cut(name, share)(containers, tmp_path))
    assert 0 < len(facts.times) < COUNT
    assert "cut short" in facts.notes[-1]
    whole = probe(containers / name)
    assert facts.checks == whole.checks[: len(facts.checks)]  # what is left is what was there


def test_a_damage_ends_the_frames_and_is_told(containers: Path, tmp_path: Path) -> None:
    facts = probe(flipped("h264.mp4", 0)(containers, tmp_path))
    count = len(facts.times)
    assert 0 < count < COUNT
    assert facts.notes == (f"h264.mp4 is damaged or cut short: its first {count} of {COUNT} frames can be shown.",)


def test_a_wrong_ending_does_not_matter(containers: Path, tmp_path: Path) -> None:
    assert probe(called("h264.mp4", "clip.avi")(containers, tmp_path)) == probe(containers / "h264.mp4")


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
    containers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "MAX_PIXELS", WIDTH * HEIGHT - 1)
    for name in CONTAINERS:
        with pytest.raises(DataError, match=r"frames of .* are 64 x 48 pixels; at most"):
            probe(containers / name)


def test_no_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no\.mp4 cannot be read"):
        probe(tmp_path / "no.mp4")
