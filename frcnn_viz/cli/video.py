"""`frcnn-viz video`: where objects of a clip are lost from frame to frame, and its frames with boxes as a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.progress import track
from rich.table import Table

from frcnn_viz.cli.output import (
    DeviceOption,
    JsonOption,
    ModelOption,
    SetOption,
    console,
    settings_of,
    write_csv,
    write_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from frcnn_viz.analysis.footage import Footage
    from frcnn_viz.data.clip import Clip

T = TypeVar("T")


def video(
    clip: Annotated[str, typer.Argument(help="A video file, or a clip that comes with the program, such as crossing.")],
    model: ModelOption = "street-fpn",
    changes: SetOption = None,
    device: DeviceOption = "auto",
    table: Annotated[Path | None, typer.Option("--csv", help="One row an object and frame, and a false alarm.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the frames with boxes here, as .mp4.")] = None,
    stage: Annotated[str, typer.Option(help="Whose boxes: detections, proposals or objects.")] = "detections",
    top: Annotated[int, typer.Option(min=1, help="Of the proposals, so many of the likeliest.")] = 100,
    output: JsonOption = "",
) -> None:
    """Tell in which frames each object is lost, and why; without ground truth, of what the detector itself tracks."""
    from frcnn_viz.analysis.film_report import COLUMNS, film_rows, film_summary
    from frcnn_viz.data.filming import write_video
    from frcnn_viz.figures.film import FILMED, filmed

    if stage not in FILMED:
        raise typer.BadParameter(f"{stage!r} is none; choose one of {', '.join(FILMED)}.", param_hint="--stage")
    footage = _footage(clip, model, changes, device)
    for note in footage.clip.notes:
        console.print(note, style="yellow", markup=False, highlight=False, soft_wrap=True)
    if out:
        frames = _followed(filmed(footage, stage, top), footage.clip.count, "Drawing")
        print(f"{out}: {write_video(out, frames, footage.clip.times):,} frames")
        if not table and not output:
            return
    with console.status("Examining") as line:
        told = lambda done, total: line.update(f"Examining: {done:,} of {total:,} frames")  # noqa: E731
        records, by_truth = footage.examine(told)
    if table:
        write_csv(table, COLUMNS, film_rows(records, footage.clip.times))
    summary = {"clip": footage.clip.title, "model": model, "by_ground_truth": by_truth, **film_summary(records)}
    if output:
        write_json(output, summary)
    if output != "-":
        _tell(summary)


def _footage(clip: str, model: str, changes: list[str] | None, device: str) -> Footage:
    from frcnn_viz.analysis.footage import Footage
    from frcnn_viz.models.registry import load_detector

    opened, detector = _open(clip), load_detector(model, device)
    return Footage(opened, detector, settings_of(detector, changes), opened.pixels)


def _open(clip: str) -> Clip:
    from frcnn_viz.data.clip import PREFIX
    from frcnn_viz.data.clips import find_clip, open_clip
    from frcnn_viz.data.sample_clips import SAMPLE_CLIPS

    name = clip.removeprefix(PREFIX)
    return find_clip(name) if name in SAMPLE_CLIPS or clip.startswith(PREFIX) else open_clip(Path(clip))


def _followed(frames: Iterable[T], count: int, what: str) -> Iterator[T]:
    yield from track(frames, what, count, console=console, transient=True)


def _tell(summary: dict) -> None:
    found = summary["gaps"]
    whose = "objects" if summary["by_ground_truth"] else "tracks of the detector's own"
    print(f"{summary['frames']:,} frames, {len(summary['objects']):,} {whose}, {len(found):,} gaps.")
    if not found:
        return
    shown = Table("object", "frames", "cause")
    for gap in sorted(found, key=lambda gap: -gap["frames"]):
        shown.add_row(gap["identity"], f"{gap['first']:,} to {gap['last']:,}", gap["cause"])
    console.print(shown, markup=False)
