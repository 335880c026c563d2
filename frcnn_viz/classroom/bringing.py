"""Bringing back what was taken away, into a workspace that may hold other things by now.

The zip is hostile. Each thing in it is read by its own reader and comes as a whole or not at all; what is here already
stays as it is, and what is not taken is told.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from frcnn_viz.classroom.bringing_runs import bring_experiment, bring_run, experiments_in, runs_in
from frcnn_viz.classroom.bundle import MOST_LIST, Bundle
from frcnn_viz.data.annotations import MAX_OBJECTS, DataError
from frcnn_viz.data.bounds import clean_name
from frcnn_viz.data.files import holding, set_aside, write_whole
from frcnn_viz.data.images import load_image
from frcnn_viz.data.index import Index
from frcnn_viz.data.items import HISTORY, Item
from frcnn_viz.data.room import FullError, left_out
from frcnn_viz.data.tenant import Tenant, acting_as
from frcnn_viz.data.workspace import MOST_NOTE, Workspace
from frcnn_viz.lessons.record import FILE, Record, lock_of
from frcnn_viz.models.own import add_checkpoint, checkpoints
from frcnn_viz.models.registry import ENTRIES

Tell = Callable[[int, int], None]
WAIT = 20
"""Seconds for which the answers may be another's."""
MOST = 5_000
"""Things that are brought back at once."""


@dataclass(frozen=True)
class Brought:
    """What came back.

    Attributes:
        new: how many pictures, clips, checkpoints, runs and experiments, by these names in the singular.
        here: how many were here already, and stay as they are.
        answers: whether the answers to lessons came.
        told: what was not taken and why, in plain sentences.
    """

    new: dict[str, int]
    here: int
    answers: bool
    told: tuple[str, ...]


def bring(one: Tenant, workspace: Workspace, file: Path | BinaryIO, tell: Tell = lambda done, total: None) -> Brought:
    """Bring a zip back.

    Args:
        one: the tenant.
        workspace: theirs.
        file: the zip.
        tell: called with the things done and their number; what it raises stops, and what was brought until then stays.

    Raises:
        DataError: it is no such zip, or a hostile one; nothing was changed.
    """
    bundle = Bundle(file)
    told: list[str] = []
    full: list[FullError] = []

    def attempt(title: str, take: Callable[..., bool], *args: Any) -> bool | None:
        try:
            return take(bundle, *args)
        except FullError as error:
            full.append(error)
        except (ValueError, OSError) as error:
            told.append(f"{title} was left out: {error}")
        return None

    with acting_as(one):
        works: dict[str, tuple[Callable[..., bool], Sequence[str]]] = {
            "picture": (_picture, _pictures(bundle)),
            "clip": (_clip, list(bundle.of("video"))),
            "checkpoint": (_checkpoint, list(bundle.of("weights"))),
            "run": (bring_run, runs_in(bundle)),
            "experiment": (bring_experiment, experiments_in(bundle)),
        }
        todo = [(kind, take, name) for kind, (take, names) in works.items() for name in names]
        if len(todo) > MOST:
            raise DataError(f"the zip holds {len(todo):,} things; at most {MOST:,} can be brought back at once.")
        attempt("The list of classes", _classes, workspace)
        attempt("What was written on the whole set", _notes, workspace)
        new, here = dict.fromkeys(works, 0), 0
        for done, (kind, take, name) in enumerate(todo):
            tell(done, len(todo))
            is_new = attempt(f"The {kind} {clean_name(name)}", take, workspace, name)
            new[kind] += bool(is_new)
            here += is_new is False
        answers = attempt("What was answered in lessons", _answers, workspace, told)
    if bundle.strange:
        told.append(f"{bundle.strange:,} files of the zip are none that a workspace has; they were left out.")
    return Brought(new, here, bool(answers), (*left_out(full, "thing"), *told))


def _index(bundle: Bundle) -> Index:
    name = bundle.of("index").get("workspace")
    return bundle.read_json(name, Index.from_dict) if name else Index()


def _classes(bundle: Bundle, workspace: Workspace) -> bool:
    workspace.add_classes(_index(bundle).classes)
    return True


def _notes(bundle: Bundle, workspace: Workspace) -> bool:
    notes = _index(bundle).notes
    if workspace.notes and notes not in ("", workspace.notes):
        raise DataError("there are others here, which stay.")
    if notes:
        workspace.set_notes(notes)
    return True


