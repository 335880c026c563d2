"""`frcnn-viz runs`: the trainings that are kept, and those under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from frcnn_viz.cli.output import JsonOption, print_tables, write_json

if TYPE_CHECKING:
    from frcnn_viz.training.store import RunFolder

runs = typer.Typer(help="Trainings: list them, show what one measured, stop or remove it.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="A run of `frcnn-viz runs list`.")]


@runs.command("list")
def list_runs(output: JsonOption = "") -> None:
    """Print every run, the last started first."""
    from frcnn_viz.training.store import all_runs

    rows = [describe(folder) for folder in all_runs()]
    if output:
        write_json(output, {"runs": rows})
        return
    if not rows:
        print("There is no run yet; `frcnn-viz train --data FOLDER` begins one.")
        return
    table = Table(Column("name", no_wrap=True), "state", "step", "from", "learns on", "AP50", "kept")
    for row in rows:
        ap50 = row.get("ap50")
        table.add_row(
            row["name"],
            row["state"],
            f"{row['step']:,} of {row.get('steps', 0):,}",
            row.get("base", ""),
            row.get("data", ""),
            "" if ap50 is None else f"{ap50:.3f}",
            str(len(row["kept"])),
        )
    print_tables(table)


@runs.command()
def show(name: NameArgument, output: JsonOption = "") -> None:
    """Print what a run is, how far it came, and what it measured."""
    from frcnn_viz.training.store import RunFolder

    folder = RunFolder(name)
    row, measured = describe(folder), [line for line in folder.metrics() if "evaluation" in line]
    if output:
        write_json(output, {**row, "run": folder.run.to_dict(), "told": folder.snapshot.told, "evaluations": measured})
        return
    for key, value in row.items():
        print(f"{key:10} {', '.join(map(str, value)) if isinstance(value, list) else value}")
    for sentence in folder.snapshot.told:
        print(f"left out   {sentence}")
    if measured:
        table = Table("step", "AP", "AP50", *measured[-1]["evaluation"]["recall"], title="recall after")
        for line in measured:
            found = line["evaluation"]
            figures = (found["ap"], found["ap50"], *found["recall"].values())
            table.add_row(f"{line['step']:,}", *("" if one is None else f"{one:.2f}" for one in figures))
        print_tables(table)


@runs.command()
def stop(name: NameArgument) -> None:
    """Let a run that is under way stop after its step; `frcnn-viz train NAME --resume` goes on."""
    from frcnn_viz.training.process import stop as stop_run

    stop_run(name)


@runs.command()
def remove(name: NameArgument) -> None:
    """Delete a run with all that it kept."""
    from frcnn_viz.training.store import remove_run

    remove_run(name)


def describe(folder: RunFolder) -> dict[str, Any]:
    """A run as a row: what is damaged of it is left out, and told in `told`."""
    from frcnn_viz.training.recipe import TrainingError

    status = folder.status
    row: dict[str, Any] = {"name": folder.name, "state": status.state, "step": status.step, "told": status.told}
    try:
        run = folder.run
        row |= {"steps": run.recipe.steps, "base": run.detector.base, "data": run.data, "seed": run.seed}
    except TrainingError as error:
        row["told"] = str(error)
    measured = [line["evaluation"] for line in folder.metrics() if "evaluation" in line]
    if measured:
        row |= {"ap": measured[-1]["ap"], "ap50": measured[-1]["ap50"]}
    return row | {"kept": list(folder.steps)}
