"""`frcnn-viz doctor`: whether all that the program stands on is there and works, problems first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from frcnn_viz.cli.checkup import Part, as_size, look
from frcnn_viz.cli.output import JsonOption, console, print_tables, write_json


def doctor(
    workspace: Annotated[Path | None, typer.Option(help="The folder of your images; else the usual one.")] = None,
    output: JsonOption = "",
) -> None:
    """Look at versions, devices, weights, workspace, memory and port; exit 1 where something needed is broken."""
    parts = list(look(workspace))
    broken = [sentence for part in parts for sentence in part.broken]
    warnings = [sentence for part in parts for sentence in part.warnings]
    if output:
        told = {"healthy": not broken, "broken": broken, "warnings": warnings}
        write_json(output, told | {part.name: part.facts for part in parts})
    if output != "-":
        _tell(parts, broken, warnings)
    if broken:
        raise typer.Exit(1)


def _tell(parts: list[Part], broken: list[str], warnings: list[str]) -> None:
    for style, sentences in (("red", broken), ("yellow", warnings)):
        for sentence in sentences:
            console.print(sentence, style=style, markup=False, highlight=False, soft_wrap=True)
    if not broken:
        print("All that is needed is here and works.")
    table = Table(Column("part", no_wrap=True), Column("what", no_wrap=True), Column("here", overflow="fold"))
    for part in parts:
        for place, (name, value) in enumerate(part.facts.items()):
            table.add_row("" if place else part.name, name.removesuffix(" bytes"), _in_words(name, value))
        table.add_section()
    print_tables(table)


def _in_words(name: str, value: Any) -> str:
    if name.endswith("bytes"):
        return as_size(value)
    if isinstance(value, bool):
        return "yes" if value else "not yet"
    return ", ".join(value) if isinstance(value, list) else str(value)
