"""A teacher's workspace is read by all and written by none of them; what one copied is one's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from frcnn_viz.data import homes
from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.files import READ_ONLY, as_json
from frcnn_viz.data.tenant import Tenant, acting_as
from frcnn_viz.data.video_facts import VideoFacts
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.lessons.opening import open_picture
from frcnn_viz.training.run import CLASS, WORKSPACE
from frcnn_viz.training.sets import absolute, open_set
from tests.pictures import picture

CLIP, FACTS = "c" * 16, VideoFacts(64, 48, "mp4", "h264", (0.0,), (0,), (0,), (0,))
CAT, DOG = Object((1.0, 2.0, 30.0, 40.0), "cat"), Object((5.0, 5.0, 19.0, 29.0), "dog")


@pytest.fixture
def teacher(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "base")
    made.add(picture(1), "one.png", [CAT])
    (made.folder / "clips").mkdir()
    (made.folder / "clips" / f"{CLIP}.json").write_bytes(as_json({"name": "film.mp4", "facts": FACTS.to_dict()}))
    return made


@pytest.fixture
def visitor(teacher: Workspace) -> Iterator[Tenant]:
    one = Tenant(teacher.folder / "visitors" / "a", opens_paths=False, shared=teacher.folder)
    with acting_as(one):
        yield one


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All files of a folder but the visitors', with their times."""
    files = [path for path in folder.rglob("*") if path.is_file() and "visitors" not in path.parts]
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


WRITERS: dict[str, Callable[[Workspace, str], object]] = {
    "add": lambda kept, key: kept.add(picture(2), "two.png"),
    "add again": lambda kept, key: kept.add(picture(1), "one.png"),
    "save": lambda kept, key: kept.save(key, [DOG]),
    "set_note": lambda kept, key: kept.set_note(key, "mine"),
    "set_notes": lambda kept, key: kept.set_notes("mine"),
    "add_classes": lambda kept, key: kept.add_classes(["dog"]),
    "rename_class": lambda kept, key: kept.rename_class("cat", "dog"),
    "remove": lambda kept, key: kept.remove(key),
    "clips.add": lambda kept, key: kept.clips.add(picture(2), "film.mp4"),
    "clips.save": lambda kept, key: kept.clips.save(CLIP, 0, [CAT]),
    "clips.remove": lambda kept, key: kept.clips.remove(CLIP),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_change_of_what_is_read_only_is_refused(name: str, teacher: Workspace) -> None:
    before = snapshot(teacher.folder)
    with pytest.raises(DataError) as told:
        WRITERS[name](Workspace(teacher.folder, read_only=True), teacher.ids[0])
    assert str(told.value) == READ_ONLY
    assert snapshot(teacher.folder) == before


def test_reading_makes_mends_and_sweeps_nothing(tmp_path: Path, teacher: Workspace) -> None:
    nowhere = Workspace(tmp_path / "nowhere", read_only=True)
    assert (nowhere.ids, nowhere.items(), nowhere.damaged(), nowhere.dataset().images) == ((), [], {}, ())
    assert (nowhere.clips.ids(), nowhere.clips.drawn(CLIP)) == ((), ())
    assert not nowhere.folder.exists()
    (teacher.folder / "workspace.json").write_text("{")
    (teacher.folder / ".new-old").write_text("")
    before = snapshot(teacher.folder)
    assert Workspace(teacher.folder, read_only=True).ids == ()
    assert snapshot(teacher.folder) == before
    assert teacher.ids  # who may write mends it
    read = Workspace(teacher.folder, read_only=True)
    assert read.load(read.ids[0]).size == (48, 64)


def test_what_is_read_follows_what_the_teacher_does_meanwhile(teacher: Workspace) -> None:
    read, done, wrong = Workspace(teacher.folder, read_only=True), threading.Event(), []

    def look() -> None:
        while not done.is_set():
            try:
                items = read.items()
                assert all(item.objects in ((CAT,), (CAT, DOG)) for item in items)
                read.dataset(), read.damaged(), read.clips.ids()
            except Exception as error:
                wrong.append(error)

    looking = threading.Thread(target=look)
    looking.start()
    for seed in range(10, 20):
        key, _ = teacher.add(picture(seed), f"{seed}.png", [CAT])
        teacher.save(key, [CAT, DOG])
        teacher.remove(key)
    done.set()
    looking.join()
    assert not wrong
    assert read.ids == teacher.ids


def test_a_picture_is_the_class_s_until_one_copies_it(visitor: Tenant, teacher: Workspace) -> None:
    (key,) = teacher.ids
    assert (homes.home_of(key).folder, homes.home_of(key).read_only) == (teacher.folder, True)
    image, truth = open_picture(key)
    assert (image.name, truth.names) == ("one.png", ("cat",))
    homes.copy(key)
    assert homes.home_of(key) is homes.own()
    assert (homes.own().item(key).objects, homes.own().picture_path(key).read_bytes()) == ((CAT,), picture(1))
    homes.own().save(key, [DOG])
    assert open_picture(key)[1].names == ("dog",)
    assert [image.objects for image in open_set(WORKSPACE).dataset.images] == [(DOG,)]
    assert [image.objects for image in open_set(CLASS).dataset.images] == [(CAT,)]
    homes.own().remove(key)
    assert open_picture(key)[1].names == ("cat",)
    assert homes.home_of(f"clip:{CLIP}@0").clips.clip(CLIP).name == "film.mp4"
    with pytest.raises(DataError, match="no longer in the workspace"):
        homes.home_of("0" * 16).item("0" * 16)


def test_the_teacher_and_who_is_in_no_class_share_nothing(teacher: Workspace) -> None:
    with acting_as(Tenant(teacher.folder)):
        assert homes.shared() is None
        assert not homes.home_of(teacher.ids[0]).read_only
        assert [image.objects for image in open_set(CLASS).dataset.images] == [(CAT,)]
    assert absolute(CLASS) == CLASS
