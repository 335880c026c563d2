"""The file itself: head, style, script and what it is to hold; nothing in it may ask anything of any network."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

from frcnn_viz import canvas
from frcnn_viz.report.elements import el
from frcnn_viz.version import __version__
from frcnn_viz.words import word

_HERE = Path(__file__).parent


def page(title: str, lead: str, body: Sequence[Element], numbers: Mapping[str, Any]) -> str:
    """The whole file.

    Args:
        title: its heading.
        lead: a sentence below it.
        body: what it shows.
        numbers: all of it as JSON, for programs; in the element of id `numbers`. No NaN.
    """
    style, script = _style(), _script()
    policy = (
        f"default-src 'none'; img-src data: blob:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    told = word("report.theme")
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("style", style),
    )
    button = el("button", told.term, id="theme", type="button", title=told.sentence)
    held = json.dumps(numbers, allow_nan=False).replace("<", "\\u003c")
    whole = el(
        "html",
        head,
        el(
            "body",
            el("header", el("h1", title), button, el("p", lead)),
            el("main", *body),
            el("footer", f"frcnn-viz {__version__}. {word('report.footer').sentence}"),
            el("script", held, id="numbers", type="application/json"),
            el("script", script),
        ),
        lang="en",
    )
    text = "<!DOCTYPE html>\n" + tostring(whole, encoding="unicode", method="html")
    return text.encode(errors="replace").decode()  # names may hold half a character, which no file can


@cache
def _style() -> str:
    return "\n" + canvas.read("canvas.css") + _read("report.css")


@cache
def _script() -> str:
    return f'\n"use strict";\n{{\n{canvas.script()}\n{_read("report.js")}}}\n'


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