def _pictures(bundle: Bundle) -> list[str]:
    """In the order in which they came, as far as that is known."""
    there = dict.fromkeys(sorted(bundle.of("picture")))
    try:
        first = [key for key in _index(bundle).images if key in there]
    except DataError:  # which was told
        first = []
    return list(dict.fromkeys([*first, *there]))


def _picture(bundle: Bundle, workspace: Workspace, key: str) -> bool:
    if key in workspace:
        return False
    member, drawn = bundle.of("picture")[key], bundle.of("drawn").get(key)
    workspace.room.check(bundle.nbytes(member), images=1)  # before it is decoded
    item = _item(bundle, drawn, key) if drawn else None
    content = bundle.read(member)
    loaded = load_image(content, item.name if item else member.rpartition("/")[2])
    height, width = loaded.size
    item = item or Item(key, loaded.name, width, height)
    return workspace.put_back(content, loaded, item, _earlier(bundle, bundle.of("before", key), key))


def _clip(bundle: Bundle, workspace: Workspace, key: str) -> bool:
    if key in workspace.clips.ids():
        return False
    member = bundle.of("video")[key]
    workspace.room.check(bundle.nbytes(member), images=1)
    told = bundle.of("clip").get(key)
    title = bundle.read_json(told, lambda content: str(content["name"])) if told else member.rpartition("/")[2]
    drawn = [*bundle.of("frame", key).values()]
    drawn += (name for frame in bundle.of("frame", key) for name in bundle.of("frame_before", key, frame).values())
    if bundle.nbytes(*drawn) > MOST_LIST:
        raise DataError("more was drawn on it than can be read at once.")
    frames = {
        int(frame): (_item(bundle, name, frame), _earlier(bundle, bundle.of("frame_before", key, frame), frame))
        for frame, name in bundle.of("frame", key).items()
    }
    workspace.add_classes(sorted({one.label for item, _ in frames.values() for one in item.objects}))
    return workspace.clips.put_back(key, bundle.read(member), title, frames)


def _checkpoint(bundle: Bundle, workspace: Workspace, name: str) -> bool:
    if name in checkpoints(ENTRIES, workspace.folder):
        return False
    member, told = bundle.of("weights")[name], bundle.of("checkpoint").get(name)
    if not told:
        raise DataError("the zip does not say what it belongs to.")
    record = bundle.read_json(told, lambda content: {**content, "classes": list(map(str, content["classes"]))})
    base = ENTRIES.get(str(record.get("base")))
    if base is None:
        raise DataError("it belongs to a detector that is not here.")
    workspace.room.check(bundle.nbytes(member))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "checkpoint.safetensors"
        bundle.copy(member, place)
        add_checkpoint(place, base, record["classes"], str(record.get("title", "")))
    return True


def _answers(bundle: Bundle, workspace: Workspace, told: list[str]) -> bool:
    """Those that are here already are set aside, as when one begins anew."""
    name = bundle.of("answers").get("lessons")
    record = Record.from_json(bundle.read(name), name) if name else Record()
    if not record.rows:
        return False
    path, content = workspace.folder / FILE, record.to_json()
    refusal = "they are being written to; try again."
    with holding(lock_of(path, WAIT), refusal), workspace.room.taking(len(content)):
        if path.is_file() and path.read_bytes() == content:
            return False
        if path.is_file():
            kept = set_aside(path, "before").name
            told.append(f"Your answers to lessons until now are in the file {kept} of the workspace.")
        write_whole(path, content)
    return True


def _item(bundle: Bundle, name: str, key: str, revision: int | None = None) -> Item:
    """What is drawn on a picture or frame, by the member that tells it."""
    item = bundle.read_json(name, lambda content: Item.from_dict(key, content))
    revision = item.revision if revision is None else revision
    if len(item.objects) > MAX_OBJECTS or not 0 <= revision < 10**9:
        raise DataError(f"{name} is damaged.")
    return replace(item, name=clean_name(item.name), note=item.note[:MOST_NOTE], revision=revision)


def _earlier(bundle: Bundle, members: dict[str, str], key: str) -> list[Item]:
    """What was drawn before, by the number of the revision; the latest of it where that is much."""
    found: list[Item] = []
    left = MOST_LIST
    for number in sorted(map(int, members), reverse=True)[:HISTORY]:
        left -= bundle.nbytes(members[str(number)])
        if left < 0:
            break
        found.append(_item(bundle, members[str(number)], key, number))
    return found
