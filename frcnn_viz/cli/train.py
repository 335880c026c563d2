"""`frcnn-viz train`: a run is started, or goes on, in a process of its own; this command watches it."""

from __future__ import annotations

import json
import shlex
import time
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from frcnn_viz.cli.anchors import MaxOption, MinOption, RatiosOption, SizesOption
from frcnn_viz.cli.output import DeviceOption, JsonOption, RandomOption, SetOption, console, pairs, write_json

if TYPE_CHECKING:
    from frcnn_viz.models.variant import Variant
    from frcnn_viz.training.recipe import Recipe
    from frcnn_viz.training.run import Run
    from frcnn_viz.training.store import RunFolder

LOOK_SECONDS = 0.5
LINE_SECONDS = 10
"""How often a line is written where there is no terminal to write the same line anew."""
LAST = 50
"""Lines whose losses are averaged."""
INTERRUPTED = 130
"""The exit status of what Ctrl+C ended."""

DataOption = Annotated[
    str, typer.Option(help="A folder or zip of annotated pictures, `workspace`, or `scenes:COUNT:SEED`.")
]
ClassesOption = Annotated[str, typer.Option(help="To learn, parted by commas; else the set's.")]
PartsOption = Annotated[str, typer.Option(help="What learns: all, heads, rpn, roi_heads or predictor.")]
BatchOption = Annotated[int, typer.Option(min=1, help="Pictures a step.")]
RateOption = Annotated[float, typer.Option(help="The highest learning rate.")]
ApartOption = Annotated[float, typer.Option(help="The part of the pictures that is kept apart to measure.")]
SplitOption = Annotated[int, typer.Option(help="Another one keeps others apart.")]
TrainListOption = Annotated[Path | None, typer.Option(help="A file that names the pictures to learn from.")]
ValListOption = Annotated[Path | None, typer.Option(help="A file that names those kept apart.")]
ThreadsOption = Annotated[int, typer.Option(help="That compute a step.")]


