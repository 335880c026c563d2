"""Drawing with a real mouse and keyboard: what is drawn is what Python gets, to the pixel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.mouse import Editor

SCRIPT = Path(__file__).parent / "apps" / "editor.py"
FIRST = [300, 300, 400, 380, "cat", False, False, True]


@pytest.fixture
def editor(serve: Callable[[Path], str], page: Page, settled: Callable[[Page], None]) -> Editor:
    page.goto(serve(SCRIPT))
    return Editor(page, settled)


def plain(*box: float, label: str = "cat") -> list:
    return [*box, label, False, False, False]


def test_boxes_are_drawn_moved_resized_and_nudged(editor: Editor) -> None:
    editor.drag((20, 30), (120, 90))
    assert editor.boxes() == [FIRST, plain(20, 30, 120, 90)]
    editor.drag((250, 200), (180, 150))
    assert editor.boxes()[2] == plain(180, 150, 250, 200)
    editor.click(60, 60)
    editor.drag((60, 60), (75, 50))
    assert editor.boxes()[1] == plain(35, 20, 135, 80)
    editor.drag((135, 80), (140, 100))
    assert editor.boxes()[1] == plain(35, 20, 140, 100)
    editor.drag((35, 60), (30, 300))
    assert editor.boxes()[1] == plain(30, 20, 140, 100)
    editor.press("ArrowRight", "ArrowDown", "Shift+ArrowLeft")
    assert editor.boxes()[1] == plain(21, 21, 131, 101)


def test_boxes_stay_inside_the_image(editor: Editor) -> None:
    editor.drag((600, 440), (700, 520))
    assert editor.boxes()[1] == plain(600, 440, 640, 480)
    editor.drag((620, 460), (500, 470))
    editor.press("Shift+ArrowDown", "Shift+ArrowDown")
    assert editor.boxes()[1] == plain(480, 440, 520, 480)


def test_classes_flags_duplicates_and_deletion(editor: Editor) -> None:
    editor.drag((20, 30), (120, 90))
    editor.press("2")
    assert editor.boxes()[1] == plain(20, 30, 120, 90, label="dog")
    editor.bar.get_by_label("New class").fill("  red   panda ")
    editor.bar.get_by_label("New class").press("Enter")
    assert editor.boxes()[1][4] == "red panda"
    assert editor.classes() == ["cat", "dog", "red panda"]
    editor.bar.get_by_role("button", name="difficult").click()
    editor.press("Control+d")
    assert editor.boxes()[1:] == [
        [20, 30, 120, 90, "red panda", True, False, False],
        [30, 40, 130, 100, "red panda", True, False, False],
    ]
    editor.press("Delete")
    editor.drag((500, 30), (560, 90))
    assert editor.boxes()[2] == plain(500, 30, 560, 90, label="red panda")
    editor.click(350, 350)
    editor.press("Backspace")
    assert len(editor.boxes()) == 2
    assert FIRST not in editor.boxes()


def test_undo_and_redo_walk_through_everything(editor: Editor) -> None:
    states = [editor.boxes()]
    for step in (
        lambda: editor.drag((20, 30), (120, 90)),
        lambda: editor.drag((60, 60), (90, 80)),
        lambda: editor.press("2"),
        lambda: editor.press("Delete"),
    ):
        step()
        states.append(editor.boxes())
    for state in reversed(states[:-1]):
        editor.press("Control+z")
        assert editor.boxes() == state
    for state in states[1:]:
        editor.press("Control+Shift+z")
        assert editor.boxes() == state


def test_escape_cancels_a_drag_then_the_selection(editor: Editor) -> None:
    editor.page.mouse.move(*editor.place(20, 30))
    editor.page.mouse.down()
    editor.page.mouse.move(*editor.place(90, 90))
    editor.press("Escape")
    editor.page.mouse.up()
    assert editor.boxes() == [FIRST]
    editor.click(350, 340)
    editor.press("Escape", "Delete")
    assert editor.boxes() == [FIRST]


def test_coordinates_are_exact_when_zoomed(editor: Editor) -> None:
    editor.page.mouse.move(*editor.place(100, 100))
    for _ in range(3):
        editor.page.mouse.wheel(0, -600)
    assert editor.root.evaluate("root => root.__state.view.scale / root.__state.view.fit") > 8
    editor.drag((97, 98), (104, 103))
    editor.drag((106.3, 96.6), (108.8, 99.4))
    assert editor.boxes()[1:] == [plain(97, 98, 104, 103), plain(106, 97, 109, 99)]


def test_a_box_within_the_selected_one_is_drawn_with_shift(editor: Editor) -> None:
    editor.drag((20, 30), (220, 230))
    editor.drag((60, 60), (100, 100), shift=True)
    assert editor.boxes()[1:] == [plain(20, 30, 220, 230), plain(60, 60, 100, 100)]


def test_python_replaces_only_with_a_new_epoch(editor: Editor) -> None:
    editor.drag((20, 30), (120, 90))
    editor.page.get_by_role("button", name="Rerun").click()
    assert len(editor.boxes()) == 2
    editor.page.get_by_role("button", name="Replace").click()
    expect(editor.page.locator("pre.kept")).to_contain_text("50.0")
    editor.drag((200, 30), (220, 90))
    assert [row[:4] for row in editor.boxes()] == [[0, 0, 50, 50], [200, 30, 220, 90]]
    editor.press("Control+z", "Control+z")
    assert len(editor.boxes()) == 2, "what was replaced can be had again"


def test_quick_changes_lose_nothing(editor: Editor) -> None:
    for n in range(12):
        editor.drag((20 + 40 * n, 20), (50 + 40 * n, 60))
        editor.press("ArrowDown", "ArrowDown")
    assert editor.boxes()[1:] == [plain(20 + 40 * n, 22, 50 + 40 * n, 62) for n in range(12)]


def test_keys_go_through_the_boxes(editor: Editor) -> None:
    editor.drag((20, 30), (120, 90))
    editor.press("Escape", "n", "ArrowRight", "n", "ArrowRight", "n", "ArrowRight")
    assert [row[0] for row in editor.boxes()] == [302, 21]
