"""Who of the class is where, noted as their pages run; and what their teacher sees of them."""

from __future__ import annotations

from functools import cache

from frcnn_viz.classroom.register import Register
from frcnn_viz.classroom.roll import Place
from frcnn_viz.data.tenant import tenant
from frcnn_viz.ui import view
from frcnn_viz.ui.classroom.door import is_class, visitors
from frcnn_viz.ui.lessons.asked import NUMBER, STAGE


@cache
def register() -> Register:
    """That of this server's class."""
    return Register(visitors())


def note_page() -> None:
    """A page runs; in a class that is noted."""
    if is_class():
        one, now = tenant(), view.now()
        lesson = (now.lesson, STAGE.value, NUMBER.value) if now.lesson else ()
        visitors().roll.note(one.folder.name, Place(now.page, now.image, *lesson))
        visitors().touch(one)
