"""Every page, run for a visitor, opens the visitor's own files alone, and of the teacher's what all may read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from frcnn_viz.classroom.rules import CLASS_VARIABLE, rules
from frcnn_viz.classroom.visitors import Visitors
from frcnn_viz.data import tenant as tenants
from frcnn_viz.data.annotations import AnnotatedImage, DataError
from frcnn_viz.data.tenant import FOLDER_VARIABLE, Tenant, acting_as
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.training.run import WORKSPACE
from frcnn_viz.training.sets import open_set
from frcnn_viz.ui.classroom import door
from frcnn_viz.ui.classroom.door import visitors
from tests.browser.classroom import fill_ada, fill_base, fill_bob, film
from tests.browser.classroom import rules as rules_of
from tests.pages.opening import open_app, open_page, places

SMALL = {"min_size": "64", "max_size": "96"}
READ = ("images", "thumbnails", "annotations", "clips", "models", "runs", "workspace.json")
"""Of the teacher's workspace all of a class may read these, and nothing else but what follows."""
SHARED = ("line", "news.json")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
TWO = ("os.rename", "os.link", "os.symlink", "shutil.copyfile", "shutil.move", "shutil.copytree")
ONE = ("os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.utime", "os.chmod", "shutil.rmtree", "sqlite3.connect")
LOOKS = ("os.listdir", "os.scandir")
FOR_ALL = "frcnn_viz.data.decoding"
"""The one process that serves whoever asks: it is told paths, and looks for none."""


@dataclass
class Watch:
    """What was done with paths below a folder: how, and with which.

    Attributes:
        below: the folder; nothing is noted without one, since what listens to Python can never be taken away again.
        seen: what was done. started: the commands of processes, and their environments.
    """

    below: Path | None = None
    seen: set[tuple[str, Path]] = field(default_factory=set)
    started: list[tuple[list[str], dict[str, str]]] = field(default_factory=list)

    def __call__(self, event: str, told: tuple[Any, ...]) -> None:
        if self.below is None:
            return
        if event == "open":
            self._note("write" if told[2] & WRITES else "read", told[0])
        elif event in LOOKS:
            self._note("read", told[0])
        elif event in TWO or event in ONE:
            for path in told[: 1 + (event in TWO)]:
                self._note("write", path)
        elif event == "subprocess.Popen":
            self.started.append((list(told[1]), told[3] or dict(os.environ)))

    def _note(self, how: str, path: object) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            whole = Path(os.path.abspath(os.fsdecode(path)))
            if whole.is_relative_to(self.below):
                self.seen.add((how, whole))


WATCH = Watch()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tenant, Path]]:
    """A visitor for whom scripts run, another who has some of everything, and the teacher's folder."""
    place = tmp_path_factory.mktemp("class")
    base, held = place / "workspace", rules_of("token")
    fill_base(base)
    known = Visitors(base, held)
    ada, bob = (known.tenant(known.issue()) for _ in range(2))
    fill_ada(ada, place)
    fill_bob(bob)
    Workspace(bob.folder).clips.add(film(place, (30, 60, 220)), "bobs.mp4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(base))
        patch.setenv(CLASS_VARIABLE, held.to_text())
        patch.setattr(tenants, "_find", tenants._find)
        patch.setattr(door, "tenant_of", lambda cookies: bob)  # a test's browser has no cookies
        door.open_door()
        for cached in (rules, visitors):
            cached.cache_clear()
        sys.addaudithook(WATCH)
        yield bob, base
        WATCH.below = None
    for cached in (rules, visitors):
        cached.cache_clear()


def may(one: Tenant, base: Path, how: str, path: Path) -> bool:
    """Whether a visitor may have that done with a file of the class."""
    if path.is_relative_to(one.folder):
        return True
    first = path.relative_to(base).parts[:1]
    return path == base or (first and (first[0] in SHARED or (how == "read" and first[0] in READ)))


def open_frame(image: str) -> None:
    """What surrounds every page, and the first one in it."""
    test = open_app(image=image, **SMALL)
    assert not test.exception
    assert test.sidebar.selectbox(key="choose_image").value == image


@pytest.mark.parametrize("place", ["frame", *places()])
def test_a_page_opens_nothing_of_anybody_elses(watched: tuple[Tenant, Path], place: str) -> None:
    bob, base = watched
    workspace = Workspace(bob.folder)
    image = f"clip:{workspace.clips.ids()[0]}@1" if place.startswith("video") else workspace.ids[0]
    WATCH.seen.clear()
    WATCH.started.clear()
    WATCH.below = base
    try:
        open_frame(image) if place == "frame" else open_page(place, image=image, set="yours", **SMALL)
    finally:
        WATCH.below = None
    assert {(how, path) for how, path in WATCH.seen if not may(bob, base, how, path)} == set()
    for command, environment in WATCH.started:
        assert command[-1] == FOR_ALL or Path(environment[FOLDER_VARIABLE]) == bob.folder
    assert any(path.is_relative_to(bob.folder) for _, path in WATCH.seen), "nothing was seen"


def test_a_runs_list_of_pictures_names_ones_own_alone(watched: tuple[Tenant, Path]) -> None:
    """A list may have been brought, and so may name anything as a picture's file."""
    bob, base = watched
    ada = next(one for one in Visitors(base, rules_of("token")).all() if one != bob)
    key = Workspace(ada.folder).ids[0]
    above = f"../../{ada.folder.name}/images/{key}"
    for name in (key, f"{key}.png", above, f"{above}.png", f"{ada.folder}/images/{key}", f"?{key[1:]}", "*", ""):
        with acting_as(bob), pytest.raises(DataError, match=r"missing|no longer"):
            open_set(WORKSPACE).content(AnnotatedImage("a.png", file=name))
