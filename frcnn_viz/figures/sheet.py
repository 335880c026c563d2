"""A sheet of lessons to print: one HTML file with its pictures in it; with the answers for the teacher."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from string import ascii_uppercase

import torch
from PIL import Image, ImageDraw

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.data.images import shrink
from frcnn_viz.figures.annotated import annotated
from frcnn_viz.figures.palette import GREEN, PURPLE
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.lessons import (
    Answer,
    Box,
    ChooseOne,
    ChooseSome,
    DrawBox,
    GiveNumbers,
    Lesson,
    Mark,
    PickAnchor,
    PutInOrder,
    Question,
    Role,
    Scene,
)
from frcnn_viz.words import word

SIDE = 900
"""Pixels of a picture's longer side; on A4 that is 130 to the inch."""
TAGS = 42
"""How many times as long as its labels are high a picture is."""
COLOURS = {Role.TRUTH: GREEN, Role.GIVEN: PURPLE}
"""The first on top."""
PLACE = ("level", "row", "column", "anchor")
STYLE = """
@page { size: A4; margin: 15mm }
* { box-sizing: border-box }
body { font: 11pt/1.4 system-ui, sans-serif; max-width: 180mm; margin: 0 auto; padding: 5mm 0; color: #000;
  background: #fff }
header { display: flex; gap: 8mm; border-bottom: 1pt solid #000; padding-bottom: 3mm }
header span { flex: 1; white-space: nowrap }
h2 { font-size: 13pt; margin: 7mm 0 1mm; break-after: avoid }
h2 + p { margin: 0 0 2mm; font-style: italic; break-after: avoid }
section { break-inside: avoid; margin: 0 0 6mm }
section > p { margin: 1mm 0 }
img { display: block; max-width: 100%; max-height: 90mm; margin: 2mm 0 }
ul { list-style: none; margin: 1mm 0; padding: 0; columns: 2 }
li { break-inside: avoid; padding: 0.5mm 0 }
.line { display: inline-block; border-bottom: 0.6pt solid #000; width: 38mm }
.answer { border-left: 2pt solid #009e73; padding-left: 3mm }
.answer ul { columns: 1 }
@media screen { body { padding: 8mm } }
"""


@dataclass(frozen=True, eq=False)
class Part:
    """A lesson as it is asked on a sheet.

    Attributes:
        lesson: which. scene: its picture and detector. questions: on these; settled, where answers are to stand.
    """

    lesson: Lesson
    scene: Scene
    questions: Sequence[Question]


def sheet_html(parts: Iterable[Part], seed: str, *, answers: bool = False) -> str:
    """A page of HTML that asks for nothing else: pictures with the boxes that the questions show, room to answer.

    Args:
        parts: in their order.
        seed: which they were drawn by; it stands on the sheet.
        answers: with the right answer, why, the mistakes that are known and the boxes of the answer.
    """
    title = word("sheet.answers" if answers else "sheet.title").term
    head = "".join(
        f"<span>{escape(word(key).term)}: <i class='line'></i></span>" for key in ("sheet.name", "sheet.day")
    )
    head = "" if answers else head
    body = "".join(_part(part, answers) for part in parts)
    return (
        f"<!doctype html>\n<html lang='en'><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{STYLE}</style>\n<header><b>{escape(title)}</b>{head}"
        f"<span>{escape(word('sheet.seed').term)}: {escape(seed)}</span></header>\n{body}</html>\n"
    )


def _part(part: Part, answers: bool) -> str:
    lesson, detector = part.lesson, part.scene.detector
    marks = [question.reveal(None) if answers else _to_see(question) for question in part.questions]
    told = "".join(
        f"<section><p>{escape(question.text)}</p>{_picture(part.scene, boxes) if boxes != before else ''}"
        f"{_room(question)}{_answer(question) if answers else ''}</section>\n"
        for question, boxes, before in zip(part.questions, marks, [None, *marks], strict=False)
    )
    return (
        f"<h2>{lesson.number}. {escape(lesson.title)}</h2>"
        f"<p>{escape(lesson.goal)} {escape(part.scene.image.name)}, {escape(detector.name)}.</p>\n{told}"
    )


