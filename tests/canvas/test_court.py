"""NMS step by step: judged as torchvision and the pipeline do it, gone through by hand and by itself."""

from __future__ import annotations

import pytest
import torch
from playwright.sync_api import Page, expect
from torch import Tensor
from torchvision.ops import batched_nms

from frcnn_viz.analysis.nms import Court
from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.canvas.sieve import Dial
from frcnn_viz.figures.court import PLACES, court_layer
from frcnn_viz.pipeline.suppression import find_suppressors
from tests.canvas.host import Host, picture_url
from tests.canvas.test_sieve import as_json, random_case, scripts  # noqa: F401

JUDGE = """cases => cases.map(({ boxes, scores, groups, threshold }) => {
    const layer = { count: scores.length, scores: new Float32Array(scores) };
    Object.assign(layer, { order: bestFirst(layer), sieve: { boxes: new Float32Array(boxes), levels: groups } });
    const { kept, suppressor } = judge(layer, threshold);
    return [[...kept], [...suppressor]];
})"""


@pytest.mark.parametrize(("cases", "most"), [(1000, 60), (8, 2000)], ids=["groups shifted apart", "and one by one"])
def test_a_judgement_is_the_pipelines(cases: int, most: int, scripts: Page) -> None:  # noqa: F811
    generator = torch.Generator().manual_seed(cases)
    drawn = [random_case(generator, most) for _ in range(cases)]
    if most > 1000:  # torch's last sort leaves ties in any order
        drawn = [case for case in drawn if len(case["scores"].unique()) == len(case["scores"])]
    assert len(drawn) > 2
    there = scripts.evaluate(JUDGE, [as_json(case) for case in drawn])
    for case, (kept, suppressor) in zip(drawn, there, strict=True):
        expected = court_at(case["threshold"], case["boxes"], case["scores"], case["groups"])
        assert kept == expected.kept.tolist()
        assert suppressor == expected.suppressor.tolist()


def court_at(threshold: float, boxes: Tensor, scores: Tensor, groups: Tensor) -> Court:
    kept = batched_nms(boxes, scores, groups, threshold)
    suppressed = torch.ones(len(boxes), dtype=torch.bool).index_fill(0, kept, False)
    by = find_suppressors(boxes, scores, groups, suppressed, kept, threshold)
    return Court(torch.arange(len(boxes)), boxes, scores, groups, kept, by, threshold)


TEN = torch.tensor([[10.0, 10.0, 110.0, 110.0]])
BOXES = torch.cat(
    [TEN, TEN + torch.tensor([20.0, 0, 0, 0]), TEN + torch.tensor([0.0, 0, 0, -40])]
    + [TEN + torch.tensor([150.0 * n, 0, 150.0 * n, 0]) for n in range(1, 5)]
)
"""One box, two within it whose IoU with it is 0.8 and 0.6, and four apart."""
SCORES = torch.tensor([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])


def scene(threshold: float = 0.5, look: str = "", answered: str = "", epoch: int = 1) -> CanvasScene:
    court = court_at(threshold, BOXES, SCORES, torch.zeros(7, dtype=torch.int64))
    dial = Dial("box_nms_thresh", "Final NMS IoU", "", threshold, 0.0, 1.0, 0.01)
    layer = court_layer("box", court, BOXES, ["person"], dial, torch.tensor([0, 0, 1, -1, -1, -1, -1]))
    return CanvasScene(picture_url(640, 240), 640, 240, [layer], look=(look, epoch), answered=answered)


@pytest.fixture
def host(page: Page) -> Host:
    return Host(page, scene())


def fates(host: Host) -> list[str]:
    names = {number: name for name, number in PLACES.items()}
    return [names[group] for group in host.state("[...S.scene.layers[0].groups]")]


def step(host: Host) -> int:
    return host.state("S.scene.layers[0].court.step")


