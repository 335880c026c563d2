"""frcnn-viz: look into every stage of a real torchvision Faster R-CNN.

from frcnn_viz import Settings, load_detector, load_image, trace

detector = load_detector("street-fpn")
story = trace(detector, load_image("street.png"))
story.detections.boxes_in_image  # [D, 4], equal to detector.model([image])[0]["boxes"]
story.proposals.fate             # [K], what became of every candidate

What `__all__` names is public. Until a minor version (0.x) changes, so do none of these: names, arguments, and of what
they give the attributes that docstrings list, with shapes, units and frames; CHANGELOG.md tells what a new one changes.
Numbers are those of the installed torchvision. All else, where modules lie too, may change at any time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from frcnn_viz.version import __version__ as __version__

if TYPE_CHECKING:
    from torch import Tensor

    from frcnn_viz.analysis.examination import Examination, examine_image
    from frcnn_viz.analysis.verdicts import Verdict
    from frcnn_viz.data.ground_truth import GroundTruth
    from frcnn_viz.data.images import LoadedImage, load_image
    from frcnn_viz.models.registry import Detector, load_detector
    from frcnn_viz.notebook.autopsy import Verdicts, autopsy
    from frcnn_viz.notebook.compare import compare
    from frcnn_viz.notebook.story import Story
    from frcnn_viz.pipeline.memory import Memory
    from frcnn_viz.pipeline.results import Fate
    from frcnn_viz.pipeline.settings import Settings
    from frcnn_viz.pipeline.trace import Trace

_HOMES = {
    "analysis.examination": ("Examination", "examine_image"),
    "analysis.verdicts": ("Verdict",),
    "data.ground_truth": ("GroundTruth",),
    "data.images": ("LoadedImage", "load_image"),
    "models.registry": ("Detector", "load_detector"),
    "notebook.autopsy": ("Verdicts", "autopsy"),
    "notebook.compare": ("compare",),
    "notebook.story": ("Story",),
    "pipeline.memory": ("Memory",),
    "pipeline.results": ("Fate",),
    "pipeline.settings": ("Settings",),
    "pipeline.trace": ("Trace",),
}


def __getattr__(name: str) -> Any:
    """What the package gives, from its home when it is first asked for: torch takes seconds, and not all need it."""
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def trace(
    detector: Detector, image: LoadedImage | Tensor, settings: Settings | None = None, *, memory: Memory | None = None
) -> Story:
    """Open one image: a lazy `Trace` whose attributes are the stages' results, and which a notebook can show.

    Args:
        detector: from `load_detector`, or one made of your own model.
        image: from `load_image`, or a tensor [3, H, W], uint8 or float32 in 0..1.
        settings: the detector's own when None; change some with `Settings.of(detector.model).replace(...)`.
        memory: shared between traces, so that a change reruns only what depends on it.
    """
    from frcnn_viz.notebook.story import Story

    return Story(detector, image, settings, memory=memory)


__all__ = [
    "Detector",
    "Examination",
    "Fate",
    "GroundTruth",
    "LoadedImage",
    "Memory",
    "Settings",
    "Story",
    "Trace",
    "Verdict",
    "Verdicts",
    "autopsy",
    "compare",
    "examine_image",
    "load_detector",
    "load_image",
    "trace",
]
