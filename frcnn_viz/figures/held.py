"""What both filters let through, on "Why missed", as long as one of their dials is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.canvas.sieve import Dial, Sieve
from frcnn_viz.figures import detections as detections_of
from frcnn_viz.figures import proposals as proposals_of
from frcnn_viz.figures.palette import DASHED, DOTTED, GREEN, GREY, ORANGE, PURPLE
from frcnn_viz.pipeline.results import Fate, Proposals
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import word

ON_IT = {
    "on_kept": GREEN,
    "on_suppressed": ORANGE,
    "on_over": PURPLE,
    "on_filtered": GREY,
    "elsewhere": GREY,
}
"""The legend of the candidates by what becomes of those on the chosen object."""
PLACES = {"kept": 0, "suppressed": 1, "over": 2, "unlikely": 3, "small": 3, "elsewhere": 4}
SHOWN_HELD = (0, 1)
LEAST_IOU = 0.5
DIALS = ("nmsIou", "most")


def held_layers(
    trace: Trace, classes: tuple[str, ...], dial: Callable[[str], Dial], object_: Tensor | None
) -> list[BoxLayer]:
    """The candidates on the chosen object, and all refined boxes; hidden but while one of their dials is turned.

    Args:
        trace: of the picture.
        classes: names by label, background first.
        dial: of a setting, by its name.
        object_: the chosen one's box [4], image pixels; None where none is.
    """
    rows, _ = detections_of.held_candidates(trace)
    dials = {role: dial(name) for role, name in detections_of.DIALS.items()}
    refined = detections_of.refined_layer(trace, classes, rows, dials)
    return [
        candidates_on(trace, dial, object_),
        replace(
            refined,
            pickable=False,
            hidden_groups=tuple(range(len(refined.legend))),
            sieve=replace(refined.sieve, shown_held=tuple(range(len(classes)))),
        ),
    ]


def candidates_on(trace: Trace, dial: Callable[[str], Dial], object_: Tensor | None) -> BoxLayer:
    """The candidates by what becomes of those that overlap the object by half; the canvas filters them."""
    proposals, settings = trace.proposals, trace.settings
    boxes_in_image = trace.input.boxes_in_image(proposals.candidates)
    near = torch.zeros(len(boxes_in_image), dtype=torch.bool, device=boxes_in_image.device)
    if object_ is not None:
        near = box_iou(boxes_in_image, object_[None].to(boxes_in_image))[:, 0] >= LEAST_IOU
    names = proposals_of.DIALS
    return BoxLayer(
        word("canvas.candidate").term,
        boxes_in_image,
        [(word(f"autopsy.{name}").term, colour) for name, colour in ON_IT.items()],
        _groups(proposals, near),
        scores=proposals.scores,
        dashes={PLACES["suppressed"]: DASHED, PLACES["over"]: DOTTED},
        pickable=False,
        hidden_groups=tuple(range(len(ON_IT))),
        sieve=Sieve(
            proposals.candidates,
            proposals.level,
            {role: dial(names[role]) for role in DIALS},
            PLACES,
            fixed={role: getattr(settings, name) for role, name in names.items() if role not in DIALS},
            near=near,
            shown_held=SHOWN_HELD,
        ),
    )


def _groups(proposals: Proposals, near: Tensor) -> Tensor:
    place = torch.full((len(Fate),), PLACES["small"], device=near.device)
    for fate, name in ((Fate.KEPT, "kept"), (Fate.SUPPRESSED, "suppressed"), (Fate.OVER_LIMIT, "over")):
        place[fate] = PLACES[name]
    return place[proposals.fate.long()].where(near, PLACES["elsewhere"])
