"""Answers that are being made on the picture or piece by piece, until they are locked in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from frcnn_viz.canvas.scene import BoxLayer, Tools
from frcnn_viz.data.annotations import Object
from frcnn_viz.figures.anchors import cell_at, cell_origins
from frcnn_viz.figures.lessons import mark_layer
from frcnn_viz.figures.palette import VERMILION
from frcnn_viz.lessons import DrawBox, Mark, PickAnchor, Role
from frcnn_viz.ui import view
from frcnn_viz.ui.box_canvas import Pick
from frcnn_viz.ui.edits import Edit
from frcnn_viz.ui.lessons.asked import Asked
from frcnn_viz.words import word


@dataclass
class Draft:
    """An answer that is not given yet.

    Attributes:
        value: as its form has it. ack: the last edit of the canvas that it holds.
        epoch: counts how often it took the place of several boxes on the canvas.
    """

    value: Any
    ack: str = ""
    epoch: int = 0


def drafts() -> dict[str, Draft]:
    """All of this visitor's, by the key of their question."""
    return view.kept("lesson_drafts", dict)


def draft(of: Asked) -> Draft:
    """This question's; at first an anchor in the middle, the box that is to be moved, or nothing in order."""
    return drafts().setdefault(of.key, Draft(_first(of.question.form)))


def _first(form: Any) -> list:
    if isinstance(form, PickAnchor):
        rows, columns = form.grid_sizes[0]
        return [0, rows // 2, columns // 2, 0]
    return list(form.start) if isinstance(form, DrawBox) else []


def on_picture(of: Asked) -> dict[str, Any]:
    """What the canvas of the question needs so that one answers on it, as `show_picture` takes it."""
    form, now = of.question.form, draft(of)
    if of.row.is_done:
        return {}
    if isinstance(form, DrawBox):
        mine = word("lesson.guess").term
        epoch = f"{of.key} {now.epoch}"
        tools = Tools([Object(tuple(now.value), mine)], [mine], [VERMILION], epoch, now.ack, annotates=False)
        return {"tools": tools, "on_edit": lambda edit: _drawn(now, edit)}
    if isinstance(form, PickAnchor):
        trace = of.scene.at_text(of.question.screen.settings).trace
        level = now.value[0]

        def pick(at: Pick) -> None:
            now.value[1:3] = cell_at(trace.anchors, level, (at.x, at.y), trace.input)

        return {"points": cell_origins(trace.anchors, level, trace.input), "on_pick": pick}
    return {}


def layers(of: Asked) -> list[BoxLayer]:
    """The anchor that is picked so far."""
    form = of.question.form
    if of.row.is_done or not isinstance(form, PickAnchor):
        return []
    return [mark_layer([Mark(form.box_of(*draft(of).value), "", Role.GUESS)], name="draft")]


def change_level(of: Asked, level: int) -> None:
    """Another level of the anchor that is picked, at the same place of the picture; for callbacks."""
    form, now = of.question.form, draft(of)
    old, row, column, shape = now.value
    (rows, columns), (new_rows, new_columns) = form.grid_sizes[old], form.grid_sizes[level]
    place = [row * new_rows // rows, column * new_columns // columns]
    now.value = [level, *place, min(shape, len(form.shapes[level]) - 1)]


def _drawn(now: Draft, edit: Edit) -> None:
    """The box that was drawn or moved is the answer, and stays alone; an edit without one changes nothing."""
    usable = [list(one.box) for one in edit.objects if one.usable]
    if usable:
        now.value, now.ack = next((box for box in reversed(usable) if box != now.value), usable[-1]), edit.serial
        now.epoch += len(edit.objects) > 1
