"""`frcnn-viz why`: which pixels raised or lowered a number of one box, and how far that is to be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from frcnn_viz.cli.output import (
    DeviceOption,
    JsonOption,
    ModelOption,
    RandomOption,
    SetOption,
    console,
    settings_of,
    write_json,
)

if TYPE_CHECKING:
    from frcnn_viz.analysis.attribution import Attribution, Target
    from frcnn_viz.analysis.deletion import Deletion
    from frcnn_viz.pipeline.trace import Trace


def why(
    image: Annotated[Path, typer.Argument(help="JPEG, PNG, WebP, BMP, TIFF or GIF.")],
    detection: Annotated[int, typer.Option(min=0, help="Whose number: 0 is the best-scored detection.")] = 0,
    proposal: Annotated[
        int | None, typer.Option(min=0, help="Of this proposal instead, as its likeliest class.")
    ] = None,
    of: Annotated[
        str,
        typer.Option(help="logit, probability, delta-x (y, w, h), objectness, objectness-probability, rpn-delta-x ..."),
    ] = "logit",
    label: Annotated[str, typer.Option("--class", help="Ask about this class instead of the box's own.")] = "",
    integrated: Annotated[
        bool, typer.Option("--integrated", help="Integrated gradients (extra `attribution`).")
    ] = False,
    check: Annotated[bool, typer.Option(help="Whether the map is checked by deletion.")] = True,
    out: Annotated[Path | None, typer.Option(help="Write the picture with the map over it here, as PNG.")] = None,
    model: ModelOption = "street-fpn",
    changes: SetOption = None,
    device: DeviceOption = "auto",
    output: JsonOption = "",
    random_weights: RandomOption = False,
) -> None:
    """Tell which pixels raised or lowered a number of one box, and how far the map can be trusted."""
    from PIL import Image

    from frcnn_viz import load_detector, load_image, trace
    from frcnn_viz.analysis.attribution import gradient_times_input, integrated_gradients
    from frcnn_viz.analysis.deletion import delete
    from frcnn_viz.figures.attribution import laid_over

    detector = load_detector(model, device, random_weights=random_weights)
    story = trace(detector, load_image(image), settings_of(detector, changes))
    target, name = _target(story, detector.classes, detection, proposal, label, of)
    with console.status("Explaining") as line:
        tell = lambda done, total, words: line.update(f"{words}: {done:,} of {total:,}")  # noqa: E731
        found = (
            integrated_gradients(story, target, progress=tell) if integrated else gradient_times_input(story, target)
        )
        checked = delete(story, found, progress=tell) if check else None
    if out:
        Image.fromarray(laid_over(story, found)).save(out, "PNG")
    if output:
        write_json(
            output, {"image": image.name, "model": model, "of": of, "class": name, **_figures(story, found, checked)}
        )
    if output != "-":
        _tell(found, checked, of, name)


def _target(
    story: Trace, classes: tuple[str, ...], detection: int, proposal: int | None, label: str, of: str
) -> tuple[Target, str]:
    """The number asked about, and the name of its class.

    Raises:
        ValueError: there is no such box, class or number.
    """
    from frcnn_viz.analysis.attribution import targets

    found, count = story.detections, len(story.proposals)
    if proposal is not None:
        if proposal >= count:
            raise ValueError(f"there is no proposal {proposal}; at these settings there are {count:,}, from 0 on.")
        number = int(story.rois.scores[proposal, 1:].argmax()) + 1
    elif detection >= len(found):
        raise ValueError(
            f"there is no detection {detection}; at these settings there are {len(found):,}. Lower the score threshold "
            f"by --set box_score_thresh=0.01, or ask about a box with --proposal."
        )
    else:
        proposal, number = int(found.roi[detection]), int(found.labels[detection])
    names = [name.strip("_") for name in classes]
    if label:
        if label not in names:
            raise ValueError(f"the detector knows no class {label!r}; it knows {', '.join(names)}.")
        number = names.index(label)
    offered = targets(int(story.proposals.anchor[story.proposals.kept[proposal]]), proposal, number)
    if of not in offered:
        raise ValueError(f"--of {of!r} is no number of a box; choose one of {', '.join(offered)}.")
    return offered[of], names[number]


def _figures(story: Trace, found: Attribution, checked: Deletion | None) -> dict[str, Any]:
    from frcnn_viz.figures.attribution import held_box

    box = story.input.boxes_in_image(held_box(story, found.target))[0]
    told = {
        "box_in_image": box.tolist(),
        "value": found.value,
        "raised": found.raised,
        "lowered": found.lowered,
        "change": found.change,
        "missing": found.missing,
        "steps": found.steps,
    }
    if checked is None:
        return {**told, "check": None}
    curves = {name: getattr(checked, name).tolist() for name in ("parts", "curve", "chance")}
    names = ("gain", "depends_on_it", "better_than_chance", "convincing", "verdict")
    return {**told, "check": {"of": checked.kind.value, **{name: getattr(checked, name) for name in names}, **curves}}


def _tell(found: Attribution, checked: Deletion | None, of: str, name: str) -> None:
    whose = "" if found.target.kind.of_anchor else f" of {name}"
    print(f"The {of}{whose} is {found.value:.4g}, the box held fixed.")
    print(f"Pixels raised it by {found.raised:.4g} and lowered it by {-found.lowered:.4g}, against the mean colour.")
    if found.missing is not None:
        print(f"Together they miss {found.missing:.1%} of the change of {found.change:.4g}, after {found.steps} steps.")
    print(checked.verdict if checked else "Not checked: such maps can mislead.")
