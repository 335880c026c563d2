"""Pictures that no canvas draws show what a canvas does before anyone touches it."""

from __future__ import annotations

from dataclasses import replace

import torch

from frcnn_viz.canvas.at_first import at_first
from frcnn_viz.canvas.scene import BoxLayer

LAYER = BoxLayer(
    "a",
    torch.arange(5.0)[:, None].expand(5, 4),
    [("x", "#111"), ("y", "#222"), ("z", "#333")],
    groups=torch.tensor([0, 1, 0, 0, 2]),
    scores=torch.tensor([0.9, 0.9, 0.1, 0.5, 0.8]),
    columns={"row": torch.arange(5)},
    hidden_groups=(1,),
    named=2,
)


def test_what_is_hidden_or_scores_less_is_not_seen() -> None:
    seen = at_first(LAYER, 0.5)
    assert seen.boxes_in_image[:, 0].tolist() == seen.columns["row"].tolist() == [0, 3, 4]
    assert (seen.groups.tolist(), at_first(LAYER).columns["row"].tolist()) == ([0, 0, 2], [0, 2, 3, 4])
    assert len(at_first(replace(LAYER, visible=False)).boxes_in_image) == 0
    plain = replace(LAYER, groups=None, scores=None, hidden_groups=(), named=0)
    assert at_first(plain, 0.5).columns["row"].tolist() == [0, 1, 2, 3, 4]


def test_words_at_boxes_are_the_canvass() -> None:
    """A group's name and the score where the layer asks for that and has no labels of its own."""
    assert at_first(LAYER, 0.5).labels == ["x 0.90", "x 0.50", ""]
    assert at_first(replace(LAYER, labels=list("pqrst")), 0.5).labels == ["p", "s", "t"]
    assert at_first(replace(LAYER, named=0)).labels is None
