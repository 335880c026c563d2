"""The workspace: what was done is on disk, whole, whoever else writes and whenever the server dies."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from PIL import Image

from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.images import ImageError
from frcnn_viz.data.importing import import_source
from frcnn_viz.data.items import HISTORY
from frcnn_viz.data.sources import from_bytes
from frcnn_viz.data.workspace import Workspace
from tests.pictures import picture

CAT = Object((1.0, 2.0, 30.5, 40.0), "cat", truncated=True)
DOG = Object((5.0, 5.0, 9.0, 9.0), "dog")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def again(workspace: Workspace) -> Workspace:
    return Workspace(workspace.folder)


def test_everything_is_there_after_a_restart(workspace: Workspace) -> None:
    key, new = workspace.add(picture(), "first.png")
    assert new
    workspace.save(key, [CAT, DOG])
    workspace.set_note(key, "ears")
    workspace.set_notes("for Tuesday")
    back = again(workspace)
    item = back.item(key)
    assert (item.name, item.width, item.height, item.objects, item.note) == ("first.png", 64, 48, (CAT, DOG), "ears")
    assert (back.ids, back.classes, back.notes) == ((key,), ("cat", "dog"), "for Tuesday")
    assert back.picture_path(key).read_bytes() == picture()
    assert Image.open(back.thumbnail_path(key)).size == (64, 48)
    assert back.load(key).sha256.startswith(key)


def test_the_same_picture_is_never_there_twice(workspace: Workspace) -> None:
    key, _ = workspace.add(picture(), "first.png")
    assert workspace.add(picture(), "copy.png") == (key, False)
    assert workspace.item(key).name == "first.png"
    workspace.add(picture(), "copy.png", [CAT])
    assert workspace.item(key).objects == (CAT,)
    workspace.add(picture(), "copy.png", [DOG])
    assert workspace.item(key).objects == (CAT,), "what was drawn is not written over by an import"


def test_what_is_no_picture_leaves_the_workspace_as_it_was(workspace: Workspace) -> None:
    workspace.add(picture(), "first.png")
    before = {path: path.read_bytes() for path in workspace.folder.rglob("*.json")}
    with pytest.raises(ImageError):
        workspace.add(b"GIF89a nothing", "bad.gif")
    assert {path: path.read_bytes() for path in workspace.folder.rglob("*.json")} == before


def test_what_was_written_over_can_be_restored(workspace: Workspace) -> None:
    key, _ = workspace.add(picture(), "a.png")
    workspace.save(key, [CAT])
    revision = workspace.item(key).revision
    workspace.save(key, [])
    assert workspace.history(key)[0] == revision
    workspace.restore(key, revision)
    assert workspace.item(key).objects == (CAT,)
    for n in range(HISTORY + 5):
        workspace.save(key, [Object((0.0, 0.0, 1.0 + n, 1.0), "cat")])
    assert len(workspace.history(key)) == HISTORY


def test_a_second_tab_is_told_and_loses_nothing(workspace: Workspace) -> None:
    key, _ = workspace.add(picture(), "a.png")
    other = again(workspace)
    base = workspace.item(key).revision
    assert other.save(key, [CAT], base=base)
    assert not workspace.save(key, [DOG], base=base)
    assert workspace.item(key).objects == other.item(key).objects == (DOG,)
    other.restore(key, other.history(key)[0])
    assert workspace.item(key).objects == (CAT,)


def test_saving_the_same_changes_nothing(workspace: Workspace) -> None:
    key, _ = workspace.add(picture(), "a.png", [CAT])
    revision = workspace.item(key).revision
    workspace.save(key, [CAT])
    assert workspace.item(key).revision == revision


def test_many_threads_and_tabs_write_at_once(workspace: Workspace) -> None:
    keys = [workspace.add(picture(n), f"{n}.png")[0] for n in range(3)]

    def write(number: int) -> None:
        mine = again(workspace)
        for step in range(5):
            mine.save(keys[number % 3], [Object((0.0, 0.0, 1.0 + step, 1.0 + number), f"class {number}")])

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(workspace.classes) == {f"class {n}" for n in range(6)}
    assert all(len(workspace.item(key).objects) == 1 for key in keys)
    assert all(workspace.item(key).revision == 11 for key in keys), "no change was lost"


def test_imports_tell_what_they_left_out(workspace: Workspace) -> None:
    voc = (
        "<annotation><filename>{}</filename><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax>"
    )
    voc += "<ymax>9</ymax></bndbox></object></annotation>"
    files = {
        "a.png": picture(1),
        "a.xml": voc.format("a.png").encode(),
        "b.png": b"broken",
        "c.xml": voc.format("c.png").encode(),
        "d.xml": b"<annotation>",
        "e.png": picture(2),
    }
    source = from_bytes(files)
    done = import_source(workspace, source, read_dataset(source))
    assert [workspace.item(key).name for key in done.added] == ["a.png", "e.png"]
    assert [len(workspace.item(key).objects) for key in done.added] == [1, 0]
    assert sorted(problem.split()[0] for problem in done.problems) == ["b.png", "c.xml", "d.xml"]
    alone = from_bytes({"e.xml": voc.format("e.png").encode()})
    late = import_source(workspace, alone, read_dataset(alone))
    assert late.known == (done.added[1],)
    assert len(workspace.item(done.added[1]).objects) == 1


def test_an_import_can_be_stopped(workspace: Workspace) -> None:
    source = from_bytes({f"{n}.png": picture(n) for n in range(5)})
    done = import_source(workspace, source, read_dataset(source), progress=lambda done, total: done < 2)
    assert len(done.added) == len(again(workspace).ids) == 2


def test_removed_images_stay_on_disk(workspace: Workspace) -> None:
    key, _ = workspace.add(picture(), "a.png", [CAT])
    workspace.remove(key)
    assert workspace.ids == ()
    assert (workspace.folder / "removed" / f"{key}.png").read_bytes() == picture()
    with pytest.raises(DataError, match="no longer in the workspace"):
        workspace.item(key)
    assert workspace.add(picture(), "a.png") == (key, True)


def test_classes_are_renamed_everywhere(workspace: Workspace) -> None:
    key, _ = workspace.add(picture(), "a.png", [CAT, DOG])
    workspace.add_classes(["cat", "dog", "  bird\n"])
    workspace.rename_class("dog", "cat")
    assert workspace.classes == ("cat", "bird")
    assert [o.label for o in workspace.item(key).objects] == ["cat", "cat"]


def test_a_newer_workspace_says_so(workspace: Workspace) -> None:
    (workspace.folder / "workspace.json").write_text(json.dumps({"version": 2}))
    with pytest.raises(DataError, match="newer version"):
        again(workspace)
