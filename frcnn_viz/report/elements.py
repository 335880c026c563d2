"""The elements that a report is made of. Texts are escaped when they are written, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement

Content = Element | str | None
BAR, THICK = 160, 12
"""Length of a whole bar and its thickness, in its own units."""


def el(tag: str, *content: Content, **attributes: object) -> Element:
    """An element of HTML or SVG; `class_` is its class, other `_` become `-`, None is left out."""
    named = {name.rstrip("_").replace("_", "-"): str(value) for name, value in attributes.items() if value is not None}
    made = Element(tag, named)
    for one in content:
        if isinstance(one, Element):
            made.append(one)
        elif one and len(made):
            made[-1].tail = (made[-1].tail or "") + one
        elif one:
            made.text = (made.text or "") + one
    return made


def table(head: Sequence[str], rows: Iterable[Sequence[Content]]) -> Element:
    """A table; cells that are numbers by their look stand right, and a column of bars has no name."""
    made = el("table")
    if head:
        made.append(el("thead", el("tr", *(el("th", name, scope="col") if name else el("td") for name in head))))
    body = SubElement(made, "tbody")
    for row in rows:
        body.append(el("tr", *(el("td", cell, class_="number" if _is_number(cell) else None) for cell in row)))
    return el("div", made, class_="wide")


def bar(part: float, colour: str) -> Element:
    """A bar of `part` of the whole length, 0..1; what it says stands in words beside it."""
    rect = el("rect", width=round(BAR * part, 2), height=THICK, fill=colour)
    return el("svg", rect, class_="length", viewBox=f"0 0 {BAR} {THICK}", width=BAR, height=THICK, aria_hidden="true")


def _is_number(cell: Content) -> bool:
    return isinstance(cell, str) and cell[:1].isdigit() and not cell.strip("0123456789.,%+- px")
