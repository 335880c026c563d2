"""A film on the canvas: each frame's own picture and boxes, gone through by hand and by itself."""

from __future__ import annotations

import base64
import io

import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Film
from tests.canvas.host import Host

FRAMES = 6
WORDS = {name: (name.capitalize(), f"To {name}.") for name in ("step", "speed", "play", "pause", "back", "next")}


def frame_url(number: int) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (40 * number, 0, 0)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


URLS = [frame_url(n) for n in range(FRAMES)]
TIMES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.8]


def scene(now: int = 0, name: str = "film", url_of_last: str = "") -> CanvasScene:
    """As many boxes in each frame as its number, and one that is in all."""
    frames = torch.tensor([frame for frame in range(FRAMES) for _ in range(frame)])
    within = torch.arange(len(frames)).float()
    boxes = torch.stack([within, within, within + 20, within + 20], 1)
    scores = torch.linspace(0.9, 0.5, len(frames))
    found = BoxLayer("detection", boxes, [("found", "#0072b2")], frames=frames, scores=scores)
    still = BoxLayer("truth", torch.tensor([[1.0, 1.0, 9.0, 9.0]]), [("object", "#ffffff")])
    urls = [*URLS[:-1], url_of_last or URLS[-1]]
    return CanvasScene(urls[now], 64, 48, [found, still], film=Film(name, urls, TIMES, now, WORDS))


@pytest.fixture
def host(page: Page) -> Host:
    return Host(page, scene())


def shown(host: Host) -> tuple[int, int, int]:
    """The frame whose picture is seen, once it has come, the number of its boxes, and of those in all frames."""
    host.page.wait_for_function(
        "(({ film }) => film.at === film.wanted)(document.querySelector('.box-canvas').__state)"
    )
    host.drawn()
    red, boxes, still = host.state(
        """(({ width, height }) => [S.on.picture.getImageData(width / 2, height - 4, 1, 1).data[0],
            ...S.shown.map((one) => one.length)])(S.parts.canvas)"""
    )
    return round(red / 40), boxes, still


def test_each_frame_has_its_own_picture_and_boxes(host: Host) -> None:
    assert shown(host) == (0, 0, 1)
    told = host.page.locator(".told")
    expect(told).to_have_text("Frame 0 of 0 to 5, at 0.00 s.")
    for frame in (1, 2, 3):
        host.page.keyboard.press("d")
        expect(told).to_have_text(f"Frame {frame} of 0 to 5, at {TIMES[frame]:.2f} s.")
        assert shown(host) == (frame, frame, 1)
        expect(host.page.locator(".status")).to_contain_text(f"detection {frame} of {frame}")
    host.page.keyboard.press("a")
    assert shown(host) == (2, 2, 1)
    host.page.locator("input[aria-label=Step]").fill("5")
    assert shown(host) == (5, 5, 1)
    host.page.keyboard.press("d")
    assert shown(host) == (5, 5, 1)


def test_the_host_hears_of_the_frame_at_which_it_rests(host: Host) -> None:
    for _ in range(4):
        host.page.keyboard.press("d")
    host.page.wait_for_timeout(400)
    assert host.told("frame") == [4]


def test_it_plays_at_its_times_to_the_end_and_tells_that_frame_alone(host: Host) -> None:
    start = host.page.evaluate("performance.now()")
    host.page.keyboard.press("s")
    expect(host.page.locator(".told")).to_contain_text("Frame 5 of 0 to 5")
    assert host.page.evaluate("performance.now()") - start > 1000 * TIMES[-1] - 50
    host.page.wait_for_timeout(400)
    assert host.told("frame") == [5]
    assert shown(host) == (5, 5, 1)


def test_an_answer_moves_nothing_and_a_frame_of_the_hosts_own_is_taken(host: Host) -> None:
    host.page.keyboard.press("d")
    host.page.wait_for_timeout(300)
    host.page.keyboard.press("d")
    host.page.wait_for_timeout(300)
    assert host.told("frame") == [1, 2]
    host.update(scene(1))  # the answer to the first
    assert shown(host) == (2, 2, 1)
    host.update(scene(2))
    assert shown(host) == (2, 2, 1)
    host.update(scene(4))
    assert shown(host) == (4, 4, 1)
    host.update(scene(1, "another"))
    assert shown(host) == (1, 1, 1)
    host.page.wait_for_timeout(300)
    assert host.told("frame") == [1, 2]


def test_no_boxes_lie_on_another_frames_picture(host: Host) -> None:
    """The picture of the last frame is on its way until it is let through."""
    held = []
    host.page.route("**/late.png", lambda route: held.append(route))
    host.update(scene(0, "late", "http://127.0.0.1:9/late.png"))
    host.page.keyboard.press("d")
    host.page.locator("input[aria-label=Step]").fill("5")
    expect(host.page.locator(".told")).to_contain_text("Frame 5 of 0 to 5")
    at = "[S.image.src.endsWith('late.png'), S.film.at, S.shown[0].length]"
    assert host.state(at) == [False, 1, 1]
    held[0].fulfill(body=base64.b64decode(URLS[-1].partition(",")[2]), content_type="image/png")
    host.page.wait_for_function("document.querySelector('.box-canvas').__state.film.at === 5")
    assert host.state(at) == [True, 5, 5]


def test_a_frame_that_cannot_be_had_is_an_empty_one(host: Host) -> None:
    host.page.route("**/late.png", lambda route: route.abort())
    host.update(scene(0, "late", "http://127.0.0.1:9/late.png"))
    host.page.locator("input[aria-label=Step]").fill("5")
    host.page.wait_for_function("document.querySelector('.box-canvas').__state.film.at === 5")
    assert host.state("S.shown[0].length") == 5
    host.page.keyboard.press("a")
    assert shown(host) == (4, 4, 1)


def test_its_pace_is_in_the_look(host: Host) -> None:
    host.page.get_by_role("button", name="0.25").click()
    host.page.wait_for_timeout(300)
    assert host.told("look")[-1] == "p=0.25"
