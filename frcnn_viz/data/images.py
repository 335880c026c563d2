"""A user's picture file becomes the pixels a detector sees. Files are taken to be hostile."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torchvision.transforms.v2.functional import to_dtype

from frcnn_viz.data.bounds import MAX_PIXELS, MAX_SIDE, clean_name
from frcnn_viz.pipeline.cached import cached_property

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
SUFFIXES = ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif")
MAX_BYTES = 50_000_000
_BAND = 128
"""Rows that are brought to 8 bits, or taken from Pillow, at once: it gives a whole photo several times slower."""


class ImageError(ValueError):
    """A picture cannot be used. The message is one plain sentence naming the file and what to do."""


@dataclass(frozen=True, eq=False)
class LoadedImage:
    """A picture as the detector sees it.

    Attributes:
        name: the file's name, fit to be shown.
        pixels: uint8 [3, H, W], RGB, upright.
        notes: what was done to it on the way, in plain sentences.
    """

    name: str
    pixels: Tensor
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        height, width = self.size
        return f"{self.name}, {width} x {height} pixels"

    @property
    def tensor(self) -> Tensor:
        """float32 [3, H, W] in 0..1, as torchvision's `to_dtype(scale=True)` gives it; made anew each time."""
        return to_dtype(self.pixels, torch.float32, scale=True)

    @cached_property
    def sha256(self) -> str:
        """Of the pixels and their size: the same picture has the same key whatever its file."""
        whole = hashlib.sha256(f"{self.pixels.shape[2]}x{self.pixels.shape[1]}:".encode())
        whole.update(self.pixels.reshape(-1).numpy())
        return whole.hexdigest()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        return int(self.pixels.shape[1]), int(self.pixels.shape[2])

    @property
    def image(self) -> Image.Image:
        """As a Pillow image, RGB; made anew each time."""
        return Image.fromarray(self.pixels.permute(1, 2, 0).numpy())


def load_image(source: bytes | str | Path, name: str | None = None) -> LoadedImage:
    """Decode a JPEG, PNG, WebP, BMP, TIFF or GIF (first frame), turned upright by its EXIF orientation.

    Transparent pixels are laid on white; 16-bit and float values are brought to 8 bits, with a note.

    Args:
        source: the file's bytes, or its path.
        name: what to call it; the path's name when None.

    Raises:
        ImageError: not such a picture, damaged, or over a bound on bytes, pixels or side.
    """
    if isinstance(source, bytes):
        content, shown = source, clean_name(name or "the picture")
    else:
        path = Path(source)
        shown = clean_name(name or path.name)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ImageError(_too_large(shown, path.stat().st_size))
            content = path.read_bytes()
        except OSError as error:
            raise ImageError(f"{shown} cannot be read ({error.strerror}); check the path.") from error
    if not content:
        raise ImageError(f"{shown} is empty; choose a picture file.")
    if len(content) > MAX_BYTES:
        raise ImageError(_too_large(shown, len(content)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is bounded here
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check_size(image, shown)
                return _decode(image, shown)
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(f"{shown} is no {', '.join(FORMATS)} picture; convert it to one of these.") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{shown} has more pixels than can be shown ({MAX_PIXELS:,}); make it smaller.") from error
    except Exception as error:  # Pillow's decoders raise whatever a damaged file makes them stumble over
        raise ImageError(f"{shown} is damaged or cut short and cannot be decoded; save it again.") from error


def from_pil(image: Image.Image, name: str) -> LoadedImage:
    """A Pillow image of any mode as a `LoadedImage`."""
    return _decode(image, clean_name(name))


def shrink(image: np.ndarray, side: int) -> np.ndarray:
    """The picture uint8 [H, W, 3] at most `side` pixels a side. Of a far larger one every n-th pixel is read."""
    step = max(1, max(image.shape[:2]) // (2 * side))
    small = Image.fromarray(np.ascontiguousarray(image[::step, ::step]))
    small.thumbnail((side, side))
    return np.asarray(small)


def upright_size(image: Image.Image, content: bytes) -> tuple[int, int]:
    """Width and height, as it is shown, of a picture opened from `content`; if possible without decoding it."""
    width, height = image.size
    if image.format == "TIFF":  # which Pillow turns itself
        return width, height
    # A PNG may hold its orientation behind its pixels: in each that has none, Pillow would decode them all to look.
    if image.format == "PNG" and b"eXIf" not in content and b"Raw profile type" not in content:
        return width, height
    return (height, width) if image.getexif().get(0x0112) in (5, 6, 7, 8) else (width, height)


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if min(width, height) < 1 or max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} is {width:,} x {height:,} pixels; at most {MAX_SIDE:,} a side and {MAX_PIXELS:,} in all "
            "can be shown. Make it smaller."
        )


def _decode(image: Image.Image, name: str) -> LoadedImage:
    notes = []
    if getattr(image, "is_animated", False):  # counting the pages of a TIFF takes the square of their number
        notes.append("The first of several frames.")
    orientation = image.getexif().get(0x0112, 1)
    image.load()
    upright = image
    if orientation in range(2, 9):
        upright = ImageOps.exif_transpose(image)
        notes.append(f"Turned upright by its EXIF orientation ({orientation}).")
    rgb, note = _to_rgb(upright)
    if note:
        notes.append(note)
    return LoadedImage(name=name, pixels=_pixels(rgb), notes=tuple(notes))


def _pixels(rgb: Image.Image) -> Tensor:
    pixels = torch.empty((3, rgb.height, rgb.width), dtype=torch.uint8)
    for top in range(0, rgb.height, _BAND):
        band = rgb.crop((0, top, rgb.width, min(top + _BAND, rgb.height)))
        pixels[:, top : top + _BAND] = torch.from_numpy(np.array(band)).permute(2, 0, 1)
    return pixels


def _to_rgb(image: Image.Image) -> tuple[Image.Image, str]:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image, ""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _deep_to_rgb(np.asarray(image), integer=image.mode != "F")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB"), "Transparent parts are shown on white."
    note = "" if image.mode == "P" else f"Converted from {_MODES.get(image.mode, image.mode)} to RGB."
    return image.convert("RGB"), note


def _deep_to_rgb(values: np.ndarray, integer: bool) -> tuple[Image.Image, str]:
    low, high, note = 0.0, 65535.0, "16-bit values scaled to 8 bits."
    if not integer or values.min() < low or values.max() > high:
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        note = f"Values from {low:g} to {high:g} scaled to 8 bits."
    grey = np.empty(values.shape, dtype=np.uint8)
    for top in range(0, len(values), _BAND):
        band = np.nan_to_num(values[top : top + _BAND].astype(np.float64), nan=low, posinf=high, neginf=low)
        grey[top : top + _BAND] = np.round((band - low) / max(high - low, 1e-12) * 255)
    return Image.fromarray(grey).convert("RGB"), note


def _too_large(name: str, size: int) -> str:
    return f"{name} has {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB can be loaded. Make it smaller."


_MODES = {"L": "greyscale", "LA": "greyscale", "1": "black and white", "CMYK": "CMYK", "YCbCr": "YCbCr", "LAB": "Lab"}