def test_each_step_is_told_and_drawn(host: Host) -> None:
    told = host.page.locator(".told")
    expect(told).to_have_text(
        "Step 1 of 5: the best box left (person, score 0.900) is kept, "
        "and 2 that overlap it by more than 0.5 are suppressed."
    )
    assert fates(host) == ["kept", "suppressed", "suppressed", *["waiting"] * 4]
    assert host.page.locator(".cases tr").all_inner_texts() == [
        "IoU\tscore\ton another object",
        "0.800\t0.800\t",
        "0.600\t0.700\tyes",
    ]
    host.page.keyboard.press("d")
    expect(told).to_contain_text("Step 2 of 5: the best box left (person, score 0.600) is kept, and 0 that")
    assert fates(host) == ["before", "fading", "fading", "kept", *["waiting"] * 3]
    strong = []
    for _ in range(3):
        strong.append(host.state("S.scene.layers[0].alphas[1]"))
        host.page.keyboard.press("d")
    assert strong == sorted(strong, reverse=True)
    assert strong[0] < 1
    assert fates(host) == ["before", "gone", "gone", "before", "before", "before", "kept"]
    host.page.keyboard.press("d")
    assert step(host) == 5  # the last
    host.page.keyboard.press("a")
    assert step(host) == 4


def test_the_step_slider_stays_where_it_is_put_and_its_step_is_told(host: Host) -> None:
    slider = host.page.get_by_role("slider", name="Step")
    for asked in (3, 5, 2):
        slider.evaluate("(one, n) => { one.value = n; one.dispatchEvent(new Event('input')); }", asked)
        assert (slider.input_value(), step(host)) == (str(asked), asked)
        expect(host.page.locator(".told")).to_contain_text(f"Step {asked} of 5:")
    slider.press("ArrowRight")
    assert (slider.input_value(), step(host)) == ("3", 3)


def test_it_plays_to_its_end_and_from_there_anew(host: Host) -> None:
    host.page.get_by_role("button", name="16").click()
    host.page.keyboard.press("d")
    play = host.page.locator(".player .chip").nth(1)
    host.page.keyboard.press("s")
    expect(host.page.locator(".told")).to_contain_text("Step 5 of 5")
    expect(play).to_have_text("PlayS")
    host.page.keyboard.press("s")
    assert step(host) < 5
    expect(play).to_have_text("PauseS")
    expect(play).to_have_text("PlayS")
    assert step(host) == 5


def test_paused_it_stays_and_tells_its_step(host: Host) -> None:
    play = host.page.locator(".player .chip").nth(1)
    host.page.keyboard.press("s")
    host.page.keyboard.press("s")
    expect(play).to_have_text("PlayS")
    host.page.keyboard.press("d")
    at = step(host)
    host.page.wait_for_timeout(700)
    assert step(host) == at
    assert host.told("look")[-1] == f"n={at}"


def test_a_look_brings_back_the_step_to_the_pixel(host: Host) -> None:
    for _ in range(2):
        host.page.keyboard.press("d")
    before = host.pixels()
    assert Host(host.page, scene(look="n=3")).pixels() == before
    for text in ("n=0", "n=-1", "n=1e9", "n=x", "n=99999999999", "v=7"):
        assert step(Host(host.page, scene(look=text))) == 1, text
    assert step(Host(host.page, scene(look="n=999"))) == 5


def test_a_threshold_that_is_held_judges_anew_and_the_answer_agrees(host: Host) -> None:
    dial = "input[aria-label='Final NMS IoU']"
    host.page.locator(dial).evaluate("(one) => { one.value = 0.7; one.dispatchEvent(new Event('input')); }")
    expect(host.page.locator(".told")).to_have_text(
        "Step 1 of 6: the best box left (person, score 0.900) is kept, "
        "and 1 that overlaps it by more than 0.7 is suppressed."
    )
    held = host.state("[[...S.scene.layers[0].court.kept], [...S.scene.layers[0].court.suppressor]]")
    assert host.told("dials") == []
    host.page.locator(dial).dispatch_event("change")
    (sent,) = host.told("dials")
    assert sent["values"] == {"box_nms_thresh": 0.7}
    host.update(scene(0.7, answered=sent["serial"]))
    assert host.state("S.asked.size") == 0
    steps = host.state("[[...S.scene.layers[0].sieve.steps.kept], [...S.scene.layers[0].sieve.steps.suppressor]]")
    assert steps == held


def test_keys_are_left_to_who_is_typing(host: Host) -> None:
    host.page.evaluate("document.body.append(document.createElement('textarea'))")
    host.page.locator("textarea").press("d")
    assert step(host) == 1
    assert host.page.locator("textarea").input_value() == "d"
    host.page.evaluate("() => { window.S = document.querySelector('.box-canvas').__state; mounted.unmount(); }")
    host.page.keyboard.press("d")
    assert host.page.evaluate("S.filters.step") == 1
