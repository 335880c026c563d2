"""File names, class names and links full of Markdown: on every page they are text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from PIL import Image
from streamlit.testing.v1 import AppTest

from frcnn_viz.data.annotations import Object
from frcnn_viz.models.own import add_checkpoint
from frcnn_viz.models.registry import ENTRIES
from frcnn_viz.models.street import street_c4
from frcnn_viz.ui import library
from tests.conftest import liven
from tests.pages.opening import as_read, open_app, open_page, places

KNOWN = ["![x](http://evil.example/p.png)", "<img src=http://evil.example/q>"]
UNKNOWN = ["[a](javascript:1) $x$ `b`", ":red[x] **c** :material/bug:"]
FILE = "![x](evil) <img src=q> [a](b) :red[x] $x$ `b` **c** :material/bug:.png"
TITLE = "![x](evil) [a](b) :red[x].pt"
MARKS = re.compile(r"(?<!\\)(!\[x\]|<img|\[a\]\(|\$x\$|`b`|:red\[x|\*\*c\*\*|:material/bug)")
"""Of Markdown at work; none is in the project's own words."""
LITERAL = {"Selectbox.options", "Selectbox.raw_value", "MultiSelect.options", "Code.code_text", "PlotlyChart.spec"}
LITERAL |= {"BidiComponent.json"}
"""What Streamlit does not take for Markdown; a browser test looks at the first three."""


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """To a picture and a detector whose names are hostile, all of them."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRCNN_VIZ_WORKSPACE", str(folder / "workspace"))
        yield fill(folder)


def fill(folder: Path) -> dict[str, str]:
    torch.manual_seed(0)
    torch.save(liven(street_c4(3)).state_dict(), folder / "own.pt")
    model = add_checkpoint(folder / "own.pt", ENTRIES["street-c4"], KNOWN, TITLE)
    pixels = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    places = [(10, 10, 90, 60), (20, 30, 100, 110), (60, 5, 150, 80), (5, 5, 9, 9)]
    objects = [Object(place, label) for place, label in zip(places, KNOWN + UNKNOWN, strict=True)]
    workspace = library.workspace()
    workspace.add_classes(one.label for one in objects)
    key, _ = workspace.add(buffer.getvalue(), FILE, objects)
    assert [one.label for one in workspace.item(key).objects] == KNOWN + UNKNOWN
    small = {"box_score_thresh": "0.0", "box_detections_per_img": "5", "min_size": "120", "max_size": "160"}
    return {"model": model, "image": key, "object": "0", "detection": "1", **small}


def strings(message: Message) -> Iterator[tuple[str, str]]:
    """Every text in what is sent to the browser, with the name of its place."""
    for field, value in message.ListFields():
        many = (
            value if isinstance(value, (list, tuple)) or hasattr(value, "add") or hasattr(value, "append") else [value]
        )
        if field.type == FieldDescriptor.TYPE_STRING:
            yield from ((f"{message.DESCRIPTOR.name}.{field.name}", one) for one in many)
        elif field.type == FieldDescriptor.TYPE_MESSAGE and not hasattr(value, "keys"):
            for one in many:
                yield from strings(one)


def leaves(block: Any) -> Iterator[Message]:
    """The elements and containers of a page as they are sent."""
    for child in block.children.values():
        if getattr(child, "proto", None) is not None:
            yield child.proto
        if hasattr(child, "children"):
            yield from leaves(child)


def read(test: AppTest) -> str:
    """All that can be read on the page, none of which is Markdown's doing."""
    words = []
    for message in leaves(test._tree):
        for place, text in strings(message):
            if place not in LITERAL:
                assert not MARKS.search(text), (place, text)
                words.append(as_read(text))
    return "\n".join(words)


SAID = {
    "model/detectors": TITLE,
    "training/sampling": KNOWN[0],
    "detections/picture": KNOWN[1],
    "training/losses": UNKNOWN[1],
    "autopsy/this_picture": KNOWN[0],
    "autopsy/stress": KNOWN[0],
    "images/yours": TITLE,
    "images/draw": FILE,
    "images/check": TITLE,
}
"""What is read on a page at least."""


@pytest.mark.parametrize("name", places())
def test_names_are_text_on_every_page(name: str, link: dict[str, str]) -> None:
    words = read(open_page(name, **link))
    assert SAID.get(name, "") in words


def test_names_are_text_in_the_frame(link: dict[str, str]) -> None:
    test = open_app(**link)
    assert not test.exception
    read(test)
    assert f"Yours: {FILE}" in test.sidebar.selectbox(key="choose_image").options
