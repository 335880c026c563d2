"""Results as small tables of plain text, for a console and a notebook: what a `repr` of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from torch import Tensor

ROWS = 10
"""Most lines of a table of boxes."""
WIDTH = 48
"""Most characters of a value."""


class Readable:
    """A record of tensors whose `repr` has a line for each of them: name, type, shape, least and greatest value.

    Nothing is computed for it but those two. Such a record is declared with `repr=False`.
    """

    def __repr__(self) -> str:
        rows = [row for field in fields(self) for row in _told(field.name, getattr(self, field.name))]  # type: ignore[arg-type]
        return text_table(type(self).__name__, rows)


def _told(name: str, value: Any) -> list[dict[str, object]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    parts = list(pairs)
    if parts and all(isinstance(part, Tensor) for _, part in parts):
        return [_tensor(f"{name}[{key!r}]", part) for key, part in parts]
    if isinstance(value, Tensor):
        return [_tensor(name, value)]
    simple = isinstance(value, int | float | str | tuple | list)
    return [{"": name, "type": type(value).__name__, "shape": "", "values": _short(str(value)) if simple else ""}]


def _tensor(name: str, value: Tensor) -> dict[str, object]:
    told = {"": name, "type": str(value.dtype).removeprefix("torch."), "shape": str(list(value.shape))}
    if value.numel():
        least, greatest = value.aminmax()
        told["values"] = f"{number(least.item())} .. {number(greatest.item())}"
    return told


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def number(value: float) -> str:
    """A number with at most four digits behind the point."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def text_table(title: str, rows: Sequence[Mapping[str, object]], of: int = 0) -> str:
    """A title and rows of aligned columns, numbers to the right.

    Args:
        title: the first line.
        rows: their keys are the columns' heads; a row may lack some.
        of: how many rows there are in all, where these are the first of more.
    """
    if not rows:
        return title
    heads = list(dict.fromkeys(head for row in rows for head in row))
    cells = [[_text(row.get(head, "")) for head in heads] for row in rows]
    right = [all(isinstance(row.get(head, 0), int | float) for row in rows) for head in heads]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    lines = []
    for line in [heads, *cells]:
        placed = zip(line, widths, right, strict=True)
        lines.append("  ".join(text.rjust(width) if r else text.ljust(width) for text, width, r in placed).rstrip())
    more = [f"and {of - len(rows):,} more"] if of > len(rows) else []
    return "\n".join([title, *(f"  {line}" for line in [*lines, *more])])


def _text(value: object) -> str:
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
