"""A clip's frames as layers of one film, and the stages that can be drawn into its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from frcnn_viz.analysis.footage import Footage
from frcnn_viz.analysis.sightings import Cell, FrameRecord
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.annotated import annotated
from frcnn_viz.figures.common import ground_truth_layer
from frcnn_viz.figures.overview import detection_layer
from frcnn_viz.figures.palette import BLUE, CELL_NAMES, CELLS, DASHED, DOTTED, SKY, VERMILION
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import word

LOST = (Cell.NOTHING, Cell.ANCHOR, Cell.CANDIDATE, Cell.PROPOSAL, Cell.REFINED, Cell.SCORED, Cell.KEPT)
ON_TOP = (*LOST, Cell.FOUND, Cell.LEFT_OUT, Cell.HIDDEN)
"""The places of the legend, the first drawn on top."""
FILMED = ("detections", "proposals", "objects")
"""What can be drawn into a clip's frames."""


def object_layer(records: Sequence[FrameRecord]) -> BoxLayer:
    """The objects of all frames, each coloured by how far it got."""
    rows = [(record.frame, one) for record in records for one in record.sightings]
    return BoxLayer(
        name="object",
        boxes_in_image=_boxes([one.box for _, one in rows]),
        legend=[(CELL_NAMES[cell], CELLS[cell]) for cell in ON_TOP],
        groups=torch.tensor([ON_TOP.index(one.cell) for _, one in rows], dtype=torch.uint8),
        frames=torch.tensor([frame for frame, _ in rows], dtype=torch.int32),
        labels=["" if one.cell is Cell.FOUND else f"{one.identity}: {CELL_NAMES[one.cell]}" for _, one in rows],
        width=2.5,
        dashes={ON_TOP.index(cell): DASHED for cell in LOST} | {ON_TOP.index(Cell.HIDDEN): DOTTED},
    )


def found_layer(records: Sequence[FrameRecord]) -> BoxLayer:
    """The detections of all frames, those that are false alarms apart."""
    rows = [(record.frame, one) for record in records for one in record.detections]
    return BoxLayer(
        name="detection",
        boxes_in_image=_boxes([one.box for _, one in rows]),
        legend=[(word("film.false_alarm").term, VERMILION), (word("film.detection").term, SKY)],
        groups=torch.tensor([int(not one.false_alarm) for _, one in rows], dtype=torch.uint8),
        frames=torch.tensor([frame for frame, _ in rows], dtype=torch.int32),
        scores=torch.tensor([one.score for _, one in rows]),
        labels=[f"{one.name} {one.score:.2f}" for _, one in rows],
        dashes={0: DASHED},
    )


def stage_layers(
    trace: Trace, stage: str, classes: tuple[str, ...], truth: GroundTruth | None, most: int
) -> list[BoxLayer]:
    """What is drawn into a frame: one of `FILMED`; of proposals the `most` likeliest, the likeliest on top."""
    if stage == "detections":
        return [detection_layer(trace, classes)]
    if stage == "objects":
        return [] if truth is None else [ground_truth_layer(truth)]
    boxes = trace.proposals.boxes[:most]
    legend = [(word("film.proposal").term, BLUE)]
    scores = trace.proposals.scores[trace.proposals.kept[:most]]
    return [BoxLayer("proposal", trace.input.boxes_in_image(boxes), legend, scores=scores, width=1.0)]


def filmed(
    footage: Footage, stage: str, most: int, tell: Callable[[int], None] = lambda done: None
) -> Iterator[np.ndarray]:
    """Each frame with a stage's boxes drawn into it, as `annotated` does; `tell` is called before each."""
    for frame in range(footage.clip.count):
        tell(frame)
        trace = footage.trace(frame)
        layers = stage_layers(trace, stage, footage.detector.classes, footage.clip.truth(frame), most)
        yield annotated(footage.load(frame), layers)


def _boxes(rows: list[tuple[float, float, float, float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)
