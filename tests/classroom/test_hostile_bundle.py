"""What is hostile or damaged in a zip that is brought does no harm, and is told."""

from __future__ import annotations

import io
import json
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from frcnn_viz.classroom.bringing import MOST
from frcnn_viz.classroom.bundle import Bundle
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.samples import CELLS
from frcnn_viz.data.workspace import Workspace
from tests.classroom.zips import brought
from tests.data.test_room import files
from tests.pictures import square


def altered(zip_: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A zip whose members are what `change` makes of them; without those of which it makes None."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zip_)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            content = change(entry.filename, old.read(entry))
            if content is not None:
                new.writestr(entry, content)
    return made.getvalue()


def weights(**tensors: torch.Tensor) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.safetensors"
        save_file(tensors, path)
        return path.read_bytes()


def saved(value: object) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def with_run(**changes: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps({**json.loads(content), **changes}).encode()


NOT_JSON = b"[" * 100_000
HOSTILE = {
    "picture": [
        ("images/", lambda content: content[:100], "is damaged"),
        ("images/", lambda content: square(9, 48), "is another picture"),
        ("annotations/", lambda content: NOT_JSON, "is damaged"),
        ("annotations/", lambda content: content.replace(b'"width": 48', b'"width": 4800'), "is another picture"),
        ("history/", lambda content: b'{"objects": 3}', "is damaged"),
    ],
    "clip": [
        ("clips/", lambda content: content if content[:1] == b"{" else content[:-1], "is another video"),
        ("clips/", lambda content: content if b'"codec"' not in content else b'{"name": {}', "is damaged"),
    ],
    "checkpoint": [
        ("models/", lambda content: NOT_JSON if content[:1] == b"{" else content, "is damaged"),
        ("models/", lambda content: content if content[:1] == b"{" else content[:1000], "no readable safetensors"),
        ("models/", lambda content: content if content[:1] == b"{" else weights(a=torch.zeros(1)), "lacks"),
        ("models/", lambda content: content.replace(b'"street-c4"', b'"gone"'), "is not here"),
    ],
    "run": [
        ("runs/mine/run.json", lambda content: NOT_JSON, "is damaged"),
        ("runs/mine/run.json", with_run(data="/etc"), "files of a computer"),
        ("runs/mine/run.json", with_run(train_list="/etc/passwd"), "files of a computer"),
        ("runs/mine/run.json", with_run(name="other"), "called otherwise"),
        ("runs/mine/run.json", with_run(detector={"base": "run:mine"}), "is not there"),
        ("runs/mine/run.json", with_run(detector={"base": "../../x"}), "there is no detector"),
        ("runs/mine/snapshot.json", lambda content: b"{}", "is damaged"),
        ("runs/mine/steps/2.safetensors", lambda content: weights(a=torch.zeros(1)), "of another model"),
        ("runs/mine/still.safetensors", lambda content: None, "of another model"),
        ("runs/mine/state.pt", lambda content: saved({"model": {}, "optimizer": {}, "step": 2}), "state is damaged"),
        ("runs/mine/state.pt", lambda content: saved(Path("x")), "state is damaged"),
        ("runs/mine/status.json", lambda content: b"3", "is damaged"),
    ],
    "experiment": [
        ("experiments/both/experiment.json", lambda content: b"{}", "its arms"),
        ("experiments/both/snapshot.json", lambda content: None, "is missing"),
    ],
}


@pytest.mark.parametrize(
    ("kind", "member", "change", "told"),
    [(kind, *one) for kind, ones in HOSTILE.items() for one in ones],
)
def test_what_is_damaged_is_left_out_as_a_whole(
    kind: str, member: str, change: Callable[[bytes], bytes], told: str, away: bytes, tmp_path: Path
) -> None:
    """Alone in its zip, so that each takes a moment."""
    tops = {"picture": ("images", "annotations", "history"), "clip": ("clips",), "checkpoint": ("models",)}
    tops |= {"run": ("runs",), "experiment": ("experiments",)}

    def alter(name: str, content: bytes) -> bytes | None:
        if not name.startswith(tops[kind]):
            return None
        return change(content) if name.startswith(member) else content

    done = brought(altered(away, alter), tmp_path)
    assert told in done.told[0]
    assert len(done.told) + sum(done.new.values()) == (3 if kind == "picture" else 1)
    workspace = Workspace(tmp_path)
    assert len(workspace.ids) == done.new["picture"]
    assert (workspace.damaged(), workspace.clips.ids()) == ({}, ())
    assert not [name for name in files(tmp_path) if name.startswith(("clips", "runs", "models", "experiments", "."))]


@pytest.mark.parametrize("data", ["workspace:class", str(CELLS)])
def test_a_run_on_what_all_have_comes_back(data: str, away: bytes, tmp_path: Path) -> None:
    of_all = with_run(data=data)

    def alter(name: str, content: bytes) -> bytes | None:
        if not name.startswith("runs/"):
            return None
        return of_all(content) if name.endswith("run.json") else content

    done = brought(altered(away, alter), tmp_path)
    assert (done.told, done.new["run"]) == ((), 1)


@pytest.mark.parametrize(
    ("name", "attributes", "told"),
    [
        ("../images/0123456789abcdef.png", 0, "names a file outside itself"),
        ("/images/0123456789abcdef.png", 0, "names a file outside itself"),
        ("images\\..\\..\\x", 0, "names a file outside itself"),
        ("images/0123456789abcdef.png", stat.S_IFLNK << 16, "holds a link"),
        ("IMAGES/0123456789abcdef.PNG", 0, "names a file twice"),
        ("runs/../../x/run.json", 0, "names a file outside itself"),
    ],
)
def test_hostile_names_are_refused_before_anything_is_written(
    name: str, attributes: int, told: str, tmp_path: Path
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("images/0123456789abcdef.png" if "twice" in told else "workspace.json", "{}")
        entry = zipfile.ZipInfo(name)
        entry.external_attr = attributes
        archive.writestr(entry, "x")
    Workspace(tmp_path)
    before = files(tmp_path)
    with pytest.raises(DataError, match=told):
        brought(made.getvalue(), tmp_path)
    assert files(tmp_path) == before


def test_too_many_things_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("workspace.json", json.dumps({"images": [], "classes": ["car"], "notes": ""}))
        for number in range(MOST + 1):
            archive.writestr(f"experiments/e{number}/experiment.json", b"{}")
    with pytest.raises(DataError, match="at most 5,000 can be"):
        brought(made.getvalue(), tmp_path)
    assert Workspace(tmp_path).classes == ()


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + b"\0" * 18, b"no zip"])
def test_what_is_no_workspace_is_refused(content: bytes) -> None:
    with pytest.raises(DataError):
        Bundle(io.BytesIO(content))


def test_bombs_are_refused(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images/0123456789abcdef.png", bytes(20_000_000))
    with pytest.raises(DataError, match="packed like a bomb"):
        brought(made.getvalue(), tmp_path)
    content = made.getvalue().replace((20_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    told = brought(content, tmp_path).told  # it says that it has 100 bytes
    assert len(told) == 1
    assert "it is damaged" in told[0]
    assert not Workspace(tmp_path).ids


FOLDERS = ("images", "annotations", "history", "clips", "models", "runs", "experiments")
FILES = ("0123456789abcdef", "own-0123456789ab", "run.json", "lessons.json", "workspace.json", "1.json", "state.pt")
ODD = ("..", ".", "", "steps", "CON", "~", "\x00", "x\n", ".json", "..\\..", "C:", "\u202e", "é", "e\u0301")
PARTS = st.sampled_from((*FOLDERS, *FILES, *ODD))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(PARTS, min_size=1, max_size=5).map("/".join) | st.text(max_size=30), max_size=4))
def test_no_name_leads_out_of_the_folder(tmp_path: Path, names: list[str]) -> None:
    made, folder = io.BytesIO(), tmp_path / "in"
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"{}")
    try:
        done = brought(made.getvalue(), folder)
    except DataError:
        pass
    else:
        assert sum(done.new.values()) == 0
    assert [path.name for path in tmp_path.iterdir()] in ([], ["in"])
    known = {"workspace.json", ".lock", ".room.lock", ".lessons.lock", "images", "thumbnails", "annotations", "history"}
    assert {path.name for path in folder.glob("*")} <= known
