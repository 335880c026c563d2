"""The command line: the app's capabilities without a browser. Heavy imports wait until a command needs them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track
from rich.table import Table
from typer.core import TyperGroup

from frcnn_viz import __version__
from frcnn_viz.cli import failures
from frcnn_viz.cli.anchors import anchors
from frcnn_viz.cli.data import data
from frcnn_viz.cli.doctor import doctor
from frcnn_viz.cli.evaluate import evaluate
from frcnn_viz.cli.experiment import experiment
from frcnn_viz.cli.family import compare_family
from frcnn_viz.cli.lessons import lessons
from frcnn_viz.cli.models import models
from frcnn_viz.cli.output import (
    DeviceOption,
    JsonOption,
    ModelOption,
    RandomOption,
    SetOption,
    console,
    print_tables,
    settings_of,
    write_json,
)
from frcnn_viz.cli.report import report
from frcnn_viz.cli.results import results
from frcnn_viz.cli.runs import runs
from frcnn_viz.cli.serving import app
from frcnn_viz.cli.train import train
from frcnn_viz.cli.video import video
from frcnn_viz.cli.why import why
from frcnn_viz.paths import ASSETS


class Commands(TyperGroup):
    """The commands; a line that begins with a file or an option of `app`, or is empty, is for `app`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Put `app` before what is no command; a shell that completes the first word has written nothing yet."""
        if args or not ctx.resilient_parsing:
            first = args[0].partition("=")[0] if args else "--"
            known = first in self.commands or any(first in option.opts for option in self.get_params(ctx))
            if not known and (first.startswith("-") or names_a_path(args[0])):
                args = ["app", *args]
        return super().parse_args(ctx, args)


def names_a_path(text: str) -> bool:
    """Whether a word of the command line is a file or folder that is there, or is written like one."""
    return bool(text) and (Path(text).exists() or bool(Path(text).suffix) or "/" in text or "\\" in text)


cli = typer.Typer(
    name="frcnn-viz",
    cls=Commands,
    help="Look into every stage of a real torchvision Faster R-CNN. `frcnn-viz photo.jpg` opens the app on a picture, "
    "a video, a folder, a zip or an annotated set; `frcnn-viz` opens it as it is.",
    subcommand_metavar="[FILE]... | COMMAND [ARGS]...",
    pretty_exceptions_enable=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        print(f"frcnn-viz {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_tell_version, is_eager=True)
]


@cli.callback()
def of_all(version: VersionOption = False) -> None:
    """What is asked of the program itself."""


cli.add_typer(data, name="data")
cli.add_typer(anchors, name="anchors")
cli.add_typer(models, name="models")
cli.add_typer(runs, name="runs")
cli.add_typer(lessons, name="lessons")
cli.command()(app)
cli.command()(doctor)
cli.command()(train)
cli.command()(experiment)


@cli.command("trace")
def trace_command(
    image: Annotated[Path, typer.Argument(help="JPEG, PNG, WebP, BMP, TIFF or GIF.")],
    model: ModelOption = "street-fpn",
    changes: SetOption = None,
    device: DeviceOption = "auto",
    output: JsonOption = "",
    random_weights: RandomOption = False,
) -> None:
    """Follow one image through every stage and print the funnel."""
    from frcnn_viz import load_detector, load_image, trace
    from frcnn_viz.analysis.report import describe_trace

    detector = load_detector(model, device, random_weights=random_weights)
    settings = settings_of(detector, changes)
    loaded = load_image(image)
    story = trace(detector, loaded, settings)
    if output:
        write_json(output, describe_trace(detector, loaded, story))
        return
    table = Table("stage", "counts", "number", "ms", title=f"{image.name} through {detector.name} on {detector.device}")
    for stage in story.stages:
        table.add_row(stage.name, stage.unit, f"{stage.count:,}", f"{stage.ms:.1f}")
    funnel = Table("funnel", "boxes")
    for name, count in story.funnel:
        funnel.add_row(name, f"{count:,}")
    print_tables(table, funnel)


@cli.command()
def verify(
    model: ModelOption = "street-fpn",
    images: Annotated[int, typer.Option(min=1, help="How many generated scenes.")] = 5,
    device: DeviceOption = "cpu",
    random_weights: RandomOption = False,
    changes: SetOption = None,
) -> None:
    """Compare the pipeline with plain model(image); exit 1 unless the difference is exactly 0.

    With --set, torchvision's model is given the same settings.
    """
    from frcnn_viz import load_detector, trace
    from frcnn_viz.analysis.equality import compare_with_model
    from frcnn_viz.training.scenes import held_out_scenes

    detector = load_detector(model, device, random_weights=random_weights)
    settings = settings_of(detector, changes)
    found, differences = 0, []
    for image, _, _ in track(held_out_scenes(images), "comparing", total=images, console=console):
        story = trace(detector, image, settings)
        differences.append(compare_with_model(story))
        found += len(story.detections)
    print(f"{detector.name} on {detector.device}: {images} images, {found} detections")
    print(f"largest difference of counts: {max(abs(d.count) for d in differences)}")
    print(f"largest difference of boxes:  {max(d.boxes for d in differences):g} px")
    print(f"largest difference of scores: {max(d.scores for d in differences):g}")
    print(f"labels that differ:           {sum(d.labels for d in differences)}")
    if story.masks:
        print(f"largest difference of masks:  {max(d.masks for d in differences):g}")
    if story.keypoints:
        print(f"largest difference of points: {max(d.keypoints for d in differences):g}")
    if not all(d.is_zero for d in differences):
        raise typer.Exit(1)


@cli.command("scenes")
def scenes_command(
    folder: Annotated[Path, typer.Argument(help="Where to write the PNG files and annotations.json (COCO).")],
    count: Annotated[int, typer.Option(min=1, max=100_000)] = 12,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    preset: Annotated[
        str, typer.Option(help="ordinary, crowded, tiny, extreme-aspect, low-contrast or unknown-objects.")
    ] = "ordinary",
) -> None:
    """Draw street scenes with exact ground truth."""
    from frcnn_viz.data.scenes import PRESETS, write_scenes

    if preset not in PRESETS:
        raise ValueError(f"there is no preset {preset!r}; choose one of {', '.join(PRESETS)}.")
    write_scenes(folder, count, seed, PRESETS[preset])
    print(f"{count} scenes in {folder}")


@cli.command("train-embedded")
def train_embedded_command(
    name: Annotated[str, typer.Argument(help="street-fpn or street-c4.")],
    out: Annotated[Path, typer.Option(help="Where the weights go.")] = ASSETS,
    steps: Annotated[int | None, typer.Option(min=1, help="Fewer steps than the recipe, for a trial.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = True,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train an embedded detector from nothing, on scenes drawn by this program."""
    from frcnn_viz.training.embedded import train_embedded

    path = train_embedded(
        name, out / f"{name}.safetensors", steps=steps, resume=resume, seed=seed, progress=console.print
    )
    print(path)


cli.command()(evaluate)
cli.command()(failures.autopsy)
cli.command()(failures.waterfall)
cli.command()(results)
cli.command()(report)
cli.command()(video)
cli.command()(why)
cli.command()(compare_family)


def main() -> None:
    """Run a command; a mistake becomes one sentence on standard error and exit code 2."""
    try:
        cli()
    except (ValueError, OSError) as error:
        console.print(f"frcnn-viz: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(2)