def _to_see(question: Question) -> tuple[Mark, ...]:
    """The boxes on the picture while one thinks, and the one that is to be dragged."""
    start = [Mark(question.form.start, word("sheet.start").term)] if isinstance(question.form, DrawBox) else []
    return (*question.shown, *start)


def _room(question: Question) -> str:
    """Where the answer is written."""
    form, line = question.form, "<i class='line'></i>"
    match form:
        case GiveNumbers():
            return "".join(f"<p>{escape(one.label)}: {line} {escape(one.unit)}</p>" for one in form.fields)
        case PutInOrder():
            letters = zip(ascii_uppercase, form.alternatives, strict=False)
            return _list(f"___ <b>{letter}</b> {escape(one.label)}" for letter, one in letters)
        case ChooseOne() | ChooseSome():
            return _list(f"☐ {escape(one.label)}" for one in form.alternatives)
        case PickAnchor():
            asked = "".join(f"<p>{escape(word(f'sheet.{key}').term)}: {line}</p>" for key in PLACE)
            levels = zip(form.names, form.grid_sizes, form.shapes, strict=True)
            return asked + _list(
                escape(f"{word('sheet.level').term} {name}: {rows} x {columns}; {'; '.join(shapes)}")
                for name, (rows, columns), shapes in levels
            )
    return f"<p>{escape(word('sheet.draw').sentence)}</p>"


def _answer(question: Question) -> str:
    known = _list(f"{escape(_words(question, one.answer))}: {escape(one.reason)}" for one in question.wrong)
    return (
        f"<div class='answer'><p><b>{escape(_words(question, question.right))}.</b> {escape(question.why)}</p>"
        f"<p>{escape(word('sheet.wrong').term)}:</p>{known}</div>"
    )


def _words(question: Question, answer: Answer) -> str:
    """An answer in words; of an order its letters."""
    form = question.form
    if isinstance(form, PutInOrder):
        return " ".join(ascii_uppercase[list(form.by_key).index(key)] for key in answer)
    return form.words(answer)


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _picture(scene: Scene, marks: Sequence[Mark]) -> str:
    """A picture with boxes, in the page itself."""
    small = shrink(to_uint8(scene.image.pixels), SIDE)
    scale = small.shape[1] / scene.image.pixels.shape[-1]
    roles = list(COLOURS)
    layer = BoxLayer(
        "marks",
        torch.tensor([mark.box for mark in marks], dtype=torch.float32).reshape(-1, 4) * scale,
        [(role.value, colour) for role, colour in COLOURS.items()],
        groups=torch.tensor([roles.index(mark.role) for mark in marks], dtype=torch.long),
        width=2,
        widths={0: 4},  # told apart on black and white paper too
    )
    drawn = Image.fromarray(annotated(torch.from_numpy(small.copy()).permute(2, 0, 1), [layer]))
    _write(ImageDraw.Draw(drawn), marks, scale)
    buffer = io.BytesIO()
    drawn.save(buffer, "JPEG", quality=88)
    told = ", ".join([scene.image.name, *(mark.label for mark in marks if mark.label)])
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"<img alt='{escape(told)}' src='data:image/jpeg;base64,{data}'>"


def _write(labels: ImageDraw.ImageDraw, marks: Sequence[Mark], scale: float) -> None:
    """Each label at its box, large enough to be read on paper, and beside the others where there is room."""
    (across, down), taken = labels.im.size, []
    size = max(across, down) / TAGS
    of = {(mark.box, mark.label): mark for mark in marks if mark.label}  # the last: what is right
    for mark in of.values():
        _, _, width, height = (side + 4 for side in labels.textbbox((0, 0), mark.label, font_size=size))
        left, top, right, bottom = (side * scale for side in mark.box)
        places = [(x, y) for y in (top - height, bottom, top) for x in (left, right - width, right, left - width)]
        inside = [(max(0.0, min(x, across - width)), max(0.0, min(y, down - height))) for x, y in places]
        around = [(x, y, x + width, y + height) for x, y in inside]
        spot = next((one for one in around if not any(_meet(one, other) for other in taken)), around[0])
        taken.append(spot)
        labels.rectangle(spot, fill=COLOURS[mark.role])
        labels.text((spot[0] + 2, spot[1] + 2), mark.label, fill="black", font_size=size)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
