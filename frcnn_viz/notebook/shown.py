"""A view as what a notebook shows of it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from frcnn_viz.extras import MissingExtraError, need
from frcnn_viz.notebook.still import Still
from frcnn_viz.notebook.views import View

if TYPE_CHECKING:
    from frcnn_viz.notebook.widget import CanvasWidget


def shown(view: View) -> CanvasWidget | Still:
    """The live canvas; without the extra `notebook` a picture, and a warning that says what is missing."""
    scenes = view.scenes(None)
    try:
        need("notebook")
    except MissingExtraError as missing:
        warnings.warn(f"This is a still picture. {missing}", stacklevel=3)
        return Still(view.text(), scenes)
    from frcnn_viz.notebook.widget import CanvasWidget

    return CanvasWidget(view, scenes)
