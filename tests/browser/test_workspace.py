"""Your own images in a real browser: drawn by mouse, imported, kept through a killed server, and learnt from."""

from __future__ import annotations

import io
import os
import signal
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.workspace import Workspace
from tests.browser.conftest import open_by_menu, open_tab
from tests.browser.mouse import Editor

Settled = Callable[[Page], None]
Serve = Callable[[Path], tuple]


def photo(name: str = "pets.png") -> dict[str, object]:
    """A picture with two things in it, as a browser uploads it."""
    picture = Image.effect_noise((640, 480), 40).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((100, 120, 260, 300), fill="sienna")
    draw.ellipse((380, 200, 540, 420), fill="tan")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": buffer.getvalue()}


def open_editor(page: Page, address: str, settled: Settled) -> Editor:
    """The photo uploaded in the sidebar, and opened to be drawn on."""
    page.goto(address)
    settled(page)
    page.locator("section[data-testid=stSidebar] input[type=file]").set_input_files(photo())
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("Yours: pets.png")
    open_by_menu(page, "images")
    open_tab(page, "draw")
    settled(page)
    return Editor(page, settled)


def saved(editor: Editor, workspace: Workspace) -> tuple[Object, ...]:
    """What is on disk, once the editor knows that its last change is there."""
    editor.page.wait_for_function(
        "root => root.__state.tools.sent === root.__state.tools.acked",
        arg=editor.root.element_handle(),
        timeout=20_000,
    )
    (item,) = workspace.items()
    return item.objects


def test_what_was_drawn_outlives_a_killed_server(
    serve_workspace: Serve, page: Page, settled: Settled, tmp_path: Path
) -> None:
    folder = tmp_path / "workspace"
    process, address = serve_workspace(folder)
    editor = open_editor(page, address, settled)
    editor.bar.get_by_label("New class").fill("dog")
    editor.bar.get_by_label("New class").press("Enter")
    editor.drag((100, 120), (260, 300))
    editor.drag((380, 200), (540, 420))
    editor.drag((460, 300), (470, 290))  # the second is moved by (10, -10)
    editor.bar.get_by_label("New class").fill("cat")
    editor.bar.get_by_label("New class").press("Enter")  # and is a cat now
    editor.press("1", "Delete")
    editor.press("Control+z", "Control+z")  # undone: it is there again, and a cat
    expected = (Object((100, 120, 260, 300), "dog"), Object((390, 190, 550, 410), "cat"))
    assert saved(editor, Workspace(folder)) == expected
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    link = page.url.removeprefix(address)
    _, address = serve_workspace(folder)
    page.goto(address + link)
    settled(page)
    again = Editor(page, settled)
    rows = again.root.evaluate("root => root.__state.tools.boxes.map(b => [...b.c, b.label])")
    assert rows == [[100, 120, 260, 300, "dog"], [390, 190, 550, 410, "cat"]]
    assert Workspace(folder).classes == ("dog", "cat")


def test_two_classes_are_drawn_and_their_losses_shown_within_a_minute(
    serve_workspace: Serve, page: Page, settled: Settled, tmp_path: Path
) -> None:
    folder = tmp_path / "workspace"
    _, address = serve_workspace(folder)
    start = time.monotonic()
    editor = open_editor(page, address, settled)
    for name, corners in (("dog", ((100, 120), (260, 300))), ("cat", ((380, 200), (540, 420)))):
        editor.press("Escape")
        editor.bar.get_by_label("New class").fill(name)
        editor.bar.get_by_label("New class").press("Enter")
        editor.drag(*corners)
    assert [one.label for one in saved(editor, Workspace(folder))] == ["dog", "cat"]
    open_by_menu(page, "training")
    open_tab(page, "losses")
    settled(page)
    expect(page.get_by_text("The head for cat, dog is untrained")).to_be_visible()
    metrics = page.locator("[data-testid=stMetricValue]")
    expect(metrics).to_have_count(6)
    values = metrics.all_inner_texts()
    assert time.monotonic() - start < 60
    *four, total = map(float, values[:5])
    assert len(four) == 4
    assert all(value > 0 for value in four)
    assert total == pytest.approx(sum(four), abs=3e-4)


def test_a_zip_is_imported_browsed_and_filtered(
    serve_workspace: Serve, page: Page, settled: Settled, tmp_path: Path
) -> None:
    _, address = serve_workspace(tmp_path / "workspace")
    page.goto(f"{address}/images")
    settled(page)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for number, shade in enumerate(("red", "green", "blue")):
            buffer = io.BytesIO()
            Image.new("RGB", (64, 48), shade).save(buffer, "PNG")
            file.writestr(f"images/{number}.png", buffer.getvalue())
            if number:
                file.writestr(f"labels/{number}.txt", "0 0.5 0.5 0.25 0.25\n")
        file.writestr("classes.txt", "ball\n")
    chooser = page.locator("[data-testid=stMain] input[type=file]").first
    chooser.set_input_files({"name": "set.zip", "mimeType": "application/zip", "buffer": archive.getvalue()})
    page.get_by_role("button", name="Add 1 file").click()
    settled(page)
    expect(page.get_by_text("Added 3 new images.")).to_be_visible()  # though the choosers are folded away now
    page.get_by_role("button", name="Dismiss").click()
    settled(page)
    expect(page.get_by_text("Added 3 new images.")).to_have_count(0)
    tiles = page.locator("[data-testid=stMain] .gallery .tile")
    expect(tiles).to_have_count(3)
    page.get_by_role("combobox", name="Show", exact=True).click()
    page.get_by_role("option", name="without objects").click()
    expect(tiles).to_have_count(1)
    tiles.first.click()
    settled(page)
    expect(page.get_by_text("0.png: 0 objects")).to_be_visible()


def test_hostile_uploads_are_told_and_change_nothing(
    serve_workspace: Serve, page: Page, settled: Settled, tmp_path: Path
) -> None:
    folder = tmp_path / "workspace"
    _, address = serve_workspace(folder)
    page.goto(f"{address}/images")
    settled(page)
    outside, bomb = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(outside, "w") as file:
        file.writestr("../../evil.png", b"x")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("huge.json", bytes(300_000_000))
    laughs = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><annotation><filename>&c;</filename></annotation>'
    for name, content, words in (
        ("outside.zip", outside.getvalue(), "names a file outside itself"),
        ("bomb.zip", bomb.getvalue(), "packed like a bomb"),
        ("laughs.xml", laughs, "laughs.xml"),
        ("cut.png", photo()["buffer"][:500], "cut.png"),
    ):
        chooser = page.locator("[data-testid=stMain] input[type=file]").first
        chooser.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
        page.get_by_role("button", name="Add 1 file").click()
        expect(page.get_by_text("1 left out")).to_be_visible()
        settled(page)
        expect(page.locator("[data-testid=stExpander]").get_by_text(words)).to_be_visible()
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
    assert Workspace(folder).ids == ()
    assert not (tmp_path / "evil.png").exists()
