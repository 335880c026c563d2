"""`frcnn-viz compare-family`: R-CNN, Fast R-CNN and Faster R-CNN on one picture, with one network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import track
from rich.table import Table

from frcnn_viz.cli.output import (
    DeviceOption,
    JsonOption,
    ModelOption,
    SetOption,
    console,
    print_tables,
    settings_of,
    write_json,
)

if TYPE_CHECKING:
    from frcnn_viz.analysis.family import Crops, Way
    from frcnn_viz.analysis.selective_search import Regions
    from frcnn_viz.models.registry import Detector
    from frcnn_viz.pipeline.trace import Trace

PORTION = 25


def compare_family(
    image: Annotated[Path, typer.Argument(help="JPEG, PNG, WebP, BMP, TIFF or GIF.")],
    model: ModelOption = "street-fpn",
    changes: SetOption = None,
    device: DeviceOption = "auto",
    crops: Annotated[int, typer.Option(min=1, help="Crops that R-CNN computes; times of more are extrapolated.")] = 50,
    all_crops: Annotated[bool, typer.Option("--all-crops", help="R-CNN computes every crop.")] = False,
    output: JsonOption = "",
) -> None:
    """Run R-CNN, Fast R-CNN and Faster R-CNN on one picture: what each finds, and where its time goes."""
    from frcnn_viz import load_detector, load_image, trace
    from frcnn_viz.analysis.family import PUBLISHED, fast_rcnn, faster_rcnn, rcnn, time_stages
    from frcnn_viz.analysis.selective_search import search_regions

    loaded = load_image(image)
    detector = load_detector(model, device)
    regions = search_regions(loaded)
    story = trace(detector, loaded, settings_of(detector, changes))
    ms = time_stages(story)
    made = _crop(story, regions, len(regions) if all_crops else crops)
    ways = [rcnn(story, regions, made), fast_rcnn(story, regions, ms), faster_rcnn(story, ms)]
    if output:
        ours = {"image": loaded.name, "model": model, "device": detector.device.type, "crop_side": made.side}
        write_json(output, {**ours, "ways": [_described(way, detector) for way in ways]})
    if output == "-":
        return
    from frcnn_viz.figures.family import times_table, ways_table
    from frcnn_viz.words import word

    title = f"{loaded.name} through {detector.name} on {detector.device}"
    for rows in (ways_table(ways, None, detector.classes), times_table(ways, brief=True)):
        table = Table(*rows[0], title=title)
        for row in rows:
            table.add_row(*row.values())
        print_tables(table)
    for name, paper in PUBLISHED.items():
        print(f"{word(f'family.{name}').term}: {paper.source}. {word(f'family.why_{name}').sentence}")


def _crop(story: Trace, regions: Regions, most: int) -> Crops:
    from frcnn_viz.analysis.family import crop_regions

    most, made = min(most, len(regions)), None
    for start in track(range(0, max(most, 1), PORTION), "crops", console=console):
        made = crop_regions(story, regions, made, min(PORTION, most - start))
    return made


def _described(way: Way, detector: Detector) -> dict[str, Any]:
    from frcnn_viz.analysis.family import PUBLISHED

    found, times = way.detections, way.times
    rows = zip(found.labels.tolist(), found.scores.tolist(), found.boxes_in_image.tolist(), strict=True)
    return {
        "name": way.name,
        "regions": len(way.regions_in_image),
        "computed": way.computed,
        "detections": [{"class": detector.classes[label], "score": score, "box": box} for label, score, box in rows],
        "ms": {**vars(times), "total": times.total},
        "published": vars(PUBLISHED[way.name]),
    }
