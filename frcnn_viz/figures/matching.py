"""One object and its anchors, one anchor and its objects: who matches whom, and what would be learnt."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.ops import box_iou

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.palette import GREEN, PURPLE, REASON_NAMES, SELECTED
from frcnn_viz.pipeline.boxes import are_inside
from frcnn_viz.pipeline.matching import AnchorMatches, MatchReason
from frcnn_viz.pipeline.results import AnchorGrid, NetworkInput
from frcnn_viz.words import word

RANKED = 20


def ranked_anchors(grid: AnchorGrid, box: Tensor) -> Tensor:
    """The anchors that overlap a box [4] of the input frame most, best first: int64 [at most `RANKED`]."""
    iou = box_iou(box[None], grid.boxes)[0]
    return iou.topk(min(RANKED, len(iou))).indices


def anchor_rows(
    grid: AnchorGrid,
    matches: AnchorMatches,
    box: Tensor,
    object_: int,
    names: Sequence[str],
    network_input: NetworkInput,
) -> list[dict[str, object]]:
    """The anchors of one object, ranked: place, shape, IoU, and the label each got, for which object."""
    chosen = ranked_anchors(grid, box)
    ious = box_iou(box[None], grid.boxes[chosen])[0].tolist()
    inside = are_inside(grid.boxes[chosen], network_input.input_size).tolist()
    rows = []
    for anchor, iou, within in zip(chosen.tolist(), ious, inside, strict=True):
        level, row, column, shape = grid.place(anchor)
        size, ratio = grid.shapes[level][shape]
        reason = MatchReason(int(matches.reason[anchor]))
        other = int(matches.object[anchor])
        rows.append(
            {
                "anchor": anchor,
                "IoU": iou,
                "label": REASON_NAMES[reason],
                word("number.matched_to").term: "this object" if other == object_ else f"object {other}",
                "level": names[level],
                "size": size,
                "ratio": ratio,
                "row, column": f"{row}, {column}",
                "inside": "yes" if within else "crosses the border",
            }
        )
    return rows


def object_alarm(matches: AnchorMatches, object_: int, fg_iou_thresh: float) -> str:
    """One sentence about how an object is served."""
    best, count = float(matches.best_iou_of_object[object_]), int(matches.positives_of_object[object_])
    if best >= fg_iou_thresh:
        return f"Best IoU {best:.3f}; {count:,} positive anchor{'s' * (count != 1)}."
    if count:
        return (
            f"No anchor reaches IoU {fg_iou_thresh:g}: the best has {best:.3f}. It gets {count:,} positive "
            f"anchor{'s' * (count != 1)} only because none overlaps it more."
        )
    return f"It gets no anchor at all: its best (IoU {best:.3f}) stands for another object."


def objects_of_anchor(grid: AnchorGrid, anchor: int, truth: Tensor, names: Sequence[str]) -> list[dict[str, object]]:
    """How far an anchor overlaps each object [G, 4] of the input frame, the most first; those it does not, left out."""
    iou = box_iou(grid.boxes[anchor][None], truth)[0]
    order = iou.argsort(descending=True).tolist()
    return [{"object": o, "class": names[o], "IoU": float(iou[o])} for o in order if iou[o] > 0]


def target_layers(grid: AnchorGrid, anchor: int, aim: Tensor, network_input: NetworkInput) -> list[BoxLayer]:
    """An anchor, and by an arrow the box [4] of the input frame that it is to become."""
    boxes = network_input.boxes_in_image(torch.stack([grid.boxes[anchor], aim]))
    start = (boxes[:1, :2] + boxes[:1, 2:]) / 2
    return [
        BoxLayer("this anchor", boxes[:1], [(word("canvas.this_anchor").term, SELECTED)], width=3.0, pickable=False),
        BoxLayer(
            "its target", boxes[1:], [(word("canvas.target").term, GREEN)], tails=start, width=2.5, pickable=False
        ),
    ]


def ranked_layer(grid: AnchorGrid, box: Tensor, network_input: NetworkInput) -> BoxLayer:
    """The best anchors of one object."""
    chosen = ranked_anchors(grid, box)
    return BoxLayer(
        "its best anchors",
        network_input.boxes_in_image(grid.boxes[chosen]),
        [(word("canvas.best_anchors").term, PURPLE)],
        ids=chosen,
        columns={"IoU": box_iou(box[None], grid.boxes[chosen])[0]},
        width=2.0,
    )
