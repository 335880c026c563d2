"""Greedy NMS as a layer that the canvas goes through step by step: what is kept, whom that suppresses, who waits."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from frcnn_viz.analysis.nms import Court
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.canvas.sieve import Dial, Sieve, Steps
from frcnn_viz.figures.palette import DASHED, DOTTED, GREEN, GREY, ORANGE, SELECTED
from frcnn_viz.words import word

KEPT_NOW, SUPPRESSED_NOW, KEPT_BEFORE, FADING, WAITING, GONE = range(6)
"""The places of the legend, the first drawn on top."""
NAMES = ("kept_now", "suppressed_now", "kept_before", "fading", "waiting", "gone")
COLOURS = (SELECTED, ORANGE, GREEN, ORANGE, GREY, GREY)
PLACES = {
    "kept": KEPT_NOW,
    "suppressed": SUPPRESSED_NOW,
    "before": KEPT_BEFORE,
    "fading": FADING,
    "waiting": WAITING,
    "gone": GONE,
}
TOLD = {
    "step": "court.step",
    "speed": "court.speed",
    "play": "court.play",
    "pause": "court.pause",
    "back": "court.back",
    "next": "court.next",
    "score": "number.score",
    "another": "court.another_object",
}
"""The keys of the words, by what the canvas calls them."""
FEW = 300
"""Where at most so many boxes enter, those that are not judged yet are shown from the start."""


def court_layer(
    name: str, court: Court, boxes_in_image: Tensor, names: Sequence[str], dial: Dial, objects: Tensor | None
) -> BoxLayer:
    """What entered an NMS; the canvas goes through its steps.

    Args:
        name: of the layer.
        court: what entered, and its judgement.
        boxes_in_image: [N, 4], the court's boxes.
        names: of its groups.
        dial: the threshold of IoU.
        objects: int64 [N], which object each box lies on, or -1; None where none are drawn.
    """
    words = {what: (word(key).term, word(key).plain_hover) for what, key in TOLD.items()}
    steps = Steps(court.kept, court.suppressor, names, words, objects)
    return BoxLayer(
        name,
        boxes_in_image,
        [(word(f"court.{name}").term, colour) for name, colour in zip(NAMES, COLOURS, strict=True)],
        ids=court.ids,
        scores=court.scores,
        widths={KEPT_NOW: 3.0, KEPT_BEFORE: 1.0, WAITING: 0.8, GONE: 0.8},
        dashes={SUPPRESSED_NOW: DASHED, FADING: DASHED, GONE: DOTTED},
        hidden_groups=(GONE,) if len(court.ids) <= FEW else (WAITING, GONE),
        sieve=Sieve(court.boxes, court.groups, {"nmsIou": dial}, PLACES, stage="court", steps=steps),
    )
