"""Each stage of a story as one scene of the canvas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from frcnn_viz.analysis.lineage import follow
from frcnn_viz.canvas.pictures import data_url, png
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Overlay
from frcnn_viz.figures import detections as detections_of
from frcnn_viz.figures import proposals as proposals_of
from frcnn_viz.figures.anchors import cell_layer, cell_origins, level_layer
from frcnn_viz.figures.dials import dial_of, turned
from frcnn_viz.figures.features import map_extent, summary
from frcnn_viz.figures.input import steps
from frcnn_viz.figures.overview import detection_layer
from frcnn_viz.figures.rasters import colourise
from frcnn_viz.figures.rois import chosen_layer, proposal_layer
from frcnn_viz.figures.third_head import keypoint_layer, mask_overlay
from frcnn_viz.notebook.traced import NamedTrace
from frcnn_viz.notebook.views import Chosen, number_of

OVERVIEW_FROM = 0.3
"""Where the score filter of the overview starts."""


@dataclass(frozen=True, eq=False)
class StageView:
    """A stage, as `Story.show` names it.

    Attributes:
        story: whose.
        stage: its name.
        level: of the feature maps; the middle one of anchors, else the finest, when None.
    """

    story: NamedTrace
    stage: str
    level: int | None = None

    def __post_init__(self) -> None:
        if self.stage not in SCENES:
            raise ValueError(f"there is no stage {self.stage!r} to show; choose one of {', '.join(SCENES)}.")
        head = {"masks": "has_mask", "keypoints": "has_keypoint"}.get(self.stage)
        if head and not getattr(self.story.model.roi_heads, head)():
            raise ValueError(f"{self.story.detector.name} has no {self.stage}; its last stage is detections.")
        names = self.story.features.names if self.level is not None else ()
        if self.level is not None and not 0 <= self.level < len(names):
            raise ValueError(f"there is no level {self.level}; the levels are 0 to {len(names) - 1}.")

    def scenes(self, chosen: Chosen | None) -> list[CanvasScene]:
        """The one picture."""
        return [SCENES[self.stage](self, chosen)]

    def kind(self, panel: int, layer: str) -> str:
        """What a click chooses; on boxes beside a chosen candidate, such as its suppressor, another candidate."""
        return KINDS.get(self.stage, "")

    def with_dials(self, values: Mapping[str, float]) -> StageView:
        """The same at settings that sliders were turned to."""
        return replace(self, story=self.story.at(**turned(self.story.settings, values)))

    def text(self) -> str:
        """The trace, and the stage's result."""
        result = getattr(self.story, {"overview": "detections"}.get(self.stage, self.stage))
        return f"{self.story!r}\n{result!r}"

    def scene(self, chosen: Chosen | None, layers: list[BoxLayer], **more: object) -> CanvasScene:
        """Layers on the user's image."""
        height, width = self.story.source.shape[-2:]
        seen = {"url": self.story.url, "width": width, "height": height, "chosen": [chosen] if chosen else []}
        caption = f"{self.story.name}, {self.stage}, {self.story.detector.title}"
        return CanvasScene(layers=layers, **{**seen, "caption": caption, **more})

    def over(self, picture: np.ndarray, level: int, name: str) -> Overlay:
        """A map's picture, one pixel a cell, where its cells lie on the image."""
        features = self.story.features
        extent = map_extent(self.story.input, features.grid_sizes[level], features.strides[level])
        return Overlay(data_url(png(picture)), extent, name=f"{name}, level {features.titles[level]}")


def _overview(view: StageView, chosen: Chosen | None) -> CanvasScene:
    return view.scene(chosen, [_detected(view.story)], score_from=OVERVIEW_FROM)


def _input(view: StageView, chosen: Chosen | None) -> CanvasScene:
    padded = steps(view.story.input)["padded"]
    height, width = padded.shape[:2]
    return view.scene(None, [], url=data_url(png(padded)), width=width, height=height)


def _features(view: StageView, chosen: Chosen | None) -> CanvasScene:
    level = view.level or 0
    feature_map = list(view.story.features.maps.values())[level][0]
    return view.scene(None, [], overlay=view.over(summary(feature_map, "mean"), level, "mean over channels"))


