"""`frcnn-viz data`: check, convert and measure annotated images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, track
from rich.table import Table

from frcnn_viz.cli.output import JsonOption, console, print_tables, tell_left_out, write_json

if TYPE_CHECKING:
    from frcnn_viz.data.annotations import AnnotatedImage, Dataset
    from frcnn_viz.data.checks import Finding, Size
    from frcnn_viz.data.importing import Imported
    from frcnn_viz.data.sources import Source
    from frcnn_viz.data.workspace import Workspace

data = typer.Typer(help="Annotated images: Pascal VOC, COCO, YOLO, CVAT for images 1.1.", no_args_is_help=True)

PathArgument = Annotated[Path, typer.Argument(help="A folder, a zip, or an annotation file.")]


@data.command()
def check(
    path: PathArgument,
    model: Annotated[str, typer.Option(help="Also what would be wrong if this detector were trained on it.")] = "",
    validate: Annotated[Path | None, typer.Option(help="What it would be measured on: classes only there.")] = None,
    output: JsonOption = "",
) -> None:
    """Tell everything that is wrong with the annotations; exit 1 if anything is."""
    from frcnn_viz.data.checks import check as check_dataset
    from frcnn_viz.data.checks import notes

    source, dataset = _read(path)
    sizes = _sizes(source, dataset)
    findings, hints = check_dataset(dataset, sizes), notes(dataset)
    if model or validate:
        known = set(findings)
        findings += [f for f in _before_training(_with_sizes(dataset, sizes), model, validate) if f not in known]
    count = sum(len(image.objects) for image in dataset.images)
    if output:
        summary = {"path": str(path), "format": dataset.format, "images": len(dataset.images), "objects": count}
        told = {"findings": [f.to_dict() for f in findings], "notes": [f.to_dict() for f in hints]}
        write_json(output, {**summary, **told})
    else:
        for finding in findings:
            mend = f"  [mend: {finding.mend.value}]" if finding.mend else ""
            print(f"{finding.kind.value}: {finding.sentence}{mend}")
        for hint in hints:
            print(f"note: {hint.sentence}")
        empty = sum(not image.objects for image in dataset.images)
        without = f", {empty:,} of them without objects" if empty else ""
        print(
            f"{len(dataset.images):,} images ({dataset.format or 'no annotations'}){without}, {count:,} objects: "
            f"{len(findings):,} findings"
        )
    if findings:
        raise typer.Exit(1)


@data.command()
def convert(
    path: PathArgument,
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    to: Annotated[str, typer.Option("--to", help="coco, voc, yolo or cvat.")],
) -> None:
    """Write the annotations in another format, and copy the pictures beside them."""
    from frcnn_viz.data.formats import write_dataset

    source, dataset = _read(path)
    dataset = _with_sizes(dataset, _sizes(source, dataset))
    tell_left_out(bad.sentence for bad in dataset.unreadable)
    _tell_lost_flags(dataset, to)

    def picture(image: AnnotatedImage) -> bytes | None:
        return source.read(image.file) if image.file else None

    write_dataset(dataset, to, out, picture)
    print(f"{len(dataset.images):,} images as {to} in {out}")


@data.command("import")
def import_data(
    path: PathArgument,
    workspace: Annotated[Path | None, typer.Option(help="The app's folder of images.")] = None,
) -> None:
    """Add pictures and their ground truth to the app's workspace."""
    from frcnn_viz.data.tenant import default_folder
    from frcnn_viz.data.workspace import Workspace

    source, dataset = _read(path)
    kept = Workspace(workspace or default_folder())
    done = add(kept, source, dataset)
    print(f"{len(done.added):,} new images, {len(done.known):,} that were there, in {kept.folder}")


@data.command("export")
def export_data(
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    to: Annotated[str, typer.Option("--to", help="coco, voc, yolo or cvat.")],
    workspace: Annotated[Path | None, typer.Option(help="The app's folder of images.")] = None,
) -> None:
    """Take the pictures of the app's workspace and their ground truth out of it."""
    from frcnn_viz.data.annotations import DataError
    from frcnn_viz.data.formats import write_dataset
    from frcnn_viz.data.tenant import default_folder
    from frcnn_viz.data.workspace import Workspace

    folder = workspace or default_folder()
    kept = Workspace(folder) if folder.is_dir() else None
    if kept is None or not kept.ids:
        raise DataError(f"there are no images in the workspace {folder}; name another with --workspace.")
    dataset = kept.dataset()
    for sentence in kept.told:
        console.print(sentence, style="yellow", markup=False, highlight=False)

    def picture(image: AnnotatedImage) -> bytes | None:
        try:
            return kept.picture(image)
        except (DataError, OSError):  # which `damaged` told
            return None

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Writing", total=len(dataset.images))
        write_dataset(dataset, to, out, picture, lambda done, total: bar.update(task, completed=done))
    _tell_lost_flags(dataset, to)
    tell_left_out(kept.damaged().values())
    print(f"{len(dataset.images):,} images as {to} in {out}")


