"""Writes the site's page of commands, `docs/cli.md`, from what Typer knows of them: `python docs/cli.py`."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from inspect import cleandoc
from pathlib import Path
from typing import Any

import typer

from frcnn_viz.cli import cli

PAGE = Path(__file__).with_suffix(".md")
LEAD = """
Each command tells the same with `--help`. What cannot be done is one sentence on standard error, and exit code 2.
"""


def page() -> str:
    """The page: a section for each command, in the order of `frcnn-viz --help`; in a group's, one for each of its."""
    return "\n".join(["# Commands", LEAD, *_sections("frcnn-viz", typer.main.get_command(cli))])


def _sections(name: str, command: Any) -> Iterator[str]:
    if " " in name:
        yield f"{'#' * (1 + name.count(' '))} `{name}`\n"
    yield f"{escape(cleandoc(command.help or ''), quote=False)}\n"
    context = typer.Context(command, info_name=name)
    yield f"```text\n{name} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    rows = [record for one in command.params if (record := one.get_help_record(context))]
    if rows:
        yield "| argument or option | what |\n|---|---|"
        yield from (f"| {_code(names)} | {escape(told, quote=False).replace('|', '&#124;')} |" for names, told in rows)
        yield ""
    for part, its in getattr(command, "commands", {}).items():
        yield from _sections(f"{name} {part}", its)


def _code(text: str) -> str:
    return f"<code>{escape(text).replace('|', '&#124;')}</code>"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
