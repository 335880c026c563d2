"""`frcnn-viz experiment`: two arms of one training, each with several seeds, and whether the difference matters."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from frcnn_viz.cli.anchors import MaxOption, MinOption, RatiosOption, SizesOption
from frcnn_viz.cli.output import DeviceOption, JsonOption, SetOption, console, pairs, print_tables, write_json
from frcnn_viz.cli.train import (
    INTERRUPTED,
    LINE_SECONDS,
    LOOK_SECONDS,
    ApartOption,
    BatchOption,
    ClassesOption,
    DataOption,
    PartsOption,
    RateOption,
    SplitOption,
    ThreadsOption,
    TrainListOption,
    ValListOption,
    listing,
    make_recipe,
    make_variant,
    progress,
    tell,
    value_of,
)

if TYPE_CHECKING:
    from frcnn_viz.training.experiment import Arm, Experiment
    from frcnn_viz.training.experiment_store import ExperimentFolder
    from frcnn_viz.training.results import Record

_CHANGE = (
    "NAME=VALUE of the detector or the recipe in the {} arm, such as anchor_sizes=8|16|32|64|128; may be repeated."
)
AOption = Annotated[list[str] | None, typer.Option("--a", help=_CHANGE.format("first"))]
BOption = Annotated[list[str] | None, typer.Option("--b", help=_CHANGE.format("second"))]


def experiment(
    what: Annotated[
        str, typer.Argument(help="A file that holds one; or the name of one, to follow it and see its results.")
    ] = "",
    data: DataOption = "",
    name: Annotated[str, typer.Option(help="Of the experiment.")] = "experiment",
    a: AOption = None,
    b: BOption = None,
    name_a: Annotated[str, typer.Option(help="What the first arm is called.")] = "a",
    name_b: Annotated[str, typer.Option(help="What the second arm is called.")] = "b",
    seeds: Annotated[int, typer.Option(min=1, help="Of each arm.")] = 3,
    base: Annotated[str, typer.Option(help="The detector that both begin with.")] = "street-fpn",
    classes: ClassesOption = "",
    parts: PartsOption = "all",
    steps: Annotated[int, typer.Option(min=1, help="Of each run.")] = 300,
    batch: BatchOption = 4,
    lr: RateOption = 1e-3,
    changes: SetOption = None,
    validation: ApartOption = 0.2,
    split_seed: SplitOption = 0,
    train_list: TrainListOption = None,
    val_list: ValListOption = None,
    sizes: SizesOption = "",
    ratios: RatiosOption = "",
    min_size: MinOption = 0,
    max_size: MaxOption = 0,
    threads: ThreadsOption = 1,
    device: DeviceOption = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the experiment was stopped or killed.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Delete the experiment with its runs.")] = False,
    output: JsonOption = "",
) -> None:
    """Train two arms with the same seeds, pictures and steps, and tell whether their difference matters.

    --set changes the recipe of both arms, as it does for `train`; --a and --b change one. Ctrl+C stops it, and --resume
    goes on to the same results.
    """
    from frcnn_viz.training.experiment import Experiment
    from frcnn_viz.training.experiment_store import ExperimentFolder, remove_experiment
    from frcnn_viz.training.experiments import resume as go_on
    from frcnn_viz.training.experiments import start
    from frcnn_viz.training.recipe import TrainingError
    from frcnn_viz.training.run import Run

    if remove:
        remove_experiment(what)
        return
    if resume:
        folder = go_on(_read(what).name if what.endswith(".json") else what or name)
    elif what.endswith(".json"):
        folder = start(_read(what), listing)
    elif what:
        folder = ExperimentFolder(what)
    elif not data:
        raise TrainingError("there is nothing to learn from; name the pictures with --data, or give a file.")
    else:
        run = Run(
            name,
            make_recipe(steps, batch, lr, changes or []),
            make_variant(base, classes, data, sizes, ratios, min_size=min_size, max_size=max_size),
            parts,
            data,
            validation,
            split_seed,
            str(train_list.absolute()) if train_list else "",
            str(val_list.absolute()) if val_list else "",
            threads=threads,
            device=device,
        )
        arms = (_arm(name_a, a or []), _arm(name_b, b or []))
        folder = start(Experiment(run, arms, tuple(range(seeds))), listing)
    _finish(folder, output)


def _finish(folder: ExperimentFolder, output: str) -> None:
    """Watch it until it ends, and tell what came of it."""
    from frcnn_viz.training.recipe import TrainingError
    from frcnn_viz.training.signals import FAILED, STOPPED

    _watch(folder)
    record, status = folder.record, folder.status
    if output:
        write_json(output, {**record.to_dict(), "state": status.state, "told": status.told})
    if output != "-" and record.seeds:
        _show(record)
    if status.state == FAILED:
        raise TrainingError(status.told)
    if status.state == STOPPED:
        again = f"`frcnn-viz experiment {shlex.quote(folder.name)} --resume` goes on"
        count = len(list(record.experiment.parts()))
        tell(f"stopped with {len(record.results.measured)} of {count} runs done; {again}")
        raise typer.Exit(INTERRUPTED)


def _watch(folder: ExperimentFolder) -> None:
    """Tell how it goes until it ends. Ctrl+C lets it stop after its step; a second one leaves it alone."""
    from frcnn_viz.training.experiments import ask_to_stop, current

    shown, written, asked = set(folder.record.results.measured), time.monotonic(), False
    with console.status("Begins.") as line:
        while True:
            try:
                status = folder.status  # before the results, so that the last of them are seen
                measured = folder.record.results.measured
                for run in measured:
                    if run not in shown:
                        shown.add(run)
                        tell(f"{run}: AP {measured[run].figures['AP']:.3f}  AP50 {measured[run].figures['AP50']:.3f}")
                if not status.under_way:
                    break
                run = current(folder)
                told = progress(run.metrics(), run.run.recipe.steps) if run else "Begins."
                line.update(f"{status.told} {told}")
                if not console.is_terminal and time.monotonic() - written > LINE_SECONDS:
                    tell(f"{status.told} {told}")
                    written = time.monotonic()
                time.sleep(LOOK_SECONDS)
            except KeyboardInterrupt:
                if asked:
                    tell(f"it stops on its own; `frcnn-viz experiment {shlex.quote(folder.name)}` tells when it has")
                    raise typer.Exit(INTERRUPTED) from None
                asked = True
                tell("stops after this step ...")
                ask_to_stop(folder)


def _show(record: Record) -> None:
    from frcnn_viz.figures.experiment import arms_text, cells

    first, second = (arm.name for arm in record.experiment.arms)
    table = Table(
        "", first, second, f"{second} less {first}", title=f"{record.experiment.name}, {len(record.seeds)} seeds"
    )
    for kind in ("figures", "per_class", "recall", "seconds"):
        for row in record.rows(kind):
            table.add_row(*cells(row, kind))
        table.add_section()
    print_tables(table)
    print(arms_text(record.experiment))
    if record.sentence:
        print(record.sentence)
    found = record.disagreements()
    print(f"objects of the validation pictures that most seeds of one arm alone find: {len(found):,}")


def _arm(name: str, changes: list[str]) -> Arm:
    """An arm from what `--a` or `--b` was given."""
    from frcnn_viz.models.variant import KINDS
    from frcnn_viz.pipeline.settings import LEVEL_RANGES, from_text
    from frcnn_viz.training.experiment import Arm

    made: dict[str, Any] = {}
    for key, text in pairs(changes).items():
        if key == "parts":
            made[key] = text
        elif key in LEVEL_RANGES:
            made.setdefault("detector", {})[key] = [list(level) for level in from_text(key, text)]
        else:
            made.setdefault("detector" if key in KINDS else "recipe", {})[key] = (
                text if key == "base" else value_of(text)
            )
    return Arm(name, made)


def _read(path: str) -> Experiment:
    from frcnn_viz.training.experiment import Experiment
    from frcnn_viz.training.recipe import TrainingError

    try:
        return Experiment.from_dict(json.loads(Path(path).read_bytes()))
    except OSError as error:
        raise TrainingError(f"{path} cannot be read ({error.strerror}).") from error
    except (TrainingError, ValueError, RecursionError) as error:
        raise TrainingError(f"{path}: {error}") from error
