"""A workspace with damage: the rest can be used, the damage is told, has a way out, and is never written over."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.files import PARTIAL, PARTIAL_SECONDS
from frcnn_viz.data.workspace import Workspace
from tests.data.test_workspace import CAT, DOG, again
from tests.pictures import picture


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three images; the second was drawn on twice."""
    workspace = Workspace(tmp_path / "workspace")
    for n in range(3):
        workspace.add(picture(n), f"{n}.png", [CAT])
    workspace.save(workspace.ids[1], [CAT, DOG])
    workspace.set_notes("for Tuesday")
    workspace.add_classes(["spare"])
    return workspace


def annotations(workspace: Workspace, key: str) -> Path:
    return workspace.folder / "annotations" / f"{key}.json"


def aside(path: Path) -> list[bytes]:
    return [kept.read_bytes() for kept in path.parent.glob(f"{path.name}.damaged-*")]


DAMAGES = [None, b"", b"{", b"[]", b"null", b'{"name": "a"}', b'{"objects": [{"box": [1], "label": 1}]}', b"\xff" * 99]


@pytest.mark.parametrize("damage", DAMAGES)
def test_one_damaged_image_takes_no_other_with_it(workspace: Workspace, damage: bytes | None) -> None:
    first, second, third = workspace.ids
    path = annotations(workspace, second)
    path.unlink() if damage is None else path.write_bytes(damage)
    for opened in (workspace, again(workspace)):
        assert [item.id for item in opened.items()] == [first, third]
        ((key, sentence),) = opened.damaged().items()
        assert key == second
        assert "1.png" in sentence
        assert second in sentence
        assert sentence.endswith("add the picture again or remove it.")
        assert [image.name for image in opened.dataset().images] == ["0.png", "2.png"]
        with pytest.raises(DataError, match=r"annotations of 1\.png"):
            opened.item(second)
    opened.save(first, [DOG])
    assert opened.add(picture(1), "again.png", [DOG]) == (second, False)
    item = opened.item(second)
    assert (item.name, item.objects, item.revision) == ("1.png", (CAT,), 2)  # as it was before the damaged revision
    assert opened.damaged() == {}
    assert opened.ids == (first, second, third)
    assert aside(path) == ([] if damage is None else [damage])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_image_can_be_removed(workspace: Workspace, damage: bytes | None) -> None:
    first, second, third = workspace.ids
    path = annotations(workspace, second)
    path.unlink() if damage is None else path.write_bytes(damage)
    workspace.picture_path(second).unlink()
    workspace.remove(second)
    workspace.remove(second)
    assert again(workspace).ids == (first, third)
    assert workspace.damaged() == {}
    assert aside(path) == ([] if damage is None else [damage])


def test_a_lost_or_damaged_picture_is_mended_by_adding_it_again(workspace: Workspace) -> None:
    first, second, _ = workspace.ids
    workspace.picture_path(first).unlink()
    workspace.picture_path(second).write_bytes(picture(1)[:300])
    with pytest.raises(ValueError, match=r"1\.png"):
        workspace.load(second)
    told = workspace.damaged()
    assert list(told) == [first, second]
    assert "0.png" in told[first]
    for n in (0, 1):
        assert workspace.add(picture(n), f"{n}.png") == (workspace.ids[n], False)
        assert workspace.load(workspace.ids[n]).sha256.startswith(workspace.ids[n])
    assert workspace.damaged() == {}
    assert workspace.item(second).objects == (CAT, DOG)


INDEXES = [b"[]", b"null", b"{", b"", b"{}", b'{"images": [1], "classes": [], "notes": ""}', None]


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("damage", INDEXES)
def test_a_damaged_index_is_kept_and_made_again(workspace: Workspace, damage: bytes | None, running: bool) -> None:
    before = {item.id: item for item in workspace.items()}
    path = workspace.folder / "workspace.json"
    path.unlink() if damage is None else path.write_bytes(damage)
    opened = workspace if running else again(workspace)
    assert opened.classes == ("cat", "dog")
    assert opened.ids == tuple(before)
    assert {item.id: item for item in opened.items()} == before
    (sentence,) = opened.told
    assert "3 images" in sentence
    assert again(workspace).told == []
    assert aside(path) == ([] if damage is None else [damage])
    opened.add(picture(3), "3.png")
    assert len(workspace.ids) == 4


