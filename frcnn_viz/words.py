"""The word list: the label, the sentence and the tensor of everything the app names, read from `docs/words.md`."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from frcnn_viz.paths import DOCS

COLUMNS = ("key", "term", "what it is", "tensor")


@dataclass(frozen=True)
class Word:
    """One row of the list.

    Attributes:
        key: by which the program asks for it, such as `fate.kept`; of a setting its name.
        term: the label on the screen.
        sentence: what it is, in one sentence; of a page its lead.
        tensor: Markdown: its name in the trace or in torchvision, and of boxes their frame; empty where it has none.
    """

    key: str
    term: str
    sentence: str
    tensor: str

    @property
    def hover(self) -> str:
        """Markdown: the sentence, and under it the tensor."""
        return f"{self.sentence}  \n{self.tensor}" if self.tensor else self.sentence

    @property
    def plain_hover(self) -> str:
        """The same where Markdown is not read, such as on the canvas."""
        return self.hover.replace("  \n", "\n").replace("`", "")


def word(key: str) -> Word:
    """What the list has under a key.

    Raises:
        KeyError: there is no such key; those nearest to it are named.
    """
    known = words()
    if key not in known:
        near = get_close_matches(key, known, cutoff=0.5)
        raise KeyError(f"{key!r} is not in docs/words.md" + (f"; near it are {', '.join(near)}" if near else ""))
    return known[key]


@cache
def words() -> dict[str, Word]:
    """The whole list by key, in the order of the page; read once. Raises ValueError as `parse` does."""
    return {one.key: one for rows in parse((DOCS / "words.md").read_text(encoding="utf-8")).values() for one in rows}


def parse(text: str) -> dict[str, list[Word]]:
    """The rows of every section of the page, by its heading.

    Raises:
        ValueError: a table has other columns, or a key is there twice.
    """
    sections: dict[str, list[Word]] = {}
    keys: set[str] = set()
    rows: list[Word] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("## "):
            rows = sections.setdefault(line[3:].strip(), [])
        if not line.startswith("|") or set(line) <= set("|-: "):
            continue
        cells = [cell.strip() for cell in line.strip()[1:-1].split("|")]
        if tuple(cells) == COLUMNS:
            continue
        if len(cells) != len(COLUMNS):
            raise ValueError(f"line {number} of the word list has {len(cells)} cells, not {len(COLUMNS)}.")
        key = cells[0].strip("`")
        if key in keys:
            raise ValueError(f"line {number} of the word list has the key {key!r} a second time.")
        keys.add(key)
        rows.append(Word(key, *cells[1:]))
    return sections
