"""What of a layer is seen before the reader does anything: for pictures of it that no canvas draws."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer


def at_first(layer: BoxLayer, score_from: float = 0.0) -> BoxLayer:
    """The boxes that are shown, with what the canvas writes at them as labels; on the CPU.

    Args:
        layer: any.
        score_from: where the score filter starts.
    """
    rows = torch.full((len(layer.boxes_in_image),), layer.visible)
    if layer.scores is not None:
        rows &= layer.scores.cpu() >= score_from
    if layer.groups is not None and layer.hidden_groups:
        rows &= ~torch.isin(layer.groups.cpu().long(), torch.tensor(layer.hidden_groups))
    shown = some(layer, rows)
    if not layer.named or layer.labels is not None:
        return shown
    pairs = zip(shown.groups.tolist(), shown.scores.tolist(), strict=True)
    labels = [f"{layer.legend[group][0]} {score:.2f}" if group < layer.named else "" for group, score in pairs]
    return replace(shown, labels=labels)


def some(layer: BoxLayer, rows: Tensor) -> BoxLayer:
    """Of a layer the boxes where `rows`, bool [N], is true; on the CPU, and without what the canvas filters by."""
    rows = rows.cpu()

    def of(values: Tensor | None) -> Tensor | None:
        return None if values is None else values.cpu()[rows]

    return replace(
        layer,
        boxes_in_image=of(layer.boxes_in_image),
        groups=of(layer.groups),
        ids=of(layer.ids),
        scores=of(layer.scores),
        tails=of(layer.tails),
        frames=of(layer.frames),
        columns={name: of(values) for name, values in layer.columns.items()},
        labels=layer.labels and [layer.labels[row] for row in rows.nonzero()[:, 0].tolist()],
        sieve=None,
    )
