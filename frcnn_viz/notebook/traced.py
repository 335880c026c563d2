"""A trace that knows whose it is."""

from __future__ import annotations

from typing import Self

from torch import Tensor

from frcnn_viz.canvas.pictures import data_url, png
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace


class NamedTrace(Trace):
    """A `Trace` with its detector and its picture's name.

    Attributes:
        detector: whose trace it is; its classes name the labels.
        name: of the picture.
    """

    def __init__(
        self,
        detector: Detector,
        image: LoadedImage | Tensor,
        settings: Settings | None = None,
        *,
        memory: Memory | None = None,
        image_key: str | None = None,
    ) -> None:
        """Prepare it; nothing is computed yet.

        Args:
            detector: from `load_detector`, or one made of your own model.
            image: from `load_image`, or a tensor [3, H, W], uint8 or float32 in 0..1.
            settings: the detector's own when None.
            memory: shared between traces; a private, unbounded one when None.
            image_key: names the image's pixels in a shared memory; a digest of them when None.
        """
        loaded = isinstance(image, LoadedImage)
        key = image_key or (image.sha256 if loaded else None)
        super().__init__(detector.model, image.pixels if loaded else image, settings, memory=memory, image_key=key)
        self.detector = detector
        self.name = image.name if loaded else "picture"
        self._given = image

    def at(self, settings: Settings | None = None, /, **changes: object) -> Self:
        """The same picture at other settings; what does not depend on them is not computed again.

        Args:
            settings: the present ones when None.
            **changes: settings by name, such as `rpn_nms_thresh=0.5`.

        Raises:
            SettingsError: there is no such setting, or it cannot have that value.
        """
        settings = (settings or self.settings).replace(**changes)
        other = type(self)(self.detector, self._given, settings, memory=self._memory, image_key=self._image_key)
        if "url" in vars(self):  # most of what a slider's turn would take
            other.url = self.url
        return other

    @cached_property
    def url(self) -> str:
        """The picture, as a URL that holds it."""
        from frcnn_viz.figures.rasters import to_uint8  # with it Plotly, which a trace alone does not need

        return data_url(png(to_uint8(self.source)))

    def _title(self) -> str:
        height, width = self.source.shape[-2:]
        return f"{self.name}, {width} x {height} pixels, through {self.detector.name} on {self.device}"
