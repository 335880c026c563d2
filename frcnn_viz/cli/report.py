"""`frcnn-viz report`: a picture or a whole set, examined, as one HTML file to send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from frcnn_viz.cli.failures import examined
from frcnn_viz.cli.output import DeviceOption, ModelOption, RandomOption, SetOption, console, settings_of, tell_left_out

if TYPE_CHECKING:
    from frcnn_viz.data.ground_truth import GroundTruth
    from frcnn_viz.data.images import LoadedImage
    from frcnn_viz.models.registry import Detector
    from frcnn_viz.pipeline.settings import Settings
    from frcnn_viz.report.cases import Case


def report(
    data: Annotated[
        Path, typer.Argument(help="A picture; a folder or zip of pictures with their ground truth; or results.")
    ],
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
    mend most, and the worst images with their evidence. Of results, what `autopsy SET --out RESULTS` wrote, the same,
    by the detector and settings of that run.
    """
    from frcnn_viz.cli.opening import is_results

    if is_results(data):
        text = _of_results(data, worst, seek_fixes)
    else:
        from frcnn_viz.models.registry import load_detector

        detector = load_detector(model, device, random_weights=random_weights)
        if data.is_file() and data.suffix.lower() != ".zip":
            text = _of_picture(data, detector, changes, random_weights)
        else:
            text = _of_set(data, detector, changes, worst, seek_fixes)
    out.write_text(text, encoding="utf-8")
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


def _of_picture(path: Path, detector: Detector, changes: list[str] | None, random_weights: bool) -> str:
    from frcnn_viz.data.images import load_image
    from frcnn_viz.pipeline.trace import Trace
    from frcnn_viz.report.view import Seen, usual_shot, view_report
    from frcnn_viz.ui.code import code_of
    from frcnn_viz.words import word

    image, settings = load_image(path), settings_of(detector, changes)
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
    from frcnn_viz.report.cases import Image
    from frcnn_viz.report.examination import examination_report, worst
    from frcnn_viz.report.totals import Totals

    settings = settings_of(detector, changes)
    results, source = examined(path, detector, changes), open_source(path)
    files = {Image(image.name, truth, one): image.file for image, truth, one in results}
    images = list(files)
    shown = ((load_image(source.read(files[one]), one.name), one.truth) for one in worst(images, most))
    cases = _cases(shown, min(most, len(images)), detector, settings, seek_fixes)
    totals = Totals.of(images, detector.classes)
    return examination_report(clean_name(path.resolve().name), detector, settings, totals, cases)


def _of_results(path: Path, most: int, seek_fixes: bool) -> str:
    """What a run over many images wrote; the worst of them are examined once more, as it examined them."""
    from frcnn_viz.data.ground_truth import GroundTruth
    from frcnn_viz.data.images import ImageError
    from frcnn_viz.report.examination import examination_report
    from frcnn_viz.report.results import totals_of, worst_rows
    from frcnn_viz.scale.examine import load_picture
    from frcnn_viz.scale.folder import ResultsFolder
    from frcnn_viz.scale.found import object_of
    from frcnn_viz.scale.work import open_examiner

    folder = ResultsFolder(path)
    examiner = open_examiner(folder.plan)
    detector, settings = examiner.detector, examiner.settings

    def opened() -> Iterator[tuple[LoadedImage, GroundTruth]]:
        for row in rows:
            try:
                picture = load_picture(row["path"], row["image_id"])
            except ImageError as error:
                tell_left_out([str(error)])
            else:
                yield picture, GroundTruth.of([object_of(one) for one in row["truth"]])

    rows = worst_rows(folder, most)
    cases = _cases(opened(), len(rows), detector, settings, seek_fixes)
    return examination_report(folder.plan.title, detector, settings, totals_of(folder, detector.classes), cases)


def _cases(
    shown: Iterable[tuple[LoadedImage, GroundTruth]],
    count: int,
    detector: Detector,
    settings: Settings,
    seek_fixes: bool,
) -> list[Case]:
    from frcnn_viz.report.cases import make_case

    doing = "Seeking what mends" if seek_fixes else "Drawing"
    with Progress(console=console, transient=True) as bar:
        return [
            make_case(picture, truth, detector, settings, seek_fixes)
            for picture, truth in bar.track(shown, total=count, description=doing)
        ]
