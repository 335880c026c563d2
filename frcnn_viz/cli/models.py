"""`frcnn-viz models`: which detectors there are, where their weights are, and fetching them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
from rich.table import Column, Table

from frcnn_viz.cli.output import JsonOption, console, print_tables, write_json

models = typer.Typer(help="Detectors: list them, fetch their weights, tell where these are.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="A detector of `frcnn-viz models list`.")]


@models.command("list")
def list_models(output: JsonOption = "") -> None:
    """Print every detector, and whether its weights are here."""
    from frcnn_viz.models.registry import entries

    rows = []
    for entry in entries().values():
        file = entry.fetched
        row = {"name": entry.name, "title": entry.title, "here": entry.is_here}
        row |= {"file": file.name, "megabytes": file.megabytes} if file else {}
        rows.append(row | ({"coco_box_map": entry.published["box_map"]} if entry.published else {}))
    if output:
        write_json(output, {"models": rows})
        return
    table = Table(Column("name", no_wrap=True), Column("weights", no_wrap=True), "MB", "COCO AP")
    for row in rows:
        size, quality = (f"{row[key]:.1f}" if key in row else "" for key in ("megabytes", "coco_box_map"))
        of = f"\n  {row['title']}" if row["name"].startswith("own-") else ""  # the other names say what they are
        table.add_row(row["name"] + of, "here" if row["here"] else "to be fetched", size, quality)
    print_tables(table)


@models.command("fetch")
def fetch_model(name: NameArgument) -> None:
    """Download a detector's weights to torch's hub folder; Ctrl+C leaves nothing half done."""
    from frcnn_viz.models.hub import fetch

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)
        path = fetch(_file(name), lambda done, total: bar.update(task, completed=done, total=total or None))
    print(path)


@models.command("path")
def path_of_model(name: NameArgument) -> None:
    """Print where a detector's weights are, or are to be put."""
    print(_file(name).path)


@models.command("add")
def add_model(
    checkpoint: Annotated[Path, typer.Argument(help="A .safetensors, .pt or .pth file with a state dict.")],
    base: Annotated[str, typer.Option(help="The detector of the list that it belongs to.")],
    classes: Annotated[Path | None, typer.Option(help="Class names: one a line, or JSON.")] = None,
) -> None:
    """Keep a checkpoint of your own as a detector, and print its name."""
    from frcnn_viz.models.own import add_checkpoint, read_names
    from frcnn_viz.models.registry import find_entry

    if not checkpoint.is_file():
        raise FileNotFoundError(f"{checkpoint} is not there; check the path.")
    names = read_names(classes.read_text(encoding="utf-8", errors="replace")) if classes else []
    print(add_checkpoint(checkpoint, find_entry(base), names))


def _file(name: str):  # noqa: ANN202  the type is imported late
    from frcnn_viz.models.registry import ModelError, find_entry

    file = find_entry(name).fetched
    if file is None:
        raise ModelError(f"there are no weights to fetch for {name!r}; they are here.")
    return file