def test_what_is_whole_in_a_damaged_index_is_taken(workspace: Workspace) -> None:
    path = workspace.folder / "workspace.json"
    content = json.loads(path.read_bytes())
    order = content["images"][::-1]
    path.write_text(json.dumps({**content, "images": order, "notes": None}))
    assert again(workspace).ids == tuple(order)
    assert set(workspace.classes) == {"cat", "dog", "spare"}


def test_a_file_that_cannot_be_read_now_is_not_taken_for_damaged(workspace: Workspace) -> None:
    path = workspace.folder / "workspace.json"
    content = path.read_bytes()
    path.unlink()
    path.mkdir()  # which no user may read, not even root
    with pytest.raises(DataError, match="cannot be read"):
        workspace.set_notes("new")
    path.rmdir()
    path.write_bytes(content)
    assert workspace.notes == "for Tuesday"
    assert workspace.told == aside(path) == []


def test_a_new_workspace_has_nothing_to_tell(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "new")
    assert (workspace.ids, workspace.classes, workspace.notes, workspace.told) == ((), (), "", [])
    assert workspace.damaged() == {}


def test_an_image_removed_and_added_again_keeps_its_history(workspace: Workspace) -> None:
    key = workspace.ids[1]
    for _ in range(2):
        workspace.save(key, [DOG])
        workspace.save(key, [CAT, DOG])
        kept = [workspace.item(key), *(workspace._items.earlier(key, n) for n in workspace.history(key))]
        workspace.remove(key)
        assert workspace.add(picture(1), "1.png") == (key, True)
        assert workspace.item(key).objects == ()
        assert workspace.item(key).revision == kept[0].revision + 1
        assert [workspace._items.earlier(key, n) for n in workspace.history(key)] == kept
        workspace.restore(key, workspace.history(key)[0])
        assert workspace.item(key).objects == (CAT, DOG)


def test_numbers_that_began_anew_write_nothing_over(workspace: Workspace) -> None:
    key = workspace.ids[1]
    path = annotations(workspace, key)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "revision": 1, "note": "after it was added again"}))
    workspace.save(key, [])
    notes = [workspace._items.earlier(key, n).note for n in workspace.history(key)]
    assert notes == ["after it was added again", ""]
    assert workspace.item(key).revision == 3


def test_what_killed_writers_left_is_swept(workspace: Workspace) -> None:
    key = workspace.ids[1]
    folders = [workspace.folder / name for name in (".", "images", "annotations", "thumbnails", f"history/{key}")]
    old, new = ([folder / f"{PARTIAL}{age}" for folder in folders] for age in ("old", "new"))
    long_ago = time.time() - PARTIAL_SECONDS - 60
    for path in (*old, *new):
        path.write_bytes(b"half")
    for path in old:
        os.utime(path, (long_ago, long_ago))
    again(workspace).save(key, [])
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in new)


def test_labels_that_the_list_lacks_are_in_it_once_opened(workspace: Workspace) -> None:
    path = workspace.folder / "workspace.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "classes": ["spare"]}))
    assert again(workspace).classes == workspace.classes == ("spare", "cat", "dog")


def test_too_many_classes_are_refused_before_anything_is_written(workspace: Workspace) -> None:
    key = workspace.ids[0]
    many = [Object((0.0, 0.0, 1.0, 1.0), f"class {n}") for n in range(1001)]
    with pytest.raises(DataError, match="at most 1,000"):
        workspace.save(key, many)
    assert workspace.item(key).objects == (CAT,)
    assert workspace.classes == ("cat", "dog", "spare")


def test_others_write_while_a_class_is_renamed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frcnn_viz.data.workspace.HOLD", 0.0)  # it rests after every image, some two seconds in all
    for n in range(3, 20):
        workspace.add(picture(n), f"{n}.png", [CAT])
    other, saved = again(workspace), []
    renaming = threading.Thread(target=workspace.rename_class, args=("cat", "lion"))
    renaming.start()
    while renaming.is_alive():
        other.save(other.ids[-1], [CAT, DOG] if len(saved) % 2 else [CAT])
        saved.append(renaming.is_alive())
        time.sleep(0.05)
    renaming.join()
    assert sum(saved) >= 2, "nobody had to wait for the end"
    labels = {one.label for item in workspace.items() for one in item.objects}
    assert labels <= set(workspace.classes)
    workspace.rename_class("cat", "lion")
    assert {one.label for item in workspace.items() for one in item.objects} <= {"lion", "dog"}
    assert workspace.classes[0] == "lion"
    assert "cat" not in workspace.classes
