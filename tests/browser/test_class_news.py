"""A picture that the teacher shows comes to a visitor's browser by itself, and goes again at a click."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from frcnn_viz.classroom.news import push
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.ui.classroom.door import COOKIE
from frcnn_viz.words import word
from tests.browser.classroom import Classroom


def test_what_the_teacher_shows_comes_by_itself(
    classroom: Classroom, browser: Browser, settled: Callable[[Page], None]
) -> None:
    key = Workspace(classroom.base, read_only=True).ids[0]
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.add_cookies([{"name": COOKIE, "value": classroom.bob.secret, "url": classroom.address}])
    page = context.new_page()
    page.goto(f"{classroom.address}/glossary?image=night")
    settled(page)
    push(classroom.base, key, "Count the <b>squares</b>.")
    line = page.locator(".st-key-news")
    expect(line).to_contain_text(f"{word('news.shown').term}: Count the <b>squares</b>.")
    expect(page.locator("h1")).to_have_text(word("page.overview").term)
    expect(page.locator(".st-key-choose_image input")).to_have_value("Class: of-the-class-0.png")
    line.get_by_role("button", name=word("news.back").term).click()
    expect(page.locator("h1")).to_have_text(word("page.glossary").term)
    expect(page.locator(".st-key-choose_image input")).to_have_value("Night")
    expect(line).to_have_count(0)
    context.close()