def train(
    what: Annotated[str, typer.Argument(help="A run.json; with --resume also the name of a run.")] = "",
    data: DataOption = "",
    name: Annotated[str, typer.Option(help="Of the run; if left out, of the detector and the set.")] = "",
    base: Annotated[str, typer.Option(help="The detector to begin with; run:NAME@STEP is one too.")] = "street-fpn",
    classes: ClassesOption = "",
    parts: PartsOption = "all",
    keep_features: Annotated[
        bool, typer.Option("--keep-features", help="Run the backbone once on each picture; it must not learn then.")
    ] = False,
    steps: Annotated[int, typer.Option(min=1)] = 500,
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
    seed: Annotated[int, typer.Option(help="Of new weights and of every step.")] = 0,
    threads: ThreadsOption = 1,
    device: DeviceOption = "auto",
    every: Annotated[int, typer.Option(help="Steps between measuring and keeping; 0: a tenth.")] = 0,
    random_weights: RandomOption = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run was stopped or killed.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Start it, and do not watch.")] = False,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write files for TensorBoard.")] = False,
    output: JsonOption = "",
) -> None:
    """Train a detector on annotated pictures; Ctrl+C stops it, and --resume goes on to the same weights.

    --set NAME=VALUE changes anything else of the recipe, such as warm_up=40, upside_down=true or decay=cosine.
    """
    from frcnn_viz.training.process import resume as go_on
    from frcnn_viz.training.process import start
    from frcnn_viz.training.recipe import TrainingError
    from frcnn_viz.training.run import Run
    from frcnn_viz.training.signals import FAILED, STOPPED
    from frcnn_viz.training.tensorboard import summary_writer

    if tensorboard:
        summary_writer()  # or a sentence, before anything is started
    if resume:
        folder = go_on(_read(what).name if what.endswith(".json") else what or name)
    elif what:
        folder = start(_read(what), listing)
    elif not data:
        raise TrainingError("there is nothing to learn from; name the pictures with --data, or give a run.json.")
    else:
        variant = make_variant(
            base, classes, data, sizes, ratios, min_size=min_size, max_size=max_size, random_weights=random_weights
        )
        recipe = make_recipe(steps, batch, lr, changes or [])
        each = every or max(1, -(-steps // 10))
        run = Run(
            name or _free_name(base, data),
            recipe,
            variant,
            parts,
            data,
            validation,
            split_seed,
            str(train_list.absolute()) if train_list else "",
            str(val_list.absolute()) if val_list else "",
            seed,
            threads,
            device,
            evaluate_every=each,
            keep_every=each,
            keep_features=keep_features,
        )
        folder = start(run, listing)
    if detach:
        print(folder.name)
        return
    _watch(folder, tensorboard)
    if output:
        from frcnn_viz.cli.runs import describe

        write_json(output, describe(folder))
    elif folder.steps:
        print(f"run:{folder.name}@{max(folder.steps)}")
    status = folder.status
    if status.state == FAILED:
        raise TrainingError(status.told)
    if status.state == STOPPED:
        again = f"`frcnn-viz train {shlex.quote(folder.name)} --resume` goes on"
        tell(f"stopped after step {status.step:,} of {folder.run.recipe.steps:,}; {again}")
        raise typer.Exit(INTERRUPTED)


def tell(text: str) -> None:
    """A line for people."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _watch(folder: RunFolder, tensorboard: bool) -> None:
    """Tell how it goes until it ends. Ctrl+C lets it stop after its step; a second one leaves it alone."""
    from frcnn_viz.training.tensorboard import Events

    events = Events(folder.path / "tensorboard") if tensorboard else None
    steps, shown, written, asked = folder.run.recipe.steps, 0, time.monotonic(), False
    with console.status("Begins.") as line:
        while True:
            try:
                status = folder.status  # before the lines, so that the last of them are seen
                lines = folder.metrics()
                if events:
                    events.write(lines[shown:])
                for one in lines[shown:] if shown else ():
                    if "evaluation" in one:
                        tell(f"step {one['step']:,}: {_figures(one['evaluation'])}")
                shown = len(lines)
                text = status.told or progress(lines, steps)
                line.update(text)
                if not console.is_terminal and time.monotonic() - written > LINE_SECONDS:
                    tell(text)
                    written = time.monotonic()
                if not status.under_way:
                    break
                time.sleep(LOOK_SECONDS)
            except KeyboardInterrupt:
                if asked:
                    tell("it stops on its own; `frcnn-viz runs list` tells when it has")
                    raise typer.Exit(INTERRUPTED) from None
                asked = True
                tell("stops after this step ...")
                folder.ask_to_stop()
    if events:
        events.close()


def progress(lines: list[dict[str, Any]], steps: int) -> str:
    """The mean losses of the last steps, and how long the others will take."""
    last = [line for line in lines[-LAST:] if "losses" in line]
    if not last:
        return "Begins."
    means = {name: sum(line["losses"][name] for line in last) / len(last) for name in last[0]["losses"]}
    losses = "  ".join(f"{name.removeprefix('loss_')} {value:.3f}" for name, value in means.items())
    seconds, step = sum(line["seconds"] for line in last) / len(last), last[-1]["step"]
    return f"step {step:,}/{steps:,}  {losses}  {seconds:.2f} s/step, {(steps - step) * seconds / 60:.1f} min left"


def _figures(found: dict[str, Any]) -> str:
    figures = {"AP": found["ap"], "AP50": found["ap50"], "loss": sum(found["losses"].values())}
    return "  ".join(f"{name} {value:.3f}" for name, value in figures.items() if value is not None)


def listing(done: int, total: int) -> None:
    """A line now and then while many pictures are listed."""
    if done and done % 500 == 0:
        tell(f"listed {done:,} of {total:,} pictures")


def _read(path: str) -> Run:
    from frcnn_viz.training.recipe import TrainingError
    from frcnn_viz.training.run import Run

    try:
        return Run.from_dict(json.loads(Path(path).read_bytes()))
    except OSError as error:
        raise TrainingError(f"{path} cannot be read ({error.strerror}); to go on with a run, add --resume.") from error
    except (TrainingError, ValueError, RecursionError) as error:
        raise TrainingError(f"{path}: {error}") from error


def make_variant(base: str, classes: str, data: str, sizes: str, ratios: str, **plain: Any) -> Variant:
    """The detector that the options name, with the classes of the set where none are given."""
    from frcnn_viz.models.own import read_names
    from frcnn_viz.models.registry import find_entry
    from frcnn_viz.models.variant import Variant
    from frcnn_viz.pipeline.settings import from_text
    from frcnn_viz.training.sets import classes_to_learn, open_set

    texts = {"anchor_sizes": sizes, "aspect_ratios": ratios}
    levels = {name: from_text(name, text) for name, text in texts.items() if text}
    known = find_entry(base).classes[1:]
    learnt = tuple(read_names(classes)) if classes else classes_to_learn(open_set(data).dataset, known)
    return Variant(base, learnt, **levels, **plain)


def make_recipe(steps: int, batch: int, lr: float, changes: list[str]) -> Recipe:
    """The recipe that the options give, with what `--set` changes."""
    from frcnn_viz.training.recipe import Recipe

    return Recipe.from_dict(
        {"steps": steps, "batch": batch, "learning_rate": lr} | {k: value_of(v) for k, v in pairs(changes).items()}
    )


def value_of(text: str) -> Any:
    """A number, true or false, or a word."""
    try:
        return json.loads(text.lower())
    except ValueError:
        return text


def _free_name(base: str, data: str) -> str:
    """Of the detector and the set, and a number where there is such a run."""
    from frcnn_viz.training.run import run_name
    from frcnn_viz.training.store import all_runs

    taken, name = {folder.name for folder in all_runs()}, run_name(f"{base}-{Path(data).stem}")
    return next(one for one in chain([name], (f"{name}-{n}" for n in count(2))) if one not in taken)
