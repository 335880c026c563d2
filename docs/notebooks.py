"""Writes of each worked notebook, `docs/notebooks/NAME.py`, its page of the site and its file for Jupyter.

The scripts are in the percent format, which VS Code, PyCharm and Spyder run cell by cell: `python docs/notebooks.py`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

FOLDER = Path(__file__).with_suffix("")
HEAD = re.compile(r"^# %%(.*)\n", re.MULTILINE)
Cell = tuple[str, str]
"""Its kind, `markdown` or `code`, and its text."""


def cells(script: str) -> list[Cell]:
    """The cells of a script, in order."""
    _, *parts = HEAD.split(script)
    kinds = ["markdown" if "[markdown]" in head else "code" for head in parts[::2]]
    return [
        (kind, _bare(text) if kind == "markdown" else text.strip())
        for kind, text in zip(kinds, parts[1::2], strict=True)
    ]


def _bare(text: str) -> str:
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.strip().splitlines())


def page(made: list[Cell], name: str) -> str:
    """The cells as a page, with a link to the file."""
    texts = [text if kind == "markdown" else f"```python\n{text}\n```" for kind, text in made]
    return "\n\n".join([*texts, f"This page as a notebook: [{name}.ipynb]({name}.ipynb).\n"])


def notebook(made: list[Cell]) -> str:
    """The cells as a file of Jupyter's format 4."""
    empty = {"code": {"outputs": [], "execution_count": None}, "markdown": {}}
    told = [{"cell_type": kind, "metadata": {}, "source": text, **empty[kind]} for kind, text in made]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = {"cells": told, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(whole, indent=1) + "\n"


if __name__ == "__main__":
    for script in sorted(FOLDER.glob("*.py")):
        made = cells(script.read_text(encoding="utf-8"))
        script.with_suffix(".md").write_text(page(made, script.stem), encoding="utf-8")
        script.with_suffix(".ipynb").write_text(notebook(made), encoding="utf-8")
