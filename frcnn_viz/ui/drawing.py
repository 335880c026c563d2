"""What the tab Draw keeps of each image between reruns, so that an edit is saved at once and never undone."""

from __future__ import annotations

from dataclasses import dataclass

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.workspace import Item
from frcnn_viz.ui import library, view
from frcnn_viz.ui.edits import Edit

PLACEHOLDER = "object"
"""The class of a box where none has been named yet."""


@dataclass
class Drawn:
    """One image in the editor.

    Attributes:
        revision: of the workspace, as this tab last knew it.
        epoch: counts what replaced the editor's boxes from outside. ack: the last edit that was saved.
    """

    revision: int
    epoch: int = 0
    ack: str = ""


def drawn(item: Item) -> Drawn:
    """The image's place in this session; a change made elsewhere replaces what the editor shows."""
    kept: dict[str, Drawn] = view.kept("drawn", dict)
    place = kept.setdefault(item.id, Drawn(item.revision))
    if place.revision != item.revision:
        place.revision, place.epoch = item.revision, place.epoch + 1
    return place


def keep_edit(item: Item, edit: Edit) -> None:
    """Save what the editor sent."""
    place = drawn_before(item)
    workspace = library.workspace()
    try:
        named = [name for name in edit.classes if name != PLACEHOLDER or any(o.label == name for o in edit.objects)]
        workspace.add_classes(named)
        alone = workspace.save(item.id, edit.objects, base=place.revision)
    except DataError as error:
        view.tell(f"Not saved: {error}")
        return
    place.revision, place.ack = workspace.item(item.id).revision, edit.serial
    if not alone:
        view.tell("Another tab had changed this image; yours is kept now, and the other's is in the history below.")


def drawn_before(item: Item) -> Drawn:
    """The image's place as this session knew it, whatever happened elsewhere since."""
    return view.kept("drawn", dict).setdefault(item.id, Drawn(item.revision))
