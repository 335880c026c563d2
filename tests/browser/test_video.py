"""Video in a real browser: from a file to the cause of a gap, and the frame one rests at on every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from frcnn_viz.data.clips import find_clip
from frcnn_viz.data.filming import write_video
from frcnn_viz.words import word
from tests.browser.conftest import open_by_menu, open_tab

FRAMES = range(14, 24)


def clip_file(folder: Path) -> Path:
    """A part of the sample clip, in which a car is lost, as a file without ground truth."""
    clip, path = find_clip("crossing"), folder / "street.mp4"
    times = [clip.times[frame] - clip.times[FRAMES[0]] for frame in FRAMES]
    write_video(path, (clip.pixels(frame).permute(1, 2, 0).numpy() for frame in FRAMES), times)
    return path


def examine(page: Page, what: str) -> Locator:
    """Examine all frames, until that is there; a page that is still being opened may lose a click, or end the work."""
    button, made = page.get_by_role("button", name=word("film.examine").term), page.get_by_test_id(what)
    for _ in range(5):
        button.click()
        with suppress(PlaywrightTimeout):
            made.wait_for(timeout=30_000)
            break
    expect(made).to_be_visible()
    return made


def state(page: Page, expression: str) -> object:
    return page.locator(".box-canvas").first.evaluate(f"(root) => {{ const S = root.__state; return {expression}; }}")


def test_from_a_file_to_the_cause_of_a_gap_in_four_clicks(
    serve_workspace: Callable[[Path], tuple], page: Page, settled: Callable[[Page], None], tmp_path: Path
) -> None:
    _, address = serve_workspace(tmp_path / "workspace")
    page.goto(f"{address}/video?model=street-fpn")
    settled(page)
    clicks = 0
    chooser = page.locator("section[data-testid=stSidebar] input[type=file]")
    chooser.set_input_files(clip_file(tmp_path))
    clicks += 1
    expect(page.locator(".box-canvas")).to_be_visible(timeout=60_000)
    settled(page)
    open_tab(page, "flicker")
    clicks += 1
    table = examine(page, "stDataFrame")
    clicks += 1
    settled(page)
    place = table.bounding_box()
    page.mouse.click(place["x"] + 15, place["y"] + 53)  # the first row's box
    clicks += 1
    expect(page.get_by_role("button", name=word("gap.all").term)).to_be_visible()
    expect(page.locator(".box-canvas")).to_have_count(2)
    settled(page)
    assert clicks <= 4
    expect(page.get_by_text(", lost in frame")).to_be_visible()
    expect(page.locator(".st-key-below_compared")).to_contain_text(
        re.compile("Score fell from|uppressed by|fell to|rose")
    )
    for one in page.locator(".box-canvas").all():
        assert (
            one.evaluate("(root) => isNaN(root.__state.image?.naturalWidth) ? 0 : root.__state.image.naturalWidth")
            == 640
        )


def test_every_page_is_about_the_frame_one_rests_at(serve: Callable[..., str], page: Page, settled: Callable) -> None:
    page.goto(f"{serve()}/video?image=clip:crossing@3&model=street-fpn")
    settled(page)
    assert state(page, "S.film.at") == 3
    for _ in range(4):
        page.keyboard.press("d")
    page.wait_for_url("**clip%3Acrossing%407**")
    settled(page)
    assert state(page, "S.film.at") == 7
    assert "Frame 7 of 0 to 29" in page.locator(".told").inner_text()
    page.keyboard.press("s")
    expect(page.locator(".told")).to_contain_text("Frame 1")  # the tenth or a later one
    page.keyboard.press("s")
    at = state(page, "S.film.at")
    page.wait_for_url(f"**clip%3Acrossing%40{at}**")
    open_by_menu(page, "proposals")
    settled(page)
    assert f"clip%3Acrossing%40{at}" in page.url
    expect(page.locator(".box-canvas")).to_be_visible()


def test_stopped_it_keeps_what_was_examined(serve: Callable[..., str], page: Page, settled: Callable) -> None:
    page.goto(f"{serve()}/video?image=clip:evening@0&model=street-fpn&box_score_thresh=0.34&video.tab=flicker")
    settled(page)
    told = examine(page, "stProgress")
    expect(told).to_have_text(re.compile(r"^([2-9]|\d\d) of 50 frames$"))
    page.get_by_role("button", name=word("action.stop").term).click()
    expect(told).to_have_count(0)
    examine(page, "stProgress")
    expect(told).to_have_text(re.compile(r"^([2-9]|\d\d) of 50 frames$"))  # it goes on
    expect(page.locator(".js-plotly-plot")).to_be_visible(timeout=90_000)
