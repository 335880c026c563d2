"""Pictures in: exact pixels from every kind of file, one sentence for whatever is none."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms.v2 import ToDtype, ToImage

from frcnn_viz.data import images
from frcnn_viz.data.formats.read import picture_size
from frcnn_viz.data.images import ImageError, clean_name, from_pil, load_image
from frcnn_viz.data.workspace import Workspace

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def as_array(loaded: images.LoadedImage) -> np.ndarray:
    return loaded.pixels.permute(1, 2, 0).numpy()


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True}), ("TIFF", {"compression": "tiff_lzw"})],
)
def test_lossless_files_keep_every_pixel(kind: str, options: dict) -> None:
    loaded = load_image(encode(Image.fromarray(PIXELS), kind, **options), "p")
    assert np.array_equal(as_array(loaded), PIXELS)
    assert loaded.size == (5, 7)
    assert loaded.notes == ()


def test_a_jpeg_is_what_pillow_decodes() -> None:
    content = encode(Image.fromarray(PIXELS), "JPEG")
    assert np.array_equal(as_array(load_image(content)), np.asarray(Image.open(io.BytesIO(content))))


def test_the_tensor_is_the_pixels_over_255() -> None:
    loaded = from_pil(Image.fromarray(PIXELS), "p")
    assert loaded.tensor.dtype == torch.float32
    assert torch.equal(loaded.tensor, ToDtype(torch.float32, scale=True)(ToImage()(Image.fromarray(PIXELS))))
    assert torch.allclose(loaded.tensor, loaded.pixels / 255, atol=1e-7)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = {
        1: PIXELS,
        2: PIXELS[:, ::-1],
        3: PIXELS[::-1, ::-1],
        4: PIXELS[::-1],
        5: PIXELS.transpose(1, 0, 2),
        6: PIXELS[::-1].transpose(1, 0, 2),
        7: PIXELS[::-1, ::-1].transpose(1, 0, 2),
        8: PIXELS[:, ::-1].transpose(1, 0, 2),
    }[orientation]
    loaded = load_image(encode(Image.fromarray(PIXELS), "PNG", exif=exif), "p")
    assert np.array_equal(as_array(loaded), upright)
    assert bool(loaded.notes) == (orientation != 1)


def test_transparency_is_laid_on_white() -> None:
    rgba = np.zeros((1, 3, 4), dtype=np.uint8)
    rgba[0, :, 3] = [0, 255, 51]  # clear, solid and one fifth of black
    loaded = load_image(encode(Image.fromarray(rgba), "PNG"), "p")
    assert as_array(loaded)[0, :, 0].tolist() == [255, 0, 204]
    assert "white" in loaded.notes[0]


def test_sixteen_bits_are_scaled() -> None:
    deep = Image.fromarray(np.array([[0, 257, 65535, 32896]], dtype=np.uint16))
    loaded = load_image(encode(deep, "PNG"), "p")
    assert as_array(loaded)[0, :, 0].tolist() == [0, 1, 255, 128]
    assert loaded.notes == ("16-bit values scaled to 8 bits.",)


def test_floats_are_stretched_and_nan_is_black() -> None:
    loaded = load_image(encode(Image.fromarray(np.array([[-1.0, 0.0, 1.0, np.nan]], dtype=np.float32)), "TIFF"), "p")
    assert as_array(loaded)[0, :, 0].tolist() == [0, 128, 255, 0]


@pytest.mark.parametrize(
    ("mode", "kind"), [("L", "PNG"), ("1", "PNG"), ("P", "PNG"), ("CMYK", "TIFF"), ("LA", "PNG"), ("CMYK", "JPEG")]
)
def test_other_modes_become_rgb(mode: str, kind: str) -> None:
    loaded = load_image(encode(Image.fromarray(PIXELS).convert(mode), kind), "p")
    assert loaded.pixels.shape == (3, 5, 7)
    assert loaded.pixels.dtype == torch.uint8


def test_the_first_frame_of_a_gif_is_taken() -> None:
    red, blue = Image.new("RGB", (3, 2), "red"), Image.new("RGB", (3, 2), "blue")
    loaded = load_image(encode(red, "GIF", save_all=True, append_images=[blue]), "p")
    assert as_array(loaded)[0, 0].tolist() == [255, 0, 0]
    assert loaded.notes[0] == "The first of several frames."


def test_the_same_picture_has_the_same_key_whatever_its_file() -> None:
    picture = Image.fromarray(PIXELS)
    first, second = (load_image(encode(picture, kind), kind) for kind in ("PNG", "BMP"))
    assert first.sha256 == second.sha256
    assert first.sha256 != from_pil(Image.fromarray(PIXELS.reshape(7, 5, 3)), "p").sha256


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"not a picture", "is no JPEG, PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no JPEG, PNG"),
        (b"%PDF-1.7", "is no JPEG, PNG"),
        (png_claiming(100_000, 100_000), "pixels"),
        (png_claiming(30_000, 10), "30,000 x 10 pixels"),
        (png_claiming(400, 400), "damaged or cut short"),
        (bytes(images.MAX_BYTES + 1), "at most 50 MB"),
    ],
    ids=["empty", "text", "svg", "pdf", "bomb", "long", "cut", "heavy"],
)
def test_what_is_no_picture_is_told_in_one_sentence(content: bytes, words: str) -> None:
    with pytest.raises(ImageError) as error:
        load_image(content, "holiday.png")
    message = str(error.value)
    assert message.startswith("holiday.png ")
    assert words in message
    assert "\n" not in message


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"absent\.png cannot be read \(No such file or directory\)"):
        load_image(tmp_path / "absent.png")


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(images.FORMATS),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4),
)
def test_damaged_files_never_get_through_as_anything_but_a_sentence(kind: str, cut: float, flips: list) -> None:
    content = bytearray(encode(Image.fromarray(PIXELS), kind))
    for place, value in flips:
        content[int(place * (len(content) - 1))] = value
    content = content[: int(cut * len(content))]
    try:
        loaded = load_image(bytes(content), "p.bin")
    except ImageError:
        return
    assert loaded.pixels.shape[0] == 3
    assert loaded.pixels.numel() <= 3 * images.MAX_PIXELS


@given(st.text())
def test_names_can_be_shown(name: str) -> None:
    shown = clean_name(name)
    assert 1 <= len(shown) <= 80
    assert shown.isprintable() or " " in shown or any(ord(c) > 127 for c in shown)
    assert not any(ord(c) < 32 or ord(c) == 127 for c in shown)


@pytest.mark.parametrize("size", [(20_000, 1), (1, 20_000)])
def test_the_longest_and_thinnest_picture_is_decoded(size: tuple[int, int], tmp_path: Path) -> None:
    content = encode(Image.new("RGB", size, "red"), "PNG")
    assert load_image(content, "p").size == size[::-1]
    key, _ = Workspace(tmp_path).add(content, "p.png")
    with Image.open(Workspace(tmp_path).thumbnail_path(key)) as thumbnail:
        assert thumbnail.size == ((240, 1) if size[1] == 1 else (1, 240))


@pytest.mark.parametrize("format", ["TIFF", "PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_told_as_the_picture_is_shown(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encode(Image.new("RGB", (30, 20)), format, exif=exif)
    assert picture_size(content) == load_image(content, "p").size[::-1]
