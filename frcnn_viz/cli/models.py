"""`frcnn-viz models`: which detectors there are, where their weights are, and fetching them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
from rich.table import Table

from frcnn_viz.cli.output import JsonOption, console, write_json

models = typer.Typer(help="Detectors: list them, fetch their weights, tell where these are.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="A detector of `frcnn-viz models list`.")]


@models.command("list")
def list_models(output: JsonOption = "") -> None:
    """Print every detector, and whether its weights are here."""
    from frcnn_viz.models.pretrained import PRETRAINED
    from frcnn_viz.models.registry import TITLES
    from frcnn_viz.paths import ASSETS

    rows = []
    for name, title in TITLES.items():
        theirs = PRETRAINED.get(name)
        path = theirs.path if theirs else ASSETS / f"{name}.safetensors"
        row = {"name": name, "title": title, "here": path.is_file(), "file": path.name}
        rows.append(row | ({"megabytes": theirs.megabytes, "coco_box_map": theirs.box_map} if theirs else {}))
    if output:
        write_json(output, {"models": rows})
        return
    table = Table("name", "title", "weights", "MB", "COCO AP")
    for row in rows:
        size, quality = (f"{row[key]:.1f}" if key in row else "" for key in ("megabytes", "coco_box_map"))
        table.add_row(row["name"], row["title"], "here" if row["here"] else "to be fetched", size, quality)
    Console().print(table)


@models.command("fetch")
def fetch_model(name: NameArgument) -> None:
    """Download a detector's weights to torch's hub folder; Ctrl+C leaves nothing half done."""
    from frcnn_viz.models.pretrained import fetch

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)
        path = fetch(_entry(name), lambda done, total: bar.update(task, completed=done, total=total or None))
    print(path)


@models.command("path")
def path_of_model(name: NameArgument) -> None:
    """Print where a detector's weights are, or are to be put."""
    print(_entry(name).path)


def _entry(name: str):  # noqa: ANN202  the type is imported late
    from frcnn_viz.models.pretrained import PRETRAINED
    from frcnn_viz.models.registry import ModelError

    if name not in PRETRAINED:
        raise ModelError(f"there are no weights to fetch for {name!r}; choose one of {', '.join(PRETRAINED)}.")
    return PRETRAINED[name]
