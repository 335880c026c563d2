"""What is told of the family: nothing extrapolated without a word, and the papers' figures as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from frcnn_viz.analysis.family import PUBLISHED, Times, Way, faster_rcnn
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.figures.family import duration, recall_figure, times_table, way_layers, ways_table
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import build_tiny_fpn, make_image

CLASSES = ("__background__", "a", "b", "c", "d")
MS = {"regions": 1.25, "features": 20.0, "head": 300.0}


@pytest.fixture(scope="module")
def way() -> Way:
    return faster_rcnn(Trace(build_tiny_fpn(), make_image(120, 160)), MS)


def test_what_is_extrapolated_is_said_to_be(way: Way) -> None:
    slow = replace(way, name="rcnn", computed=50, times=Times(700.0, 45_000.0, 6_200.0, of_crops=50))
    ours, theirs = times_table([slow])
    assert ours["measured"] == "here; extrapolated from 50 crops"
    assert [ours[part] for part in ("regions", "features", "head", "in all")] == [
        "700 ms",
        "about 45 s",
        "about 6,200 ms",
        "about 52 s",
    ]
    assert (theirs["in all"], theirs["mAP, VOC 2007"]) == ("47 s", "66.0")
    assert ways_table([slow], None, CLASSES)[0]["regions"] == f"50 of {len(way.regions_in_image)}"


def test_what_is_measured_whole_stands_alone(way: Way) -> None:
    ours, theirs = times_table([way])
    assert [ours[part] for part in ("measured", "regions", "features", "head", "in all")] == [
        "here",
        "1.2 ms",
        "20 ms",
        "300 ms",
        "321 ms",
    ]
    assert theirs["measured"] == "Ren et al., 2015"
    assert [theirs[part] for part in ("regions", "features", "head", "in all")] == [
        "10 ms",
        "141 ms",
        "47 ms",
        "198 ms",
    ]


def test_published_parts_add_up() -> None:
    assert {name: sum(paper.parts) for name, paper in PUBLISHED.items() if paper.parts} == {"fast": 1830, "faster": 198}


def test_regions_that_were_not_computed_are_a_group_of_their_own(way: Way) -> None:
    layer = next(one for one in way_layers(replace(way, computed=3), None, CLASSES, 5) if one.name == "region")
    assert layer.groups.tolist() == [0, 0, 0, 1, 1]
    assert len(way_layers(way, None, CLASSES, 0)[0].boxes_in_image) == 0


def test_all_members_have_the_same_legend(way: Way) -> None:
    truth = GroundTruth(torch.tensor([[10.0, 10, 60, 60]]), ("a",))
    legends = [
        [(layer.name, layer.legend) for layer in way_layers(one, truth, CLASSES, 5)]
        for one in (way, replace(way, name="rcnn", computed=0))
    ]
    assert legends[0] == legends[1]
    assert ways_table([way], truth, CLASSES)[0]["found"] in ("0 of 1", "1 of 1")


def test_recall_has_a_line_for_each_source_of_regions(way: Way) -> None:
    ways = [replace(way, name="rcnn"), replace(way, name="fast"), way]
    figure = recall_figure(ways, way.regions_in_image[[4]], 1.0)
    assert [line.name for line in figure.data] == ["selective search", "RPN"]
    assert list(figure.data[0].y[:6]) == [0, 0, 0, 0, 1, 1]


def test_durations() -> None:
    told = [duration(ms) for ms in (0.44, 9.96, 14.5, 1830, 47_000)]
    assert told == ["0.4 ms", "10.0 ms", "14 ms", "1,830 ms", "47 s"]
