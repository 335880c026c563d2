"""Numbers in XML, and XML written."""

from __future__ import annotations

import math
import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from frcnn_viz.data.annotations import DataError


def number(text: str | None, what: str, file: str) -> float:
    """A coordinate; nan and infinity are let through; `read` leaves such boxes out.

    Raises:
        DataError: it is missing or no number.
    """
    try:
        return float(text or "")
    except ValueError as error:
        shown = "nothing" if not (text or "").strip() else repr(text.strip()[:40])
        raise DataError(f"{file} has {shown} as {what} where a number is needed.") from error


def whole(text: str | None) -> int | None:
    """A size in pixels, or None where the file gives none that makes sense."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return int(value) if math.isfinite(value) and 0 < value < 10**9 else None


def shown(value: float) -> str:
    """A coordinate as text that reads back to the same number; whole ones without a point."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else repr(value)


def add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """A child with a text."""
    child = SubElement(parent, tag, {name: _legal(value) for name, value in attributes.items()})
    child.text = _legal(text) or None
    return child


def render(root: Element) -> bytes:
    """The document as UTF-8, indented."""
    indent(root, "  ")
    return tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _legal(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return _ILLEGAL.sub("", text)


_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
