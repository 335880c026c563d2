"""`frcnn-viz results`: what a run over many images wrote, in sums; or what two of them find alone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from frcnn_viz.cli.output import JsonOption, console, print_tables, tell_left_out, write_json

if TYPE_CHECKING:
    from frcnn_viz.scale.results import Results

_BY = "class, verdict, stage, size, quantile or tag:NAME; with --against class, size, verdict_a or verdict_b."


def results(
    folder: Annotated[Path, typer.Argument(metavar="RESULTS", help="What `autopsy SET --out RESULTS` wrote.")],
    against: Annotated[
        Path | None, typer.Option(metavar="OTHER", help="Other results, B, on the same images: what each finds alone.")
    ] = None,
    by: Annotated[str, typer.Option(help=_BY)] = "class",
    output: JsonOption = "",
) -> None:
    """Add up results of any size: objects found and missed, false alarms, recall after every stage."""
    opened = _open(folder)
    if against:
        _compare(opened, _open(against), by, output)
        return
    from frcnn_viz.analysis.waterfall import STAGES, THRESHOLDS
    from frcnn_viz.scale.queries import groups, waterfall

    told, count = groups(opened, by)
    steps = waterfall(opened)
    if output:
        stages = [
            {"stage": stage, **{f"recall_{100 * t:.0f}": steps.recalls[t][at] for t in THRESHOLDS}}
            for at, stage in enumerate(STAGES)
        ]
        rows = [{**asdict(one), "recall": one.recall} for one in told]
        content = {"model": opened.plan.model, "by": by, "groups": rows, "of_groups": count, "stages": stages}
        write_json(output, {**content, **asdict(opened.totals), "left_out_shards": opened.damaged})
        return
    total = opened.totals
    title = f"{total.missed:,} of {total.found + total.missed:,} objects missed on {total.images:,} images"
    shown = Table(by, "found", "missed", "recall", "false alarms", "left out", title=title)
    for one in told:
        recall = "" if one.recall is None else f"{one.recall:.3f}"
        shown.add_row(one.name or "none", *_told(one.found, one.missed), recall, *_told(one.false_alarms, one.left_out))
    stages = Table("stage", "recall 0.5", "recall 0.7")
    for at, stage in enumerate(STAGES):
        stages.add_row(stage, *(f"{steps.recalls[threshold][at]:.3f}" for threshold in THRESHOLDS))
    print_tables(shown, stages)
    if total.problems:
        console.print(f"{total.problems:,} images could not be examined; the app tells why of each.", highlight=False)


def _compare(a: Results, b: Results, by: str, output: str) -> None:
    from frcnn_viz.scale.versus import Versus

    versus = Versus(a, b)
    told = versus.differences(by)
    if output:
        content: dict[str, Any] = {"a": a.plan.model, "b": b.plan.model, **asdict(versus.shared)}
        write_json(output, {**content, "by": by, "groups": [asdict(one) for one in told]})
        return
    title = f"{versus.shared.objects:,} objects on {versus.shared.images:,} images of both"
    shown = Table(by, "objects", "both find", "only B", "only A", "neither", title=title)
    for one in told:
        shown.add_row(one.name, *_told(one.objects, one.both, one.won, one.lost, one.neither))
    print_tables(shown)


def _told(*counts: int) -> list[str]:
    return [f"{count:,}" for count in counts]


def _open(folder: Path) -> Results:
    from rich.progress import Progress

    from frcnn_viz.scale.results import Results

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Opening", total=None)
        opened = Results(folder, lambda done, total: bar.update(task, completed=done, total=total))
    tell_left_out(opened.damaged)
    return opened
