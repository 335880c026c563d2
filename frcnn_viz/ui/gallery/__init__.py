"""A wall of pictures one can click: thumbnails with a title, a line below and a badge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from frcnn_viz.ui import view
from frcnn_viz.ui.components import component

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Tile:
    """One picture: `key` comes back when it is clicked; `badge` is a word on it, such as `2 missed`."""

    key: str
    url: str
    title: str
    caption: str = ""
    badge: str = ""
    chosen: bool = False


def gallery(tiles: Sequence[Tile], key: str, on_pick: Callable[[str], None], width: int = 150) -> None:
    """Show the tiles, each at least `width` screen pixels wide.

    `on_pick` gets the key of the one that was clicked, before the script runs again.
    """

    def picked() -> None:
        value = getattr(view.held(key), "pick", None)
        if isinstance(value, str) and any(tile.key == value for tile in tiles):
            on_pick(value)

    _declare()(key=key, data={"tiles": [asdict(tile) for tile in tiles], "width": width}, on_pick_change=picked)


@cache
def _declare() -> Any:
    return component(
        "gallery",
        html='<div class="gallery" role="group"></div>',
        css=(_HERE / "gallery.css").read_text(encoding="utf-8"),
        js=(_HERE / "gallery.js").read_text(encoding="utf-8"),
    )
