"""Files and links made bad on purpose, each from a seed: the same number gives the same one on every machine."""

from __future__ import annotations

import copy
import io
import json
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from PIL import Image

from frcnn_viz.data.annotations import AnnotatedImage, Dataset, Object
from frcnn_viz.data.formats import written_files
from frcnn_viz.data.images import FORMATS

Files = dict[str, bytes]
COUNT = int(os.environ.get("FRCNN_VIZ_FUZZ", "100"))
"""How many of each kind are tried; some thousands when it is run by hand."""
MOST_SECONDS = 4
"""Of processor time, for one of them."""


@contextmanager
def bounded(kind: str, number: int) -> Iterator[None]:
    """Bounds the time of what is done with one of them, and names it when it fails, so that it can be made again."""
    start = time.process_time()
    try:
        yield
        assert time.process_time() - start < MOST_SECONDS
    except BaseException as error:
        error.add_note(f"of the mutation {kind} {number}")
        raise


NESTED = "put in as brackets"
VALUES = (
    *(None, True, False, 0, -1, 1.5, 1e308, float("inf"), float("nan"), 2**63, 10**400, "", "1", "cat", "a.png", "\0"),
    *("\ud800", "\u202e\u200d", "x" * 10_000, [], {}, [1], [1, 2, 3, 4], [float("inf")] * 4, {"id": 1}, NESTED),
)
WORDS = (
    *(
        "",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "-1",
        "0",
        "1.5",
        "1_0",
        "\u0661",
        "9" * 400,
        "9" * 5_000,
        "\0",
        "\ud800",
        "\x85",
    ),
    *(
        "[" * 2_000,
        "{",
        "]",
        ":",
        "- ",
        "<a>",
        "</object>",
        "<![CDATA[",
        "<!DOCTYPE a [",
        "<!--",
        "&lt;",
        "&#0;",
        "&x;",
    ),
    *(
        "\u202e\u200d",
        "!!python/name:os.system",
        "!x",
        "*a",
        "&a",
        "<<",
        "? ",
        "| ",
        "../../a",
        "C:\\a.png",
        "\n",
        "x" * 10_000,
    ),
)
NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\1", b"\1\0\0\0")


def bad_bytes(content: bytes, random: Random) -> bytes:
    """Bits turned, pieces taken out, doubled, moved or written over, or the end cut off."""
    changed = bytearray(content)
    for _ in range(random.randint(1, 4)):
        place, length = random.randrange(len(changed) + 1), random.choice((1, 2, 4, 16, 200))
        piece = bytes(changed[place : place + length])
        match random.randrange(7):
            case 0 if piece:
                changed[place] ^= 1 << random.randrange(8)
            case 1:
                del changed[place : place + length]
            case 2:
                changed[place:place] = piece * random.choice((1, 2, 50))
            case 3:
                changed[place : place + length] = random.randbytes(length)
            case 4:
                number = random.choice(NUMBERS)
                changed[place : place + len(number)] = number
            case 5:
                other = random.randrange(len(changed) + 1)
                changed[other : other + length] = piece
            case _ if random.random() < 0.3:
                del changed[place:]
    return bytes(changed)


def bad_text(content: bytes, random: Random) -> bytes:
    """Words and marks of a text replaced, left out, doubled or exchanged."""
    parts = re.findall(r"[\w.+-]+|\s+|.", content.decode(errors="replace"))
    for _ in range(random.randint(1, 4)):
        one, other = random.randrange(len(parts) + 1), random.randrange(len(parts) + 1)
        match random.randrange(5):
            case 0:
                parts[one : one + 1] = []
            case 1:
                parts[one:one] = parts[other : other + random.choice((1, 5, 40))]
            case 2:
                parts[one : one + 1] = parts[other : other + 1]
            case _:
                parts[one : one + 1] = [random.choice(WORDS)]
    return "".join(parts).encode("utf-8", "surrogatepass")


def bad_json(content: bytes, random: Random) -> bytes:
    """Values replaced by others of another kind or size, left out, doubled or exchanged; keys renamed."""
    root = json.loads(content)
    for _ in range(random.randint(1, 4)):
        places = list(_places(root))
        if not places:
            break
        (holder, key), (other, its) = random.choice(places), random.choice(places)
        match random.randrange(6):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(other[its]))
            case 2 if isinstance(holder, dict):
                holder[random.choice(("id", "images", "name", "bbox", "", "\ud800"))] = holder.pop(key)
            case 3:
                holder[key] = copy.deepcopy(other[its])
            case _:
                holder[key] = random.choice(VALUES)
    text = json.dumps(root, ensure_ascii=random.random() < 0.7)
    depth = random.choice((50, 990, 5_000))
    return text.replace(f'"{NESTED}"', "[" * depth + "]" * depth).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Any:
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(item, dict | list) and len(item) < 100:
            yield from _places(item)


