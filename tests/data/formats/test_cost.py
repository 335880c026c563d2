"""What hostile files may cost: each is refused, or read, in little time and memory, measured in its own process."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

MOST_SECONDS, MOST_MB = 4, 200
"""Of processor time; most take under half a second, and some took a minute before they were bounded."""
M = 1_000_000
VOC = (
    b"<annotation><filename>1.png</filename><object><name>cat</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax>"
)
VOC += b"<ymax>4</ymax></bndbox></object></annotation>"

MEASURE = """
import os, resource, sys, time
from pathlib import Path
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.images import ImageError, load_image
from frcnn_viz.data.sources import from_bytes

def measure(folder):
    files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        if "a.tif" in files:
            said = load_image(files["a.tif"]).notes[0]
        else:
            dataset = read_dataset(from_bytes(files))
            said = f"{len(dataset.images)} images. " + " ".join(bad.sentence for bad in dataset.unreadable)
    except (DataError, ImageError) as error:
        said = str(error)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    print(time.process_time() - start, grown, said, flush=True)

for line in sys.stdin:
    if not os.fork():
        measure(line.strip())
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    """Measures the files of each folder that is written to it, in a fork of a process that has imported everything."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", MEASURE], stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.stdin.close()


def pages(count: int) -> bytes:
    """A TIFF of so many pages of one pixel."""
    tags = [(256, 3, 1), (257, 3, 1), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (279, 4, 1)]
    size = 2 + 12 * len(tags) + 4
    parts = [b"II*\0" + struct.pack("<I", 10) + b"\0\0"]
    for page in range(1, count + 1):
        entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
        parts.append(struct.pack("<H", len(tags)) + entries + struct.pack("<I", page < count and 10 + size * page))
    return b"".join(parts)


def picture(side: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (side, side)).save(buffer, "PNG")
    return buffer.getvalue()


def folders(count: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}/1.png", PICTURE)
            archive.writestr(f"{number}/1.xml", VOC)
    return buffer.getvalue()


def entries(count: int) -> bytes:
    """A zip that lists so many files, and has none."""
    one = b"PK\1\2" + struct.pack("<6H3I5H2I", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    size = len(one) * count
    end = b"PK\6\6" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, count, count, size, 0)
    end += b"PK\6\7" + struct.pack("<IQI", 0, size, 1)
    return one * count + end + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 2**16 - 1, 2**16 - 1, 2**32 - 1, 2**32 - 1, 0)


def defaults() -> bytes:
    """Every `a` has a thousand attributes, though none is written."""
    attributes = b" ".join(b'a%d CDATA ""' % n for n in range(1_000))
    return b"<!DOCTYPE annotation [<!ATTLIST a " + attributes + b">]><annotation>" + b"<a/>" * 50_000 + b"</annotation>"


def aliases() -> bytes:
    lists = [b"a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lists += [b"a%d: &a%d [%s]" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)]
    return b"\n".join([*lists, b"names: [*a8]"])


def outlines(count: int) -> bytes:
    """A COCO file as COCO's own: seven objects an image, each with an outline of thirty points."""
    images = [{"id": n, "file_name": f"{n:012d}.jpg", "width": 640, "height": 480} for n in range(count // 7 + 1)]
    one = {"segmentation": [[n * 5.37 for n in range(60)]], "area": 1.5, "iscrowd": 0, "bbox": [1.5, 2.5, 30.25, 40.75]}
    notes = [{**one, "image_id": n // 7, "category_id": 1 + n % 80, "id": n} for n in range(count)]
    categories = [{"id": n, "name": f"class {n}"} for n in range(1, 81)]
    return json.dumps({"images": images, "annotations": notes, "categories": categories}).encode()


PICTURE = picture(4)
LABELS = {"a.txt": b"0 .5 .5 .5 .5", "a.png": PICTURE}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(lambda: {"a.tif": pages(100_000)}, "The first of several frames.", id="TIFF of 100,000 pages"),
        pytest.param(lambda: {"a.zip": entries(2 * M)}, "too many files", id="zip of two million names"),
        pytest.param(lambda: {"a.zip": folders(3_000)}, "3000 images.", id="3,000 folders of one name"),
        pytest.param(
            lambda: {"a.png": picture(13_000), "a.txt": LABELS["a.txt"]}, "1 images.", id="PNG of 169 megapixels"
        ),
        pytest.param(lambda: {"a.xml": b"<annotation>" + b"<a/>" * 23 * M}, "split it", id="23 million tags"),
        pytest.param(lambda: {"a.xml": b"<annotation>" + b"\n" * 90 * M}, "split it", id="90 million lines"),
        pytest.param(lambda: {"a.xml": defaults()}, "document type", id="attributes by default"),
        pytest.param(lambda: {"a.json": b"[" * 90 * M}, "no JSON object", id="deep list"),
        pytest.param(lambda: {"a.json": b'{"a":' * 18 * M}, "recursion", id="deep object"),
        pytest.param(lambda: {"a.json": b'{"x":[' + b"[]," * 30 * M + b"0]}"}, "over 500,000", id="30 million lists"),
        pytest.param(lambda: {"a.json": b'{"x":[[' + b"[]," * 30 * M + b"0]]}"}, "1,000,000 char", id="a list of them"),
        pytest.param(
            lambda: {"a.json": b'{"images":[' + b"1.5," * 22 * M}, "is not a list of objects", id="22 million numbers"
        ),
        pytest.param(lambda: {"a.json": b'{"x":"\xf0\x9f\x98\x80' + b"x" * 90 * M}, "1,000,000 char", id="a long text"),
        pytest.param(lambda: {"a.json": outlines(37_000)}, "5286 images.", id="COCO of 37,000 outlines"),
        pytest.param(lambda: {"data.yaml": aliases(), **LABELS}, "place of a class name", id="YAML of aliases"),
        pytest.param(lambda: {"data.yaml": b"[" * 190_000, **LABELS}, "not well-formed YAML", id="deep YAML"),
        pytest.param(
            lambda: {"a.txt": b"0 0 0 0 0\n" * 9 * M, "a.png": PICTURE}, "at most 1.0 MB", id="9 million lines"
        ),
        pytest.param(lambda: {"classes.txt": b"a\n" * 45 * M, **LABELS}, "at most 1.0 MB", id="45 million classes"),
    ],
)
def test_it_costs_little(
    files: Callable[[], dict[str, bytes]], said: str, tmp_path: Path, server: subprocess.Popen[str]
) -> None:
    for name, content in files().items():
        (tmp_path / name).write_bytes(content)
    server.stdin.write(f"{tmp_path}\n")
    server.stdin.flush()
    seconds, megabytes, words = server.stdout.readline().split(" ", 2)
    assert said in words
    assert float(seconds) < MOST_SECONDS
    assert float(megabytes) < MOST_MB
