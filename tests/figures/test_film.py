"""A clip's frames as one film, and boxes drawn into a picture as the canvas shows them."""

from __future__ import annotations

import torch

from frcnn_viz.analysis.sightings import Cell, Detected, FrameRecord, Sighting
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.figures.annotated import annotated
from frcnn_viz.figures.film import ON_TOP, found_layer, object_layer


def sighting(identity: str, reached: int, hidden: bool = False) -> Sighting:
    verdict = Verdict.FOUND if reached == len(STAGES) else Verdict.UNDER_SCORE
    return Sighting(identity, "car", (0, 0, 10, 10), hidden, verdict, "", reached, (0.0,) * len(STAGES), 0)


RECORDS = [
    FrameRecord(3, (sighting("car-1", len(STAGES)),), (), (Detected((0, 0, 9, 9), "car", 0.9, False),), {}),
    FrameRecord(
        4, (sighting("car-1", 7), sighting("car-2", 0, True)), (), (Detected((5, 5, 9, 9), "car", 0.2, True),), {}
    ),
]


def test_each_box_is_in_its_frame_and_coloured_by_what_became_of_it() -> None:
    objects = object_layer(RECORDS)
    assert objects.frames.tolist() == [3, 4, 4]
    assert [ON_TOP[group] for group in objects.groups.tolist()] == [Cell.FOUND, Cell.REFINED, Cell.HIDDEN]
    assert objects.labels == ["", "car-1: refined", "car-2: hidden"]
    found = found_layer(RECORDS)
    assert found.frames.tolist() == [3, 4]
    assert [found.legend[group][0] for group in found.groups.tolist()] == ["detection", "false alarm"]


def test_a_film_without_anything_is_drawn() -> None:
    assert len(object_layer([]).boxes_in_image) == 0
    assert found_layer([FrameRecord(0, (), (), (), {})]).boxes_in_image.shape == (0, 4)


def test_what_is_hidden_on_the_canvas_is_not_drawn_and_the_better_lies_on_top() -> None:
    picture = torch.zeros(3, 40, 40, dtype=torch.uint8)
    box = torch.tensor([[5.0, 5.0, 30.0, 30.0]])
    layers = [
        BoxLayer(
            "a",
            box.repeat(3, 1),
            [("red", "#ff0000"), ("green", "#00ff00"), ("blue", "#0000ff")],
            groups=torch.tensor([1, 0, 2]),
            hidden_groups=(0,),
            width=1.0,
        ),
        BoxLayer("b", box + 2, [("white", "#ffffff")], visible=False),
    ]
    drawn = annotated(picture, layers)
    assert drawn.shape == (40, 40, 3)
    assert drawn[5, 20].tolist() == [0, 255, 0]  # the first group that is shown
    assert not drawn[..., 0].any()
    assert annotated(picture, []).sum() == 0
    assert picture.sum() == 0
