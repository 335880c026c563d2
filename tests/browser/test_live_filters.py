"""What the canvas works out while a slider is held is what torchvision works out."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from playwright.sync_api import Page
from torch import Tensor
from torchvision.models.detection import FasterRCNN
from torchvision.ops import batched_nms

from frcnn_viz import canvas
from frcnn_viz.figures.proposals import DIALS, PLACES, fate_groups
from frcnn_viz.pipeline.memory import Memory
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
    for name in ("nms.js", "sieve.js"):
        page.add_script_tag(content=canvas.read(name))
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


SIFT = """([layer, dials]) => dials.map((values) => {
    const order = Uint32Array.from(layer.scores, (_, i) => i).sort((a, b) => layer.scores[b] - layer.scores[a]);
    const sieve = { ...layer.sieve, boxes: new Float32Array(layer.sieve.boxes) };
    return [...sift({ count: order.length, scores: layer.scores, order, sieve }, values)];
})"""


def test_a_sieve_leads_to_the_fates_of_the_stage(tiny: FasterRCNN, scripts: Page) -> None:
    generator, memory = torch.Generator().manual_seed(3), Memory(10**9)
    first = Trace(tiny, make_image(200, 260), memory=memory)
    proposals = first.proposals
    settings = [
        {
            "rpn_nms_thresh": round(float(torch.rand(1, generator=generator)), 2),
            "rpn_post_nms_top_n": int(torch.randint(1, 300, (1,), generator=generator)),
            "rpn_min_size": round(20 * float(torch.rand(1, generator=generator)) ** 2, 3),
            "rpn_score_thresh": round(float(torch.rand(1, generator=generator)) ** 3, 3),
        }
        for _ in range(40)
    ]
    sieve = {"boxes": proposals.candidates.flatten().tolist(), "levels": proposals.level.tolist(), "places": PLACES}
    layer = {"scores": proposals.scores.tolist(), "sieve": sieve}
    dials = [{role: change[name] for role, name in DIALS.items()} for change in settings]
    there = scripts.evaluate(SIFT, [layer, dials])
    for change, groups in zip(settings, there, strict=True):
        server = Trace(tiny, first.image, first.settings.replace(**change), memory=memory).proposals
        assert groups == fate_groups(server.fate).tolist(), change
    assert len({group for groups in there for group in groups}) == len(PLACES)
