"""What the canvas works out while a slider is held is what torchvision works out: NMS, and the fates of two stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from playwright.sync_api import Page
from torch import Tensor
from torchvision.models.detection import FasterRCNN
from torchvision.ops import batched_nms

from frcnn_viz import canvas
from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.canvas.sieve import Dial
from frcnn_viz.figures.detections import refined_layer
from frcnn_viz.figures.held import PLACES as NEAR_PLACES
from frcnn_viz.figures.held import candidates_on
from frcnn_viz.figures.proposals import DIALS, PLACES, fate_groups
from frcnn_viz.pipeline.detections import MIN_SIZE, select_detections
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.results import flatten_candidates
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import make_image

ONE_BY_ONE_FROM = 1000
"""Boxes from which on `batched_nms` takes the groups one by one."""
NMS = """cases => cases.map(({ boxes, scores, groups, threshold }) => {
    const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
    return batchedNms(new Float32Array(boxes), groups, order, threshold);
})"""


@pytest.fixture
def scripts(page: Page) -> Page:
    page.add_script_tag(content=canvas.script())
    return page


def random_case(generator: torch.Generator, most: int) -> dict[str, Any]:
    """Boxes, scores, groups and a threshold. Half of the cases lie on whole pixels with few different scores, so that
    overlaps stand exactly at the threshold, and scores are tied."""

    def draw(low: int, high: int, *shape: int) -> Tensor:
        return torch.randint(low, high, shape, generator=generator)

    count, whole = int(draw(0, most, 1)), bool(draw(0, 2, 1))
    room = 12 if whole else 300
    if whole:
        corners, sizes = draw(0, room, count, 2).float(), draw(0, room, count, 2).float()
        scores = draw(1, 6, count).float() / 8
        threshold = [0.0, 0.25, 1 / 3, 0.5, 0.6, 2 / 3, 0.75, 1.0][int(draw(0, 8, 1))]
    else:
        corners, sizes = (torch.rand(count, 2, generator=generator) * room for _ in range(2))
        scores = torch.rand(count, generator=generator)
        threshold = float(torch.rand(1, generator=generator))
    groups = draw(0, 6, count)
    return {
        "boxes": torch.cat([corners, corners + sizes], 1),
        "scores": scores,
        "groups": groups,
        "threshold": threshold,
    }


def as_json(case: dict[str, Any]) -> dict[str, Any]:
    return {name: value.flatten().tolist() if isinstance(value, Tensor) else value for name, value in case.items()}


@pytest.mark.parametrize(("cases", "most"), [(1500, 60), (12, 2500)], ids=["groups shifted apart", "and one by one"])
def test_nms_is_torchvisions(cases: int, most: int, scripts: Page) -> None:
    generator = torch.Generator().manual_seed(cases)
    drawn = [random_case(generator, most) for _ in range(cases)]
    there = scripts.evaluate(NMS, [as_json(case) for case in drawn])
    for case, kept in zip(drawn, there, strict=True):
        expected = batched_nms(case["boxes"], case["scores"], case["groups"], case["threshold"])
        if len(expected) and len(case["scores"]) > ONE_BY_ONE_FROM:  # torch's last sort leaves ties in any order
            assert sorted(kept) == sorted(expected.tolist())
            assert case["scores"][kept].equal(case["scores"][expected])
        else:
            assert kept == expected.tolist()


SIFT = """([layer, dials]) => {
    Object.assign(layer, { count: layer.scores.length, scores: new Float32Array(layer.scores) });
    Object.assign(layer, { order: bestFirst(layer) });
    layer.sieve.boxes = new Float32Array(layer.sieve.boxes);
    return dials.map((values) => [...sift(layer, values)]);
}"""


def drawn(count: int, ranges: dict[str, Callable[[float], float]]) -> list[dict[str, float]]:
    """`count` random settings; each range makes a value of a number from 0 to 1."""
    generator = torch.Generator().manual_seed(3)
    return [{name: of(float(torch.rand(1, generator=generator))) for name, of in ranges.items()} for _ in range(count)]


def test_a_sieve_leads_to_the_fates_of_the_proposals(tiny: FasterRCNN, scripts: Page) -> None:
    memory = Memory(10**9)
    first = Trace(tiny, make_image(200, 260), memory=memory)
    proposals = first.proposals
    settings = drawn(
        40,
        {
            "rpn_nms_thresh": lambda part: round(part, 2),
            "rpn_post_nms_top_n": lambda part: 1 + int(300 * part),
            "rpn_min_size": lambda part: round(20 * part**2, 3),
            "rpn_score_thresh": lambda part: round(part**3, 3),
        },
    )
    sieve = {"boxes": proposals.candidates.flatten().tolist(), "levels": proposals.level.tolist(), "places": PLACES}
    layer = {"scores": proposals.scores.tolist(), "legend": [], "sieve": {**sieve, "stage": "proposals"}}
    there = scripts.evaluate(
        SIFT, [layer, [{role: change[name] for role, name in DIALS.items()} for change in settings]]
    )
    for change, groups in zip(settings, there, strict=True):
        server = Trace(tiny, first.image, first.settings.replace(**change), memory=memory).proposals
        assert groups == fate_groups(server.fate).tolist(), change
    assert len({group for groups in there for group in groups}) == len(PLACES)


def test_a_sieve_leads_to_the_fates_of_the_candidates_on_an_object(tiny: FasterRCNN, scripts: Page) -> None:
    def on_it(trace: Trace) -> BoxLayer:
        of = trace.proposals
        chosen = trace.input.boxes_in_image(of.candidates[of.nms_kept[:1]])[0]
        return candidates_on(trace, lambda name: Dial(name, "", "", 0.5, 0.0, 1.0, 0.1), chosen)

    memory = Memory(10**9)
    first = Trace(tiny, make_image(200, 260), memory=memory)
    layer = on_it(first)
    sieve = layer.sieve
    sent = {
        "scores": layer.scores.tolist(),
        "legend": [],
        "sieve": {
            **vars(sieve),
            "boxes": sieve.boxes.flatten().tolist(),
            "levels": sieve.levels.tolist(),
            "near": sieve.near.tolist(),
            "dials": {},
        },
    }
    settings = drawn(
        20,
        {"rpn_nms_thresh": lambda part: round(part, 2), "rpn_post_nms_top_n": lambda part: 1 + int(300 * part)},
    )
    dials = [{**sieve.fixed, **{role: change[DIALS[role]] for role in sieve.dials}} for change in settings]
    for change, groups in zip(settings, scripts.evaluate(SIFT, [sent, dials]), strict=True):
        assert (
            groups == on_it(Trace(tiny, first.image, first.settings.replace(**change), memory=memory)).groups.tolist()
        )
        assert 0 < sum(group != NEAR_PLACES["elsewhere"] for group in groups) < len(groups)


def test_a_sieve_leads_to_the_fates_and_classes_of_the_detections(tiny: FasterRCNN, scripts: Page) -> None:
    trace = Trace(tiny, make_image(200, 260))
    boxes = trace.rois.boxes.clone()
    boxes[::7, :, 2] = boxes[::7, :, 0] + MIN_SIZE / 2  # too narrow
    boxes[3::7, :, 3] = boxes[3::7, :, 1] + 8
    boxes[3::7, :, 1] = boxes[3::7, :, 3] - MIN_SIZE  # about as narrow as may be
    rois = replace(trace.rois, boxes=boxes)
    classes = tuple(map(str, range(rois.num_classes)))
    _, scores, _ = flatten_candidates(rois)
    settings = drawn(
        40,
        {
            "nms_thresh": lambda part: round(part, 2),
            "detections_per_img": lambda part: 1 + int(len(scores) * part**2 / 2),
            "score_thresh": lambda part: float(scores[int(part * len(scores))]),  # the score of some candidate
        },
    )
    settings.append({"nms_thresh": 0.5, "detections_per_img": 100, "score_thresh": 0.0})
    roles = {"nmsIou": "nms_thresh", "most": "detections_per_img", "minScore": "score_thresh"}
    rows = torch.arange(len(scores))
    layers = []
    for change in settings:
        found = select_detections(rois, trace.input, **change)
        shown = SimpleNamespace(rois=rois, input=trace.input, detections=found)
        layers.append(refined_layer(shown, classes, rows, {}))
    sieve = layers[0].sieve
    sent = {
        "scores": scores.tolist(),
        "legend": layers[0].legend,
        "sieve": {**vars(sieve), "boxes": sieve.boxes.flatten().tolist(), "levels": sieve.levels.tolist()},
    }
    dials = [{**sieve.fixed, **{role: change[name] for role, name in roles.items()}} for change in settings]
    there = scripts.evaluate(SIFT, [sent, dials])
    for change, layer, groups in zip(settings, layers, there, strict=True):
        assert groups == layer.groups.tolist(), change
    seen = {group for groups in there for group in groups}
    assert set(range(len(classes), len(layers[0].legend))) <= seen
    assert len(seen & set(range(1, len(classes)))) > 1
