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

from frcnn_viz.data.workspace import Workspace
from frcnn_viz.ui.classroom.card import PATH
from frcnn_viz.ui.classroom.door import COOKIE
from frcnn_viz.words import word
from tests.browser.classroom import SECRET, Classroom


def asked(address: str, cookie: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", f"/{PATH}", headers={"Cookie": cookie})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_who_asks_gets_their_own_workspace_alone(classroom: Classroom) -> None:
    for cookie, pictures, secret in ((classroom.ada.cookie, 3, True), (classroom.bob.cookie, 2, False)):
        answer, content = asked(classroom.address, cookie)
        assert (answer.status, answer.getheader("Cache-Control")) == (200, "no-store")
        assert "attachment" in answer.getheader("Content-Disposition")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
        assert len([name for name in found if name.startswith("images/")]) == pictures
        assert any(SECRET.encode() in one for one in found.values()) == secret
    for cookie in ("", f"{COOKIE}={'x' * 43}"):
        answer, content = asked(classroom.address, cookie)
        assert answer.status == 403
        assert b"PK" not in content


def test_taken_away_here_and_brought_back_there(
    classroom: Classroom, browser: Browser, settled: Callable[[Page], None], tmp_path: Path
) -> None:
    """Bob's two pictures, of which a newcomer has none."""
    until = date.today() + timedelta(days=14)
    for secret in (classroom.bob.secret, ""):
        with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
            if secret:
                context.add_cookies([{"name": COOKIE, "value": secret, "url": classroom.address}])
            page = context.new_page()
            page.goto(f"{classroom.address}/glossary")
            settled(page)
            line = page.locator(".st-key-workspace_card button").first
            expect(line).to_contain_text(f"{2 if secret else 0} of 40 pictures, 0 of 500 MB; kept until {until.day}")
            line.click()
            if secret:
                with page.expect_download() as download:
                    page.get_by_role("link", name=word("class.take_away").term).click()
                download.value.save_as(tmp_path / download.value.suggested_filename)
                continue
            page.get_by_test_id("stPopoverBody").locator("input[type=file]").set_input_files(
                tmp_path / "frcnn-viz-workspace.zip"
            )
            page.get_by_role("button", name=word("class.bring_it").term).click()
            expect(page.get_by_text("Brought back: 2 pictures.")).to_be_visible()
            expect(line).to_contain_text("2 of 40 pictures")
            (cookie,) = [one["value"] for one in context.cookies() if one["name"] == COOKIE]
    _, content = asked(classroom.address, f"{COOKIE}={cookie}")
    mine = Workspace(classroom.bob.tenant.folder, read_only=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for key in mine.ids:
            assert archive.read(f"images/{key}.png") == mine.picture_path(key).read_bytes()
            assert archive.read(f"annotations/{key}.json") == (mine.folder / f"annotations/{key}.json").read_bytes()
