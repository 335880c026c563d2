"""`frcnn-viz report`: a picture or a whole set, examined, as one HTML file to send."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from frcnn_viz.cli.failures import examined
from frcnn_viz.cli.output import DeviceOption, ModelOption, RandomOption, SetOption, console, pairs

if TYPE_CHECKING:
    from frcnn_viz.models.registry import Detector
    from frcnn_viz.pipeline.settings import Settings


def report(
    data: Annotated[Path, typer.Argument(help="A picture; or a folder or zip of pictures with their ground truth.")],
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("report.html"),
    worst: Annotated[int, typer.Option(min=0, max=500, help="Of a set, how many of its images are shown.")] = 50,
    seek_fixes: Annotated[
        bool, typer.Option("--fixes/--no-fixes", help="Try settings for each missed object that is shown.")
    ] = True,
    model: ModelOption = "street-fpn",
    changes: SetOption = None,
    device: DeviceOption = "auto",
    random_weights: RandomOption = False,
) -> None:
    """Write one HTML file that a colleague opens without network, server or this program.

    Of a picture it holds what the detector makes of it; of a set the verdicts, the recall after each stage, what would
    mend most, and the worst images with their evidence.
    """
    from frcnn_viz.models.registry import load_detector
    from frcnn_viz.pipeline.settings import Settings

    detector = load_detector(model, device, random_weights=random_weights)
    settings = Settings.of(detector.model).with_text(pairs(changes or []))
    if data.is_file() and data.suffix.lower() != ".zip":
        text = _of_picture(data, detector, settings, random_weights)
    else:
        text = _of_set(data, detector, changes, worst, seek_fixes)
    out.write_text(text, encoding="utf-8")
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


def _of_picture(path: Path, detector: Detector, settings: Settings, random_weights: bool) -> str:
    from frcnn_viz.data.images import load_image
    from frcnn_viz.pipeline.trace import Trace
    from frcnn_viz.report.view import Seen, usual_shot, view_report
    from frcnn_viz.ui.code import code_of
    from frcnn_viz.words import word

    image = load_image(path)
    trace = Trace(detector.model, image.tensor, settings)
    code = code_of(
        "detections",
        model=detector.name,
        image=f"load_image({image.name!r})",
        settings=settings,
        random_weights=random_weights,
    )
    title = f"{image.name}: {detector.title}"
    seen = Seen(title, detector, image, trace, code)
    return view_report(title, word("report.view").sentence, [usual_shot(seen)], [seen])


def _of_set(path: Path, detector: Detector, changes: list[str] | None, most: int, seek_fixes: bool) -> str:
    from frcnn_viz.data.images import clean_name, load_image
    from frcnn_viz.data.sources import open_source
    from frcnn_viz.report.cases import Image, make_case
    from frcnn_viz.report.examination import examination_report, worst

    settings = Settings.of(detector.model).with_text(pairs(changes or []))
    results = examined(path, detector, changes)
    source, images = open_source(path), [Image(image.name, truth, one) for image, truth, one in results]
    files = {id(one): image.file for one, (image, _, _) in zip(images, results, strict=True)}
    cases, doing = [], "Seeking what mends" if seek_fixes else "Drawing"
    with Progress(console=console, transient=True) as bar:
        for one in bar.track(worst(images, most), description=doing):
            picture = load_image(source.read(files[id(one)]), one.name)
            cases.append(make_case(one, picture, detector, settings, seek_fixes))
    return examination_report(clean_name(path.resolve().name), detector, settings, images, cases)
