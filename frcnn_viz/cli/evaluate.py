"""`frcnn-viz evaluate`: COCO's figures of a detector, on an annotated set or on held-out street scenes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import track
from rich.table import Table

from frcnn_viz.cli.many import (
    AddressOption,
    Asked,
    EngineOption,
    FixesOption,
    OutOption,
    PicturesOption,
    WorkersOption,
    run_many,
)
from frcnn_viz.cli.output import (
    DeviceOption,
    JsonOption,
    ModelOption,
    RandomOption,
    SetOption,
    console,
    print_tables,
    tell_left_out,
    write_json,
)
from frcnn_viz.cli.pictures import annotated_images, each_picture

if TYPE_CHECKING:
    from frcnn_viz.analysis.metrics import CocoReport, Picture
    from frcnn_viz.models.registry import Detector
    from frcnn_viz.scale.folder import ResultsFolder


def evaluate(
    named: Annotated[
        str | None,
        typer.Argument(metavar="[SET]", help="As --data; with --out also a COCO file or Parquet."),
    ] = None,
    model: ModelOption = "street-fpn",
    data: Annotated[str | None, typer.Option(help="A folder or zip of pictures with their ground truth.")] = None,
    listed: Annotated[
        Path | None, typer.Option("--list", help="Only the pictures that this file names, one a line.")
    ] = None,
    scenes: Annotated[int, typer.Option(min=1, help="How many held-out scenes, without --data.")] = 500,
    device: DeviceOption = "auto",
    output: JsonOption = "",
    random_weights: RandomOption = False,
    changes: SetOption = None,
    out: OutOption = None,
    engine: EngineOption = "local",
    workers: WorkersOption = None,
    pictures: PicturesOption = None,
    fixes: FixesOption = False,
    address: AddressOption = None,
) -> None:
    """COCO's average precision and recall, on a set of your own or else on held-out generated scenes."""
    from frcnn_viz.models.registry import load_detector

    asked, data = Asked(out, engine, workers, pictures, fixes, address), named if data is None else data
    if listed and data is None:
        raise ValueError("--list names pictures of a set; say which with --data.")
    if asked.out and (data is None or listed):
        raise ValueError("--out keeps the results of a whole set; name one, without --list.")
    if changes and not asked.out:
        raise ValueError("--set is for results that are kept; say where with --out.")
    detector = load_detector(model, device, random_weights=random_weights)
    seen = _Seen(detector.classes[1:])
    if asked.out:
        report = _of_results(detector, data, changes, asked, random_weights, seen)
    else:
        from frcnn_viz.analysis.metrics import evaluate as evaluate_model

        judged = _of_scenes(scenes) if data is None else _of_data(detector, Path(data), listed)
        report = evaluate_model(detector.model, seen.watch(judged), detector.classes[1:])
    on = f"{seen.images:,} held-out scenes" if data is None else f"{seen.images:,} images of {data}"
    per_class = {name: report.per_class[name] for name in detector.classes[1:] if seen.known[name]}
    if output:
        told: dict[str, Any] = {"model": detector.name, "data": data, "images": seen.images}
        told |= {"scenes": scenes} if data is None else {}
        counts = {"objects": seen.known.total(), "left_out": seen.left_out, "ignored_classes": dict(seen.unknown)}
        ap = {name: of["AP"] for name, of in per_class.items()}
        write_json(output, {**told, **counts, **report.figures, "per_class": ap, "per_class_and_size": per_class})
    if output == "-":
        return
    table = Table("COCO metric", "value", title=f"{detector.name} on {on}")
    for name, value in report.figures.items():
        table.add_row(name, _shown(value))
    classes = Table("class", "objects", *list(report.figures)[:6])  # of a class there is no recall
    for name, of in per_class.items():
        classes.add_row(name, f"{seen.known[name]:,}", *map(_shown, of.values()))
    print_tables(table, classes)


class _Seen:
    """What went past: how many images, and of which classes their objects are."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = frozenset(classes)
        self.images = self.left_out = 0
        self.known: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()

    def watch(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """The same pictures, counted."""
        for image, truth in pictures:
            self.images += 1
            self.left_out += truth.left_out
            self.count(Counter(truth.names))
            yield image, truth

    def count(self, names: Counter[str]) -> None:
        """Objects by the names of their classes."""
        for name, number in names.items():
            (self.known if name in self.classes else self.unknown)[name] += number


def _of_scenes(count: int) -> Iterator[Picture]:
    from frcnn_viz.data.ground_truth import GroundTruth
    from frcnn_viz.data.scenes import CLASSES
    from frcnn_viz.training.scenes import held_out_scenes

    for image, boxes, labels in track(held_out_scenes(count), "evaluating", total=count, console=console):
        yield image, GroundTruth(boxes, tuple(CLASSES[label - 1] for label in labels.tolist()))


def _of_data(detector: Detector, data: Path, listed: Path | None) -> Iterator[Picture]:
    from frcnn_viz.pipeline.transform import is_too_thin

    source, images = annotated_images(data, listed)
    _match_classes(detector, data, {item.label for image in images for item in image.objects if item.usable})
    for image, truth, picture in each_picture(source, images, "Evaluating"):
        if is_too_thin(detector.model.transform, picture.size):
            tell_left_out([f"{image.name} is too thin for this detector: nothing would be left of it."])
            continue
        yield picture.pixels, truth


def _of_results(
    detector: Detector, data: str, changes: list[str] | None, asked: Asked, random_weights: bool, seen: _Seen
) -> CocoReport:
    from frcnn_viz.scale.summary import coco_figures, planned_labels

    def check(folder: ResultsFolder) -> None:
        _match_classes(detector, data, planned_labels(folder))

    folder, summary = run_many(data, detector, changes, asked, random_weights=random_weights, check=check)
    seen.images, seen.left_out = summary.images, summary.left_out
    seen.count(summary.labels)
    return coco_figures(folder, detector.classes[1:])


def _match_classes(detector: Detector, data: str | Path, names: set[str]) -> None:
    """Say which classes the detector does not know.

    Raises:
        ValueError: it knows none of them.
    """
    classes = detector.classes[1:]
    strange = ", ".join(sorted(names - set(classes)))
    if names.isdisjoint(classes):
        known = ", ".join(classes[:10]) + (" and others" if len(classes) > 10 else "")
        raise ValueError(
            f"{detector.name} knows none of the classes of {data} ({strange}), so there is nothing to measure it by; "
            f"it knows {known}. Classes are matched by name."
        )
    if strange:
        tell_left_out([f"objects of classes that {detector.name} does not know by name: {strange}."])


def _shown(value: float) -> str:
    return "none" if value != value else f"{value:.3f}"
