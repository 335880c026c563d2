"""How commands speak: people on standard error, JSON where it was asked for."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from frcnn_viz.data.csv_rows import ENCODING, write_rows
from frcnn_viz.paths import MODEL_VARIABLE

if TYPE_CHECKING:
    from frcnn_viz.models.registry import Detector
    from frcnn_viz.pipeline.settings import Settings

console = Console(stderr=True)

JsonOption = Annotated[str, typer.Option("--json", help="Write JSON to this file; - is standard output.")]


def _own_code(name: str) -> str:
    """Let the registry know a factory that the command line names; modules beside the caller can be imported.

    A run's step (`run:NAME@STEP`) is none.
    """
    if ":" in name:
        from frcnn_viz.models.runs import is_step

        if not is_step(name):
            os.environ[MODEL_VARIABLE] = name
            sys.path.insert(0, os.getcwd())
    return name


ModelOption = Annotated[
    str,
    typer.Option("--model", help="A detector of `models list`, or package.module:factory.", callback=_own_code),
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
RandomOption = Annotated[bool, typer.Option("--random-weights", help="Skip the trained weights.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE, may be repeated.")]


def pairs(texts: list[str]) -> dict[str, str]:
    """What `--set` was given, by name.

    Raises:
        ValueError: one has no value.
    """
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"--set {text!r} has no value; write NAME=VALUE, such as box_score_thresh=0.3.")
        values[name.strip()] = value.strip()
    return values


def settings_of(detector: Detector, changes: list[str] | None) -> Settings:
    """The detector's own settings, with what `--set` was given.

    Raises:
        ValueError: a change has no value, or none that fits.
    """
    from frcnn_viz.pipeline.settings import Settings

    return Settings.of(detector.model).with_text(pairs(changes or []))


def print_tables(*what: object) -> None:
    """Tables for people; names in them are written as they are, brackets too."""
    Console(markup=False).print(*what)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table with text from outside: no spreadsheet takes a cell of it for a formula."""
    with path.open("w", newline="", encoding=ENCODING) as file:
        write_rows(file, columns, rows)


def tell_left_out(sentences: Iterable[str]) -> None:
    """One line for each thing that could not be used."""
    for sentence in sentences:
        console.print(f"left out: {sentence}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def write_json(output: str, content: dict[str, Any]) -> None:
    """Write JSON to the file called `output`; `-` is standard output."""
    text = json.dumps(_finite(content), indent=2)
    if output == "-":
        print(text)
    else:
        Path(output).write_text(text + "\n", encoding="utf-8")


def _finite(value: Any) -> Any:
    """JSON has no NaN: a metric that is undefined becomes null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
