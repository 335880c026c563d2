"""The page of the family in a browser: its clock begins the search, which can be stopped; crops come in portions."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_a_search_begins_by_itself_and_can_be_stopped(
    serve: Callable[..., str], page: Page, settled: Callable[[Page], None]
) -> None:
    page.goto(f"{serve()}/family?image=far-away")
    stop = page.locator(".st-key-family_stop button").first
    stop.click()
    expect(page.get_by_text("Selective search was stopped")).to_be_visible()
    page.locator(".st-key-family_search button").first.click()
    expect(page.get_by_text(re.compile(r"^Fast R-CNN: [\d,]+ regions"))).to_be_visible(timeout=90_000)
    expect(page.get_by_text(re.compile(r"^R-CNN: 50 of [\d,]+ regions"))).to_be_visible()
    expect(stop).to_have_count(0)
    page.locator(".st-key-family_all button").first.click()
    expect(page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ crops"))).to_be_visible()
    expect(page.locator(".st-key-family_all")).to_have_count(0)
    page.locator(".st-key-action_stop button").first.click()
    expect(page.locator(".st-key-family_all button").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"^R-CNN: (?!50 of)[\d,]+ of [\d,]+ regions"))).to_be_visible()
    settled(page)
