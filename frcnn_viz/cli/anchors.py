"""`frcnn-viz anchors`: how well anchors fit a set of objects, and which would fit better."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from frcnn_viz.cli.output import JsonOption, console, print_tables, write_json

if TYPE_CHECKING:
    from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

    from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids
    from frcnn_viz.analysis.anchor_report import AnchorReport
    from frcnn_viz.pipeline.settings import Settings

anchors = typer.Typer(help="Anchors: how well they fit objects, and which would fit better.", no_args_is_help=True)

DataArgument = Annotated[Path, typer.Argument(help="A folder, a zip, or an annotation file with image sizes.")]
ModelOption = Annotated[
    str, typer.Option(help="A detector of this project, or of torchvision, such as fasterrcnn_resnet50_fpn.")
]
SizesOption = Annotated[str, typer.Option(help="Sizes of each level, such as '32|64|128|256|512' or '8_12|24'.")]
RatiosOption = Annotated[str, typer.Option(help="Ratios (height / width) of each level, such as '0.5_1_2|0.5_1_2'.")]
MinOption = Annotated[int, typer.Option(min=0, help="Shorter side after resize; 0 takes the model's.")]
MaxOption = Annotated[int, typer.Option(min=0, help="Limit of the longer side; 0 takes the model's.")]


@anchors.command()
def recall(
    data: DataArgument,
    model: ModelOption = "street-fpn",
    sizes: SizesOption = "",
    ratios: RatiosOption = "",
    min_size: MinOption = 0,
    max_size: MaxOption = 0,
    output: JsonOption = "",
) -> None:
    """Tell how many objects some anchor overlaps at IoU 0.5 and 0.7, by class and by size."""
    from frcnn_viz.analysis.anchor_report import report

    objects, settings, _ = _prepare(data, model, sizes, ratios, min_size, max_size)
    made = report(objects, settings.anchor_sizes, settings.aspect_ratios, settings.rpn_fg_iou_thresh)
    if output:
        write_json(output, {"model": model, **_described(settings), "groups": [asdict(row) for row in made.rows]})
        return
    _print(made, f"{settings.anchor_sizes} at {settings.min_size}/{settings.max_size}")


@anchors.command()
def optimise(
    data: DataArgument,
    model: ModelOption = "street-fpn",
    objective: Annotated[str, typer.Option(help="mean, recall_50, recall_70 or positives.")] = "recall_70",
    validate: Annotated[Path | None, typer.Option(help="Other objects, to confirm the gain on.")] = None,
    sizes: SizesOption = "",
    ratios: RatiosOption = "",
    min_size: MinOption = 0,
    max_size: MaxOption = 0,
    steps: Annotated[int, typer.Option(min=0, help="Climbs; 0 takes as many as take seconds.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed finds the same.")] = 0,
    output: JsonOption = "",
) -> None:
    """Look for sizes and ratios that fit the objects better; Ctrl+C stops with the best so far."""
    from frcnn_viz.analysis.anchor_report import report
    from frcnn_viz.analysis.anchor_search import NO_PROMISE, generator_code, search, too_few

    objects, settings, network = _prepare(data, model, sizes, ratios, min_size, max_size)
    start = (settings.anchor_sizes, settings.aspect_ratios)
    if warning := too_few(len(objects), *start):
        console.print(warning, style="yellow", markup=False, highlight=False)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Searching", total=None)

        def progress(step: int, steps: int, best: float, *_: object) -> bool:
            bar.update(task, completed=step, total=steps, description=f"{best:.4f}")
            return True

        found = search(objects, *start, objective, seed=seed, steps=steps or None, progress=progress)
    sets = {"searched on": objects}
    if validate:
        sets["confirmed on"] = _place(network, validate, settings)
    both = (start, (found.sizes, found.ratios))
    judged = {name: [report(of, *way, settings.rpn_fg_iou_thresh) for way in both] for name, of in sets.items()}
    if output:
        groups = {
            name: {"before": [asdict(r) for r in before.rows], "after": [asdict(r) for r in after.rows]}
            for name, (before, after) in judged.items()
        }
        found_as = {
            "anchor_sizes": found.sizes,
            "aspect_ratios": found.ratios,
            "before": found.before,
            "after": found.after,
        }
        told = {"model": model, "objective": objective, "seed": seed, "note": NO_PROMISE}
        write_json(output, {**told, **found_as, **groups})
        return
    for name, (before, after) in judged.items():
        _print(before, f"{name}: before")
        _print(after, f"{name}: after")
    print(generator_code(found.sizes, found.ratios), end="")
    print(NO_PROMISE)


def _prepare(
    data: Path, model: str, sizes: str, ratios: str, min_size: int, max_size: int
) -> tuple[ObjectsOnGrids, Settings, GeneralizedRCNN]:
    from frcnn_viz.models.registry import untrained
    from frcnn_viz.pipeline.settings import Settings

    network = untrained(model)
    settings = Settings.of(network)
    texts = {"anchor_sizes": sizes, "aspect_ratios": ratios}
    settings = settings.with_text({name: text for name, text in texts.items() if text})
    settings = settings.replace(min_size=min_size or settings.min_size, max_size=max_size or settings.max_size)
    return _place(network, data, settings), settings, network


def _place(network: GeneralizedRCNN, path: Path, settings: Settings) -> ObjectsOnGrids:
    import torch

    from frcnn_viz.analysis.anchor_fit import place_objects
    from frcnn_viz.cli.data import read_sized
    from frcnn_viz.data.annotations import DataError
    from frcnn_viz.data.ground_truth import no_targets
    from frcnn_viz.data.statistics import box_table

    table = box_table(read_sized(path).images)
    if sentence := no_targets(*table.left_out):
        console.print(sentence, markup=False, highlight=False)
    if not len(table.labels):
        raise DataError(f"{path} holds no object of an image whose size is known.")
    objects = place_objects(
        network,
        torch.from_numpy(table.boxes_in_image),
        table.labels.tolist(),
        torch.from_numpy(table.image),
        [(int(height), int(width)) for width, height in table.image_sizes],
        min_size=settings.min_size,
        max_size=settings.max_size,
    )
    if len(settings.anchor_sizes) != len(objects.level_names):
        count = len(settings.anchor_sizes)
        raise DataError(f"these are sizes for {count} levels, but the model has {len(objects.level_names)} maps.")
    return objects


def _described(settings: Settings) -> dict[str, object]:
    names = ("anchor_sizes", "aspect_ratios", "min_size", "max_size")
    return {name: getattr(settings, name) for name in names}


def _print(made: AnchorReport, title: str) -> None:
    table = Table("group", "objects", "recall 0.5", "recall 0.7", "mean best IoU", "positives", "without", title=title)
    for row in made.rows:
        if row.objects:
            numbers = (f"{row.recall_50:.3f}", f"{row.recall_70:.3f}", f"{row.mean_iou:.3f}", f"{row.positives:.1f}")
            table.add_row(row.name, f"{row.objects:,}", *numbers, f"{row.without:,}")
    print_tables(table)