def picture(format: str, random: Random) -> bytes:
    """A small picture of a mode that the format holds, some with EXIF, several frames or a palette."""
    mode = random.choice({"JPEG": ("RGB", "L", "CMYK"), "WEBP": ("RGB", "RGBA")}.get(format, ("RGB", "L", "P", "1")))
    if format in ("PNG", "TIFF") and random.random() < 0.4:
        mode = random.choice(("RGBA", "I;16", "LA"))
    size = random.choice(((7, 5), (40, 30), (1, 64)))
    image = Image.frombytes("L", size, random.randbytes(size[0] * size[1])).convert("L" if mode == "I;16" else mode)
    image = image.convert(mode) if mode == "I;16" else image
    options: dict[str, Any] = {}
    if format in ("TIFF", "GIF", "WEBP", "PNG") and random.random() < 0.3:
        options = {"save_all": True, "append_images": [image.transpose(Image.Transpose.ROTATE_180)]}
    if format in ("JPEG", "PNG", "WEBP", "TIFF") and random.random() < 0.3:
        exif = Image.Exif()
        exif[0x0112] = random.randint(1, 8)
        options["exif"] = exif
    if format == "TIFF":
        options["compression"] = random.choice(("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"))
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def bad_picture(format: str) -> Callable[[Random], Files]:
    """Makes a picture of a format and damages it."""
    return lambda random: {f"a.{format.lower()}": bad_bytes(picture(format, random), random)}


GOOD = Dataset(
    (
        AnnotatedImage("a.png", (Object((1, 2, 30, 20), "cat", difficult=True), Object((0, 0, 40, 30), "dog")), 40, 30),
        AnnotatedImage("b.png", (Object((2.5, 3.25, 9, 8), "cat", crowd=True),), 40, 30),
        AnnotatedImage("c.png", (), 40, 30),
    ),
    ("cat", "dog"),
)


def _plain() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30)).save(buffer, "PNG")
    return buffer.getvalue()


PLAIN = _plain()


def bad_set(format: str) -> Callable[[Random], Files]:
    """Makes a set of three images in a format and damages one of its annotation files, or its list of classes."""

    def make(random: Random) -> Files:
        files = dict(written_files(GOOD, format))
        if format == "yolo" and random.random() < 0.6:
            del files["classes.txt"]
            names = random.choice(
                ("names: [cat, dog]\nnc: 2", "path: x\nnames:\n  0: cat\n  1: dog\n", "names: &a\n- cat\n- 'dog'\n")
            )
            files["data.yaml"] = names.encode()
        name = random.choice(sorted(files))
        change = random.choice(
            (bad_json, bad_json, bad_text) if name.endswith("json") else (bad_text, bad_text, bad_bytes)
        )
        files[name] = change(files[name], random)
        pictures = {f"images/{image.name}": PLAIN for image in GOOD.images}
        return {**files, **pictures} if format == "yolo" or random.random() < 0.3 else files

    return make


def bad_zip(random: Random) -> Files:
    """Packs a set of any format under odd names, and damages the zip, its files, or both."""
    files = bad_set(random.choice(("voc", "coco", "yolo", "cvat")))(random)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in files.items():
            odd = random.random() < 0.1
            archive.writestr(_odd_name(name, random) if odd else name, content)
    content = buffer.getvalue()
    return {"set.zip": bad_bytes(content, random) if random.random() < 0.7 else content}


def _odd_name(name: str, random: Random) -> str:
    return bad_text(name.encode(), random).decode(errors="replace").strip("\0") or "x"


def bad_link(names: tuple[str, ...]) -> Callable[[Random], dict[str, str]]:
    """Text for one to three parameters of a link."""

    def make(random: Random) -> dict[str, str]:
        good = ("300", "0.5", "8_16|32_64|128|256", "0.5_1_2|0.5_1_2", "street-fpn", "cpu", "7")
        chosen = random.sample(names, random.randint(1, 3))
        return {name: bad_text(random.choice(good).encode(), random).decode(errors="replace") for name in chosen}

    return make


SETS = {format: bad_set(format) for format in ("voc", "coco", "yolo", "cvat")} | {"zip": bad_zip}
PICTURES = {format: bad_picture(format) for format in FORMATS}
