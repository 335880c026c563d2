"""Why missed, NMS court and Probe under the hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from frcnn_viz.analysis.false_alarms import Mistake
from frcnn_viz.figures.autopsy import name_of
from frcnn_viz.paths import APP
from tests.browser.mouse import Editor
from tests.browser.test_app import Settled, place, slide


@pytest.fixture
def app(serve: Callable[[Path], str]) -> str:
    return serve(APP)


def heading(page: Page, words: str):  # noqa: ANN201
    return page.get_by_role("heading", name=re.compile(words))


def choose_row(page: Page, row: int) -> None:
    """In the list of objects: its rows are drawn on a canvas, 35 pixels each under a head of the same height."""
    page.locator("[data-testid=stDataFrame]").first.click(position={"x": 16, "y": 18 + 35 * (row + 1)})


def test_from_a_missed_bird_to_the_reason_in_two_clicks(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/?model=street-c4&image=tiny-birds")
    settled(page)
    page.get_by_role("button", name="Failures").click()
    page.get_by_role("menuitem", name="Why missed").click()  # one, in the menu that opened
    expect(page.locator("h1")).to_have_text("Why missed")
    settled(page)
    page.mouse.click(*place(page, 460, 83))  # two: the leftmost bird
    expect(heading(page, "Object \\d: bird, ")).to_be_visible()
    settled(page)
    expect(page.get_by_text(re.compile("is needed|came .* of|says background")).first).to_be_visible()
    page.get_by_role("button", name="Open its stage").click()
    expect(page.locator("h1")).not_to_have_text("Why missed")
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


HELD = """root => root.__state.scene.layers.filter((layer) => layer.sieve).map((layer) => [...layer.groups])"""
SHOWN = """root => {
    const S = root.__state;
    return S.scene.layers.flatMap((layer, l) => (layer.sieve ? [S.shown[l].length] : []));
}"""


def test_thresholds_of_a_miss_act_while_they_are_held_and_the_server_agrees(
    app: str,
    page: Page,
    settled: Settled,
    sent: list[object],
) -> None:
    page.goto(f"{app}/autopsy?image=fog")
    settled(page)
    canvas, frames = page.locator(".box-canvas"), len(sent)
    assert canvas.evaluate(SHOWN) == [0, 0]
    before, missed = canvas.evaluate(HELD), page.get_by_text(re.compile("of \\d+ objects missed"))
    few = missed.inner_text()
    slide(page, "Score threshold", 0.9)
    on_it, detections = canvas.evaluate(SHOWN)
    assert on_it == 0  # whose filters are not turned
    assert detections > 0
    slide(page, "Final NMS IoU", 0.2)
    slide(page, "RPN NMS IoU", 0.9)
    slide(page, "Limit on proposals", 1000)
    held = canvas.evaluate(HELD)
    assert [now == then for now, then in zip(held, before, strict=True)] == [False, False]
    assert 0 < canvas.evaluate(SHOWN)[0] < 100  # those on the object alone
    assert len(sent) == frames
    assert "look=" not in page.url
    page.get_by_role("slider", name="RPN NMS IoU").dispatch_event("change")
    expect(page).to_have_url(re.compile("rpn_nms_thresh=0.9&box_score_thresh=0.9&box_nms_thresh=0.2"))
    settled(page)
    assert canvas.evaluate("root => root.__state.asked.size") == 0
    assert canvas.evaluate(HELD)[0] == held[0]
    assert canvas.evaluate(SHOWN) == [0, 0]
    assert missed.inner_text() != few  # what follows downstream is the server's
    slide(page, "Final NMS IoU", 0.7)
    slide(page, "Score threshold", 0.02)
    held = canvas.evaluate(HELD)
    page.get_by_role("slider", name="Score threshold").dispatch_event("change")
    expect(page).to_have_url(re.compile("box_score_thresh=0.02.*box_nms_thresh=0.7"))
    settled(page)
    assert canvas.evaluate(HELD) == held


def test_false_alarms_are_shown_by_their_legend(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/autopsy?image=fog")
    settled(page)
    alarms = """root => {
        const S = root.__state, at = S.scene.layers.findIndex((layer) => layer.name === 'false alarm');
        return [S.shown[at].length, S.scene.layers[at].groupCounts];
    }"""
    shown, counts = page.locator(".box-canvas").evaluate(alarms)
    assert (shown, sum(counts) > 0) == (0, True)
    kind = list(Mistake)[next(place for place, count in enumerate(counts) if count)]
    page.locator(".canvas-panel").get_by_role("button", name=re.compile(f"^{name_of(kind)} ?\\d")).click()
    shown, _ = page.locator(".box-canvas").evaluate(alarms)
    assert shown == counts[list(Mistake).index(kind)]


def test_the_list_and_the_picture_choose_the_same_object(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/autopsy?image=first-street")
    settled(page)
    canvas = page.locator(".box-canvas canvas").first
    before = canvas.bounding_box()
    for row in (2, 1, 2):  # back to one that was chosen before, too
        choose_row(page, row)
        expect(heading(page, f"Object {row}: ")).to_be_visible()
        settled(page)
        assert re.search(f"object={row}", page.url)
    page.mouse.click(*place(page, 368, 394))  # the beach ball
    expect(heading(page, "ball")).to_be_visible()
    settled(page)
    choose_row(page, 2)
    expect(heading(page, "Object 2: ")).to_be_visible()
    assert canvas.bounding_box() == before


def test_the_way_to_a_miss_takes_the_sidebar_along(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/autopsy?image=first-street")
    settled(page)
    page.get_by_role("button", name="Go to a picture where something is missed").click()
    expect(page.get_by_text(re.compile("[1-9] of \\d+ objects missed"))).to_be_visible()
    settled(page)
    shown = re.search("image=([a-z-]+)", page.url)[1]
    assert shown != "first-street"
    expect(page.locator("[data-testid=stSidebar]").get_by_role("button", name=shown, pressed=True)).to_be_visible()


def test_a_miss_in_the_waterfall_opens_on_its_picture(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/waterfall?image=fog")
    settled(page)
    page.locator(".gallery button", has_text="taken for background").first.click()
    expect(heading(page, "Object \\d: .*taken for background")).to_be_visible()
    expect(page.locator(".box-canvas")).to_be_visible()


JUDGED = """root => {
    const layer = root.__state.scene.layers.find((one) => one.court), { kept, suppressor } = WHOSE;
    return [[...kept], [...suppressor]];
}"""


def told_step(page: Page) -> tuple[int, int]:
    """The step that the court tells, and the last."""
    found = re.match(r"Step (\d+) of ([\d,]+):", page.locator(".told").inner_text())
    assert found
    return int(found[1]), int(found[2].replace(",", ""))


def test_the_court_plays_pauses_and_steps_by_key_without_the_server(
    app: str,
    page: Page,
    settled: Settled,
    sent: list[object],
) -> None:
    page.goto(f"{app}/court?image=crowd&look=v%3D16")
    settled(page)
    told, frames = page.locator(".told"), len(sent)
    page.get_by_role("button", name="Play").click()
    expect(told).not_to_have_text(re.compile("^Step 1 of"))
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    step, _ = told_step(page)
    page.wait_for_timeout(300)  # some steps of time, in which nothing happens
    assert told_step(page)[0] == step
    page.keyboard.press("a")
    assert told_step(page)[0] == step - 1
    page.keyboard.press("d")
    assert told_step(page)[0] == step
    expect(page).to_have_url(re.compile(f"look=v%3D16~n%3D{step}$|look=n%3D{step}~v%3D16$"))
    assert "pinned=" not in page.url
    assert len(sent) == frames


def test_the_court_plays_from_a_link_s_step_to_its_last(
    app: str,
    page: Page,
    settled: Settled,
    sent: list[object],
) -> None:
    page.goto(f"{app}/court?image=crowd&look=n%3D24~v%3D4")
    settled(page)
    first, last = told_step(page)
    frames = len(sent)
    assert first == 24 < last
    page.keyboard.press("s")
    expect(page.locator(".told")).to_have_text(re.compile(f"^Step {last} of {last}:"))
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page).to_have_url(re.compile(f"n%3D{last}"))
    assert len(sent) == frames


@pytest.mark.parametrize(("stage", "dial"), [("final", "Final NMS IoU"), ("rpn", "RPN NMS IoU")])
def test_the_court_judges_anew_while_its_threshold_is_held_and_the_server_agrees(
    stage: str,
    dial: str,
    app: str,
    page: Page,
    settled: Settled,
    sent: list[object],
) -> None:
    page.goto(f"{app}/court?image=crowd&court.stage={stage}&look=n%3D3")
    settled(page)
    page.locator(".box-canvas[data-messages]").wait_for()
    canvas, frames = page.locator(".box-canvas"), len(sent)
    judged = [canvas.evaluate(JUDGED.replace("WHOSE", "layer.court"))]
    for threshold in (0.6, 0.35):
        slide(page, dial, threshold)
        judged.append(canvas.evaluate(JUDGED.replace("WHOSE", "layer.court")))
        assert judged[-1] != judged[-2]
    expect(page.locator(".told")).to_contain_text("by more than 0.35")
    assert len(sent) == frames
    page.get_by_role("slider", name=dial).dispatch_event("change")
    expect(page).to_have_url(re.compile("nms_thresh=0.35"))
    settled(page)
    assert canvas.evaluate("root => root.__state.asked.size") == 0
    assert canvas.evaluate(JUDGED.replace("WHOSE", "layer.sieve.steps")) == judged[-1]
    assert told_step(page)[0] == 3


def test_a_probe_is_asked_where_it_is_drawn_and_its_link_asks_the_same(app: str, page: Page, settled: Settled) -> None:
    page.goto(f"{app}/probe")
    settled(page)
    editor = Editor(page, settled)
    editor.drag((345, 370), (392, 418))  # round the beach ball
    settled(page)
    expect(page.get_by_text("Refined: ball", exact=True)).to_be_visible()
    page.goto(page.url)
    settled(page)
    expect(page.get_by_text("Refined: ball", exact=True)).to_be_visible()
    editor.drag((20, 20), (90, 90))  # the empty sky
    settled(page)
    expect(page.get_by_text("Refined: ball", exact=True)).to_have_count(0)
