"""Work on a workspace that is killed at a random moment, and what must hold whenever it was.

By hand, as long as wanted: `python -m tests.kills 40`.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from frcnn_viz.analysis.archive import TENSORS, open_archive
from frcnn_viz.analysis.examination import Examination
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.workspace import Workspace
from tests.forked import forked
from tests.pictures import picture

IMAGES = 12
"""That are there before anything is killed."""
Confirm = Callable[[object], None]


def fill(folder: Path) -> Workspace:
    """Images of two objects each."""
    workspace = Workspace(folder)
    for n in range(IMAGES):
        boxes = (0.0, 0.0, 9.0, 9.0), (5.0, 5.0, 20.0, 20.0)
        workspace.add(picture(n), f"{n}.png", [Object(box, "first name") for box in boxes])
    return workspace


def draw(workspace: Workspace, start: int, confirm: Confirm) -> None:
    """Boxes on one image, of classes that are new."""
    key = workspace.ids[0]
    for n in count(start):
        box = (0.0, 0.0, 1.0 + n, 1.0)
        workspace.save(key, [Object(box, "first name"), Object(box, f"class {n % 300}")])
        confirm(n)


def add(workspace: Workspace, start: int, confirm: Confirm) -> None:
    """Ever new pictures."""
    for n in count(start):
        key, _ = workspace.add(picture(n), f"{n}.png", [Object((0.0, 0.0, 5.0, 5.0), f"class {n % 300}")] * 2)
        confirm(key)


def remove(workspace: Workspace, start: int, confirm: Confirm) -> None:
    """An image taken out and brought in again, its objects restored."""
    key = workspace.ids[-1]
    for _ in range(10_000):
        if key in workspace:
            workspace.remove(key)
        workspace.add((workspace.folder / "removed" / f"{key}.png").read_bytes(), "again.png")
        workspace.restore(key, workspace.history(key)[0])
        confirm(key)


def rename(workspace: Workspace, start: int, confirm: Confirm) -> None:
    """One class, over all images."""
    for n in count(start):
        workspace.rename_class(workspace.classes[0], f"name {n}")
        confirm(n)


def examine(workspace: Workspace, start: int, confirm: Confirm) -> None:
    """Examinations put on disk."""
    for n in count(start):
        open_archive(workspace.folder).put(str(n), examination(n))
        confirm(str(n))


def examination(n: int) -> Examination:
    """One of nothing, that can be told from others."""
    nothing = {name: torch.zeros(0, dtype=dtype) for name, dtype in TENSORS.items()}
    nothing |= {"ious": torch.zeros(0, 5), "detections": torch.zeros(0, 4)}
    return Examination(findings=(), alarms=(), ms={"backbone": float(n)}, **nothing)


WORKS = {work.__name__: work for work in (draw, add, rename, examine, remove)}


def kill_at(name: str, folder: Path, start: int, seconds: float) -> list:
    """Do a work in a process of its own, kill that so long after its first confirmation, and give all that it gave."""
    context = forked()
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(name, folder, start, there), daemon=True)
    process.start()
    there.close()
    confirmed = [here.recv()]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if here.poll(max(0.0, end - time.monotonic())):
            confirmed.append(here.recv())
    process.kill()
    process.join()
    try:
        while here.poll():
            confirmed.append(here.recv())
    except (EOFError, OSError):
        pass  # the last word was cut off
    return confirmed


def _work(name: str, folder: Path, start: int, pipe: Connection) -> None:
    WORKS[name](Workspace(folder), start, pipe.send)


def assert_whole(folder: Path) -> Workspace:
    """What must hold of a workspace whenever its server was killed."""
    start = time.monotonic()
    workspace = Workspace(folder)
    assert workspace.told == []
    assert workspace.damaged() == {}
    items = workspace.items()
    assert len(items) == len(workspace.ids)
    labels = {one.label for item in items for one in item.objects}
    assert labels <= set(workspace.classes), f"the list lacks {labels - set(workspace.classes)}"
    for item in items:
        assert workspace.load(item.id).sha256.startswith(item.id)
        assert all(revision <= item.revision for revision in workspace.history(item.id))
    workspace.set_notes(str(start))  # the lock of the dead does not hold
    assert time.monotonic() - start < 15
    return workspace


def assert_confirmed(name: str, workspace: Workspace, confirmed: list, before: dict[str, tuple[Object, ...]]) -> None:
    """Nothing that a work confirmed is lost, and no other image was touched."""
    now = {item.id: item.objects for item in workspace.items()}
    first, last = workspace.ids[0], next(reversed(before))
    if name == "draw":
        assert now[first][0].box[2] >= 1.0 + confirmed[-1]
    elif name == "add":
        assert set(confirmed) <= set(now)
        assert all(len(now[key]) == 2 for key in confirmed)
    elif name == "examine":
        found = open_archive(workspace.folder).get(confirmed)
        assert {key: one.ms["backbone"] for key, one in found.items()} == {key: float(key) for key in confirmed}
    elif name == "rename":
        strip = lambda objects: [replace(one, label="") for one in objects]  # noqa: E731
        assert {key: strip(objects) for key, objects in now.items()} == {k: strip(o) for k, o in before.items()}
    elif name == "remove":
        kept = [workspace._items.earlier(last, n) for n in workspace.history(last)]
        assert before[last] in [now.get(last), *(item.objects for item in kept)]
    touched = {"draw": {first}, "remove": {last}, "rename": set(before)}.get(name, set())
    assert all(now[key] == objects for key, objects in before.items() if key not in touched)


def run(folder: Path, kills: int, seed: int = 0) -> Counter:
    """So many kills in turn of each work; how much each confirmed."""
    chance, done = random.Random(seed), Counter()
    fill(folder)
    for n in range(kills):
        name = list(WORKS)[n % len(WORKS)]
        workspace = Workspace(folder)
        before = {item.id: item.objects for item in workspace.items()}
        confirmed = kill_at(name, folder, 1000 * (n + 1), chance.uniform(0, 0.4))
        workspace = assert_whole(folder)
        assert_confirmed(name, workspace, confirmed, before)
        if name == "remove" and next(reversed(before)) not in workspace:  # cut off between out and in
            key = next(reversed(before))
            workspace.add((folder / "removed" / f"{key}.png").read_bytes(), "again.png", before[key])
        done[name] += len(confirmed)
    return done


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as place:
        print(run(Path(place) / "workspace", int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
