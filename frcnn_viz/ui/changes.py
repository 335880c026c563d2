"""Changes of the workspace and its runs from the pages: one that cannot be made is told, and the page goes on."""

from __future__ import annotations

from collections.abc import Callable

from frcnn_viz.data.annotations import DataError
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.ui import view


def attempt(change: Callable[..., object], *args: object) -> None:
    """Make a change; a sentence at the top of the page says why it could not be made."""
    try:
        change(*args)
    except (DataError, TrainingError) as error:
        view.tell(str(error))
