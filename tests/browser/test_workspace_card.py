"""A visitor of a class sees how much is kept, takes it away, and brings it back in another browser."""

from __future__ import annotations

import http.client
import io
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.ui.classroom.card import PATH
from frcnn_viz.ui.classroom.door import COOKIE
from frcnn_viz.words import word
from tests.browser.classroom import BOX, SECRET, Classroom, picture, rules, visitor


def asked(address: str, cookie: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", f"/{PATH}", headers={"Cookie": cookie})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_who_asks_gets_their_own_workspace_alone(classroom: Classroom) -> None:
    for one, secret in ((classroom.ada, True), (classroom.bob, False)):
        answer, content = asked(classroom.address, one.cookie)
        assert (answer.status, answer.getheader("Cache-Control")) == (200, "no-store")
        assert "attachment" in answer.getheader("Content-Disposition")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
        pictures = {name[7:23] for name in found if name.startswith("images/")}
        assert pictures == set(Workspace(one.tenant.folder, read_only=True).ids)
        assert any(SECRET.encode() in one for one in found.values()) == secret
    for cookie in ("", f"{COOKIE}={'x' * 43}"):
        answer, content = asked(classroom.address, cookie)
        assert answer.status == 403
        assert b"PK" not in content


def test_taken_away_and_brought_back_on_the_page(
    classroom: Classroom, browser: Browser, settled: Callable[[Page], None], tmp_path: Path
) -> None:
    """Of one who has two pictures, one of which was removed meanwhile."""
    carol = visitor(classroom.address, classroom.base, rules(classroom.token))
    until, workspace = date.today() + timedelta(days=14), Workspace(carol.tenant.folder)
    for n in range(2):
        workspace.add(picture((40, 90, 140), 200 + n), f"carols-{n}.png", [Object(BOX, "square")])
    gone, count = workspace.item(workspace.ids[0]), len(workspace.ids) + len(workspace.clips.ids())
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        context.add_cookies([{"name": COOKIE, "value": carol.secret, "url": classroom.address}])
        page = context.new_page()
        page.goto(f"{classroom.address}/glossary")
        settled(page)
        line, body = page.locator(".st-key-workspace_card button").first, page.get_by_test_id("stPopoverBody")
        expect(line).to_contain_text(f"{count} of 40 pictures, 0 of 500 MB; kept until {until.day}")
        line.click()
        with page.expect_download() as download:
            page.get_by_role("link", name=word("class.take_away").term).click()
        download.value.save_as(tmp_path / download.value.suggested_filename)
        workspace.remove(gone.id)
        body.locator("input[type=file]").set_input_files(tmp_path / "frcnn-viz-workspace.zip")
        page.get_by_role("button", name=word("class.bring_it").term).click()
        expect(page.get_by_text(f"Brought back: 1 picture. {count - 1} thing")).to_be_visible()
        expect(line).to_contain_text(f"{count} of 40 pictures")
    assert workspace.item(gone.id).objects == gone.objects