@data.command()
def stats(
    path: PathArgument,
    min_size: Annotated[int, typer.Option(min=1, help="Shorter side after torchvision's resize.")] = 800,
    max_size: Annotated[int, typer.Option(min=1, help="Limit of the longer side.")] = 1333,
    output: JsonOption = "",
) -> None:
    """Count objects and their sizes per class, in the images' pixels and after the resize."""
    from dataclasses import asdict

    from frcnn_viz.data.ground_truth import no_targets
    from frcnn_viz.data.statistics import box_table, by_class

    source, dataset = _read(path)
    dataset = _with_sizes(dataset, _sizes(source, dataset))
    table = box_table(dataset.images)
    scales = table.scales(min_size, max_size)
    original, resized = by_class(table), by_class(table, scales)
    if output:
        crowds, difficult = table.left_out
        counts = {"images": len(dataset.images), "objects": len(table.labels), "crowds": crowds, "difficult": difficult}
        sizes = {"original": [asdict(row) for row in original], "resized": [asdict(row) for row in resized]}
        write_json(output, {**counts, "resize": [min_size, max_size], **sizes})
        return
    shown = Table("class", "objects", "images", "size, px", "10 to 90 %", "ratio h/w", f"resized to {min_size}, px")
    for row, scaled in zip(original, resized, strict=True):
        spread = f"{row.size_p10:.0f} to {row.size_p90:.0f}"
        numbers = (f"{row.objects:,}", f"{row.images:,}", f"{row.size_median:.0f}", spread, f"{row.ratio_median:.2f}")
        shown.add_row(row.label, *numbers, f"{scaled.size_median:.0f}")
    print_tables(shown)
    print("size is the square root of the area; medians")
    if sentence := no_targets(*table.left_out):
        print(sentence)


def _before_training(dataset: Dataset, model: str, validate: Path | None) -> list[Finding]:
    from frcnn_viz.data.checks_before_training import anchor_shapes, findings_before_training
    from frcnn_viz.models.registry import untrained
    from frcnn_viz.pipeline.settings import Settings

    resize, anchors = None, []
    if model:
        settings = Settings.of(untrained(model))
        resize = (settings.min_size, settings.max_size)
        anchors = anchor_shapes(settings.anchor_sizes, settings.aspect_ratios)
    validation = _read(validate)[1].images if validate else ()
    return findings_before_training(dataset.images, dataset.classes, resize, anchors=anchors, validation=validation)


def read_sized(path: Path) -> Dataset:
    """The images of a path with their sizes, from the pictures where these are there."""
    source, dataset = _read(path)
    return _with_sizes(dataset, _sizes(source, dataset))


def add(kept: Workspace, source: Source, dataset: Dataset) -> Imported:
    """Add to the workspace with a bar, and tell what was left out."""
    from frcnn_viz.data.importing import import_source

    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Adding", total=len(dataset.images))

        def progress(done: int, total: int) -> bool:
            bar.update(task, completed=done)
            return True

        done = import_source(kept, source, dataset, progress)
    tell_left_out(done.problems)
    return done


def _tell_lost_flags(dataset: Dataset, format: str) -> None:
    if format == "yolo" and any(o.difficult or o.truncated or o.crowd for i in dataset.images for o in i.objects):
        console.print("YOLO holds no flags: difficult, truncated and crowd are not written.", style="yellow")


def _read(path: Path) -> tuple[Source, Dataset]:
    from frcnn_viz.data.formats import read_dataset
    from frcnn_viz.data.sources import open_source

    source = open_source(path)
    return source, read_dataset(source)


def _sizes(source: Source, dataset: Dataset) -> dict[str, Size | None]:
    from frcnn_viz.data.annotations import DataError
    from frcnn_viz.data.formats.read import picture_size

    sizes: dict[str, Size | None] = {}
    if not source.images:
        return sizes
    for image in track(dataset.images, "reading the pictures", console=console, transient=True):
        if image.file:
            try:
                sizes[image.name] = picture_size(source.read(image.file))
            except DataError:
                sizes[image.name] = None
    return sizes


def _with_sizes(dataset: Dataset, sizes: dict[str, Size | None]) -> Dataset:
    """The pictures' own sizes in place of what the annotations state."""
    from dataclasses import replace

    from frcnn_viz.data.checks import image_size

    images = []
    for image in dataset.images:
        size = image_size(image, sizes)
        images.append(replace(image, width=size[0], height=size[1]) if size else image)
    return dataset.with_images(images)
