"""What is on the screen as one HTML file to send."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from PIL import Image

from frcnn_viz.canvas.pictures import data_url
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.report.as_shown import as_shown
from frcnn_viz.report.picture import Shot
from frcnn_viz.report.view import Seen, usual_shot, view_report
from frcnn_viz.ui import view
from frcnn_viz.ui.downloads import save
from frcnn_viz.ui.frame.pages import title_of
from frcnn_viz.ui.images import content_of
from frcnn_viz.ui.panes.pinned import pinned
from frcnn_viz.ui.panes.what_differs import told_of
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import View
from frcnn_viz.words import word


@dataclass(frozen=True, eq=False)
class Screen:
    """What was shown last.

    Attributes:
        here: of whom. page: its name. code: gives the program of a session, at the page's stage.
        scenes: of the page's canvases.
    """

    here: Session
    page: str
    code: Callable[[Session], str]
    scenes: tuple[CanvasScene, ...]


def note(screen: Screen) -> None:
    """Keep what is shown, so that it can be taken away."""
    view.kept("screen", dict)["now"] = screen


def ask() -> None:
    """Make it when the script runs again; for callbacks."""
    view.kept("screen", dict)["asked"] = True


def offer() -> None:
    """Where it was asked for, the file of what was shown then, to save."""
    if view.kept("screen", dict).pop("asked", False):
        save(_file, f"frcnn-viz-{view.now().page}.html", "text/html", "one_file")


def _file() -> str:
    """Of what was noted last: it is asked for on what was shown, before the page runs again."""
    screen = view.kept("screen", dict).get("now")
    if screen is None:
        raise ValueError("The page could not be shown, so there is nothing to send.")
    return file_of(screen)


def file_of(screen: Screen) -> str:
    """The file.

    Raises:
        ValueError: a picture is no longer held.
    """
    here = screen.here
    there = pinned(here)[0] if screen.page == "compare" else None
    sides = [_seen(side, screen) for side in (there, here) if side]
    shots = [_shot(scene) for scene in screen.scenes]
    title = title_of(screen.page) if shots else word("report.view")
    return view_report(f"{title.term}: {sides[-1].name}", title.sentence, shots or [usual_shot(sides[-1])], sides)


def _seen(of: Session, screen: Screen) -> Seen:
    path = "" if screen.page == View.page else screen.page  # the first page is at the root
    link = f"/{path}?{urlencode(of.view.link())}"
    return Seen(told_of(of), of.detector, of.image, of.trace, screen.code(of), link)


def _shot(scene: CanvasScene) -> Shot:
    scene = as_shown(scene)
    if scene.overlay:
        scene = replace(scene, overlay=replace(scene.overlay, url=data_url(content_of(scene.overlay.url))))
    return Shot(scene, Image.open(io.BytesIO(content_of(scene.url))))
