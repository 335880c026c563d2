"""A picture in a detector, stage by stage: what `frcnn_viz.trace` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frcnn_viz.notebook.traced import NamedTrace

if TYPE_CHECKING:
    from frcnn_viz.notebook.still import Still
    from frcnn_viz.notebook.widget import CanvasWidget


class Story(NamedTrace):
    """A `Trace` that can be shown: what `frcnn_viz.trace` gives.

        story = trace(load_detector("street-fpn"), load_image("street.png"))
        story.show("proposals")
        story.at(rpn_nms_thresh=0.5).show("proposals")

    Attributes:
        detector: whose trace it is; its classes name the labels.
        name: of the picture.
    """

    def show(self, stage: str = "overview", *, level: int | None = None) -> CanvasWidget | Still:
        """The canvas with what a stage did with the picture, for the end of a cell.

        In Jupyter, Colab, VS Code and marimo it is live: zoom, filters, and the stage's own settings as sliders. What
        is clicked is `selected`, the trace at the settings it was turned to `story`. Elsewhere, and where the extra
        `notebook` is missing, it is a picture and text.

        Args:
            stage: `overview`, `input`, `features`, `anchors`, `rpn`, `proposals`, `rois`, `detections`, `masks` or
                `keypoints`.
            level: of the feature maps, 0 the finest, for `features`, `anchors` and `rpn`.

        Raises:
            ValueError: there is no such stage or level, or the detector has no such head.
        """
        from frcnn_viz.notebook.shown import shown
        from frcnn_viz.notebook.stages import StageView

        return shown(StageView(self, stage, level))
