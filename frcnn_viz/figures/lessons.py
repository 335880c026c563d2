"""The boxes of a lesson's question and of its answers, as one layer on any page's picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import BLUE, DASHED, DOTTED, PURPLE, VERMILION
from frcnn_viz.lessons import Mark, Role
from frcnn_viz.words import word

LOOKS = {Role.GIVEN: (PURPLE, DOTTED), Role.GUESS: (VERMILION, DASHED), Role.TRUTH: (BLUE, None)}
"""Of each role its colour, and its strokes where they are not solid."""


def thin(layer: BoxLayer) -> BoxLayer:
    """A page's layer in half its strokes and without classes at its boxes, so that a lesson's stand out."""
    widths = {group: width / 2 for group, width in layer.widths.items()}
    return replace(layer, width=layer.width / 2, widths=widths, named=0)


def mark_layer(marks: Sequence[Mark], scale: tuple[float, float] = (1.0, 1.0), name: str = "lesson") -> BoxLayer:
    """Guess and truth told apart by colour, strokes and words.

    Args:
        marks: in pixels of the user's image.
        scale: down and across, of those pixels to the canvas's.
        name: of the layer.
    """
    down, across = scale
    roles = [role for role in Role if any(mark.role is role for mark in marks)]
    marks = sorted(marks, key=lambda mark: -roles.index(mark.role))  # the answers' words find a place first
    terms = {role: word(f"lesson.{role}").term for role in roles}
    boxes = torch.tensor([mark.box for mark in marks], dtype=torch.float32).reshape(-1, 4)
    return BoxLayer(
        name=name,
        boxes_in_image=boxes * torch.tensor([across, down, across, down]),
        legend=[(terms[role], LOOKS[role][0]) for role in roles],
        groups=torch.tensor([roles.index(mark.role) for mark in marks], dtype=torch.long),
        labels=[mark.label or terms[mark.role] for mark in marks],
        width=4.0,
        dashes={place: LOOKS[role][1] for place, role in enumerate(roles) if LOOKS[role][1]},
        pickable=False,
    )