def _anchors(view: StageView, chosen: Chosen | None) -> CanvasScene:
    grid, data = view.story.anchors, view.story.input
    level = len(grid.counts) // 2 if view.level is None else view.level
    rows, columns = grid.grid_sizes[level]
    row, column = rows // 2, columns // 2
    number = number_of(chosen, "anchor", len(grid))
    if number is not None:
        level, row, column, _ = grid.place(number)
    layers = [level_layer(grid, level, data, visible=False), cell_layer(grid, level, row, column, data)]
    return view.scene(chosen, layers, points=cell_origins(grid, level, data))


def _rpn(view: StageView, chosen: Chosen | None) -> CanvasScene:
    level = view.level or 0
    best = view.story.rpn.objectness_maps[level].amax(dim=0).sigmoid()
    return view.scene(None, [], overlay=view.over(colourise(best, 0, 1), level, "objectness"))


def _proposals(view: StageView, chosen: Chosen | None) -> CanvasScene:
    story, proposals = view.story, view.story.proposals
    dials = {role: dial_of(story.settings, name) for role, name in proposals_of.DIALS.items()}
    layers = [proposals_of.candidate_layer(proposals, story.anchors, story.input, False, dials)]
    number = number_of(chosen, "candidate", len(proposals.anchor))
    if number is not None:
        layers += proposals_of.court_layers(proposals, number, story.input)
    return view.scene(chosen, layers)


def _rois(view: StageView, chosen: Chosen | None) -> CanvasScene:
    proposals = view.story.proposals
    boxes = view.story.input.boxes_in_image(proposals.boxes)
    layers = [proposal_layer(boxes, proposals.scores[proposals.kept])]
    number = number_of(chosen, "proposal", len(proposals))
    return view.scene(chosen, layers if number is None else [*layers, chosen_layer(boxes[number])])


def _detections(view: StageView, chosen: Chosen | None) -> CanvasScene:
    story, found = view.story, view.story.detections
    dials = {role: dial_of(story.settings, name) for role, name in detections_of.DIALS.items()}
    rows, _ = detections_of.held_candidates(story)
    layers = [detections_of.refined_layer(story, story.detector.classes, rows, dials)]
    number = number_of(chosen, "detection", len(found.fate))
    if number is not None:
        roi, label = found.roi_and_label(torch.tensor(number))
        layers += detections_of.life_layers(story, follow(story, int(roi), int(label)))
    return view.scene(chosen, layers)


def _masks(view: StageView, chosen: Chosen | None) -> CanvasScene:
    masks, (height, width) = view.story.masks, view.story.source.shape[-2:]
    url = data_url(png(mask_overlay(masks, range(len(masks)), 0.5)))
    overlay = Overlay(url, (0.0, 0.0, float(width), float(height)), 0.55, "masks")
    return view.scene(chosen, [_detected(view.story)], overlay=overlay)


def _keypoints(view: StageView, chosen: Chosen | None) -> CanvasScene:
    story, layers = view.story, [_detected(view.story)]
    kept = story.detections.kept.tolist()
    number = number_of(chosen, "detection", len(story.detections.fate))
    row = kept.index(number) if number in kept else 0
    if kept:
        layers.append(keypoint_layer(story.keypoints, row, story.detector.keypoints))
    return view.scene(chosen, layers)


def _detected(story: NamedTrace) -> BoxLayer:
    """The detections, numbered as candidates of the final filter."""
    layer = detection_layer(story, story.detector.classes)
    return replace(layer, ids=story.detections.kept, kind="detection")


SCENES: dict[str, Callable[[StageView, Chosen | None], CanvasScene]] = {
    "overview": _overview,
    "input": _input,
    "features": _features,
    "anchors": _anchors,
    "rpn": _rpn,
    "proposals": _proposals,
    "rois": _rois,
    "detections": _detections,
    "masks": _masks,
    "keypoints": _keypoints,
}
KINDS = {
    "overview": "detection",
    "anchors": "anchor",
    "proposals": "candidate",
    "rois": "proposal",
    "detections": "detection",
    "masks": "detection",
    "keypoints": "detection",
}
"""Of the stages, what a click on a box chooses."""
