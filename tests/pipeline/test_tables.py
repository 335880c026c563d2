"""Results tell themselves in plain text, and nothing runs for it."""

from __future__ import annotations

import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.pipeline.results import Fate, RpnOutput
from frcnn_viz.pipeline.tables import text_table
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image


def rows_of(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_a_table_has_its_columns_under_each_other_numbers_to_the_right() -> None:
    rows = [{"name": "a", "count": 5, "score": 0.5}, {"name": "long", "count": 12345}]
    assert text_table("Title", rows, of=9) == (
        "Title\n"  #
        "  name   count  score\n"
        "  a          5    0.5\n"
        "  long  12,345\n"
        "  and 7 more"
    )
    assert text_table("Title", []) == "Title"


def test_a_record_tells_each_tensor() -> None:
    output = RpnOutput(torch.tensor([-1.5, 2.0]), torch.zeros(2, 4), [torch.ones(1, 1, 2), torch.empty(0)])
    assert rows_of(repr(output)) == [
        ["RpnOutput"],
        ["type", "shape", "values"],
        ["objectness", "float32", "[2]", "-1.5", "..", "2"],
        ["deltas", "float32", "[2,", "4]", "0", "..", "0"],
        ["objectness_maps[0]", "float32", "[1,", "1,", "2]", "1", "..", "1"],
        ["objectness_maps[1]", "float32", "[0]"],
    ]


def test_a_trace_tells_what_has_run_and_runs_nothing_for_it(tiny_fpn: FasterRCNN) -> None:
    trace = Trace(tiny_fpn, make_image(100, 140))
    assert repr(trace) == (
        "Trace of 140 x 100 pixels on cpu\n"
        "  not run yet: input, features, anchors, rpn, decoded, proposals, rois, detections"
    )
    held = set(vars(trace))
    trace.proposals  # noqa: B018
    told = repr(trace)
    assert set(vars(trace)) - held == {"input", "features", "anchors", "rpn", "decoded", "proposals"}
    assert told.endswith("not run yet: rois, detections")
    counted = {row[0]: row[1] for row in rows_of(told)[2:-1]}
    assert counted["proposals"] == str(len(trace.proposals))
    assert counted["anchors"] == f"{len(trace.anchors):,}"


def test_fates_add_up_to_the_anchors(tiny_fpn: FasterRCNN) -> None:
    trace = Trace(tiny_fpn, make_image(100, 140))
    head, _, *rows = rows_of(repr(trace.proposals))
    counts = {row[0]: int(row[1].replace(",", "")) for row in rows}
    assert head == ["Proposals:", str(len(trace.proposals)), "of", f"{len(trace.anchors):,}", "anchors"]
    assert list(counts) == [fate.name for fate in Fate]
    assert sum(counts.values()) == len(trace.anchors)
    assert counts["KEPT"] == len(trace.proposals)


def test_the_best_detections_are_listed(tiny_fpn: FasterRCNN) -> None:
    found = Trace(tiny_fpn, make_image(100, 140)).detections
    _, heads, first, *rest = rows_of(repr(found))
    assert heads == ["labels", "scores", "boxes_in_image", "roi"]
    assert first[0] == str(int(found.labels[0]))
    assert [float(at.rstrip(",")) for at in first[2:6]] == [round(at, 1) for at in found.boxes_in_image[0].tolist()]
    assert rest[-1] == ["and", f"{len(found) - 10:,}", "more"]
