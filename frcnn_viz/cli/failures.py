"""`frcnn-viz autopsy` and `frcnn-viz waterfall`: why objects of a set are missed, and at which stage."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
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
    SetOption,
    print_tables,
    settings_of,
    write_csv,
    write_json,
)
from frcnn_viz.cli.pictures import annotated_images, each_picture

if TYPE_CHECKING:
    from torch import Tensor

    from frcnn_viz.analysis.examination import Examination
    from frcnn_viz.data.annotations import AnnotatedImage
    from frcnn_viz.data.ground_truth import GroundTruth
    from frcnn_viz.models.registry import Detector

DataArgument = Annotated[
    str,
    typer.Argument(
        metavar="SET",
        help="A folder or zip of pictures with their ground truth; with --out a folder, COCO file or Parquet.",
    ),
]


def autopsy(
    data: DataArgument,
    model: ModelOption = "street-fpn",
    changes: SetOption = None,
    device: DeviceOption = "auto",
    table: Annotated[Path | None, typer.Option("--csv", help="One row an object and a false alarm.")] = None,
    output: JsonOption = "",
    out: OutOption = None,
    engine: EngineOption = "local",
    workers: WorkersOption = None,
    pictures: PicturesOption = None,
    fixes: FixesOption = False,
    address: AddressOption = None,
) -> None:
    """Tell for every object which stage lost it, and for every false alarm what is wrong with it."""
    from frcnn_viz.models.registry import load_detector

    asked, detector = Asked(out, engine, workers, pictures, fixes, address), load_detector(model, device)
    columns = _COLUMNS
    if asked.out:
        from frcnn_viz.scale.summary import finding_rows

        folder, summary = run_many(data, detector, changes, asked)
        columns += _FIX_COLUMNS if folder.plan.fixes else ()
        found = finding_rows(folder, columns)
        told, images = summary.sums(detector.classes), summary.images
        counts = {what: _of(what, summary.verdicts) for what in _TITLES}
    else:
        from frcnn_viz.analysis.sums import sums
        from frcnn_viz.scale.found import told_of

        results = examined(Path(data), detector, changes)
        found = [row for image, truth, one in results for row in told_of(image.name, truth, one, detector.classes)]
        told = sums((truth for _, truth, _ in results), (one for _, _, one in results), detector.classes)
        images = len(results)
        counts = {what: _of(what, Counter((row["what"], row["verdict"]) for row in found)) for what in _TITLES}
    rows = ({name.removesuffix("_id"): row[name] for name in columns} for row in found)
    if output:
        rows = list(rows)
    if table:
        write_csv(table, [name.removesuffix("_id") for name in columns], rows)
    if output:
        write_json(output, {"model": model, "images": images, "sums": told, "rows": rows})
    if output == "-":
        return
    for sentence in told:
        print(sentence)
    if output or table:
        return
    for what, title in _TITLES.items():
        shown = Table(title, "count", title=f"{counts[what].total():,} {title} of {images:,} images")
        for verdict, count in counts[what].most_common():
            shown.add_row(verdict, f"{count:,}")
        print_tables(shown)


def waterfall(
    data: DataArgument,
    model: ModelOption = "street-fpn",
    changes: SetOption = None,
    device: DeviceOption = "auto",
    output: JsonOption = "",
    out: OutOption = None,
    engine: EngineOption = "local",
    workers: WorkersOption = None,
    pictures: PicturesOption = None,
    fixes: FixesOption = False,
    address: AddressOption = None,
) -> None:
    """Print the recall after every stage, at IoU 0.5 and 0.7."""
    from frcnn_viz.models.registry import load_detector

    asked, detector = Asked(out, engine, workers, pictures, fixes, address), load_detector(model, device)
    if asked.out:
        from frcnn_viz.scale.summary import counted_ious, mean_ms

        folder, summary = run_many(data, detector, changes, asked)
        ious, ms, images = counted_ious(folder), mean_ms(folder), summary.images
        strange, left = summary.strange(detector.classes), summary.told_left_out
    else:
        import torch

        from frcnn_viz.analysis.examination import left_out
        from frcnn_viz.analysis.sums import strange_classes

        results = examined(Path(data), detector, changes)
        ious, images = torch.cat([one.ious[one.counted] for _, _, one in results]), len(results)
        ms = {name: sum(one.ms[name] for _, _, one in results) / images for name in results[0][2].ms}
        strange = strange_classes((truth for _, truth, _ in results), detector.classes)
        left = left_out(one for _, _, one in results)
    _tell_recalls(model, ious, ms, images, strange, left, output)


def _tell_recalls(
    model: str, ious: Tensor, ms: dict[str, float], images: int, strange: str, left: list[str], output: str
) -> None:
    from frcnn_viz.analysis.waterfall import STAGES, THRESHOLDS, loses_most, losses, recalls

    figures = [of(ious, threshold) for of in (recalls, losses) for threshold in THRESHOLDS]
    names = ("stage", "recall_50", "recall_70", "lost_50", "lost_70")
    stages = [dict(zip(names, row, strict=True)) for row in zip(STAGES, *figures, strict=True)]
    most = {f"{t:g}": (loss.stage, loss.objects) if (loss := loses_most(ious, t)) else None for t in THRESHOLDS}
    if output:
        write_json(output, {"model": model, "objects": len(ious), "stages": stages, "loses_most": most, "ms": ms})
        return
    if strange:
        print(strange)
    columns = ("stage", "recall 0.5", "recall 0.7", "lost for good 0.5", "0.7")
    shown = Table(*columns, title=f"{len(ious):,} objects of {images:,} images")
    for row in stages:
        recall = (f"{row[name]:.3f}" for name in ("recall_50", "recall_70"))
        shown.add_row(row["stage"], *recall, f"{row['lost_50']:,}", f"{row['lost_70']:,}")
    print_tables(shown)
    for threshold, loss in most.items():
        if loss:
            print(f"At IoU {threshold}, {loss[0]} loses most: {loss[1]:,} objects are lost there for good.")
    for sentence in left:
        print(sentence)


_TITLES = {"object": "objects", "false alarm": "false alarms"}
_FIX_COLUMNS = ("fix", "fix_before", "fix_after", "fix_false_alarms", "fix_found")
_COLUMNS = ("what", "image_id", "number", "class", "verdict", "iou", "score", "x0", "y0", "x1", "y1", "sentence")


def _of(what: str, verdicts: Counter[tuple[str, str]]) -> Counter[str]:
    return Counter({verdict: count for (about, verdict), count in verdicts.items() if about == what})


def examined(
    data: Path, detector: Detector, changes: list[str] | None
) -> list[tuple[AnnotatedImage, GroundTruth, Examination]]:
    """Every image of a set with what is on it and what came of it, behind a bar; what is known is not done again."""
    from frcnn_viz.analysis.archive import key_of, open_archive
    from frcnn_viz.analysis.examination import examine_image
    from frcnn_viz.pipeline.trace import Trace

    settings = settings_of(detector, changes)
    archive = open_archive()  # stopped, it goes on from there the next time
    results = []
    for image, truth, picture in each_picture(*annotated_images(data), "Examining"):
        key = key_of(detector, settings, picture.sha256[:16], truth)
        one = archive.get([key]).get(key)
        if one is None:
            one = examine_image(detector, Trace(detector.model, picture.tensor, settings), truth)
            archive.put(key, one)
        results.append((image, truth, one))
    return results
