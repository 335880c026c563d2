"""What was looked at last: the latest first, whoever wrote it."""

from __future__ import annotations

import io
import multiprocessing
from pathlib import Path

import pytest
from PIL import Image

from frcnn_viz.data.recent import MOST, looked_at, recent
from frcnn_viz.data.scenes import SAMPLES
from frcnn_viz.data.workspace import Workspace

FIRST, SECOND, THIRD = list(SAMPLES)[:3]


def add(workspace: Workspace, shade: int) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(buffer, "PNG")
    return workspace.add(buffer.getvalue(), f"{shade}.png")[0]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_nothing_was_looked_at(workspace: Workspace) -> None:
    assert recent(workspace) == []


def test_the_latest_is_first_and_none_is_there_twice(workspace: Workspace) -> None:
    for key in (FIRST, SECOND, FIRST, THIRD, THIRD):
        looked_at(workspace, key)
    assert recent(workspace) == [THIRD, FIRST, SECOND]
    assert recent(Workspace(workspace.folder)) == [THIRD, FIRST, SECOND]


def test_what_is_gone_is_left_out_and_comes_back(workspace: Workspace) -> None:
    key = add(workspace, 1)
    for one in (key, "never there", FIRST):
        looked_at(workspace, one)
    assert recent(workspace) == [FIRST, key]
    workspace.remove(key)
    assert recent(workspace) == [FIRST]
    assert add(workspace, 1) == key
    assert recent(workspace) == [FIRST, key]


def test_twenty_are_kept(workspace: Workspace) -> None:
    keys = [add(workspace, shade) for shade in range(MOST + 3)]
    for key in keys:
        looked_at(workspace, key)
    assert recent(workspace) == keys[:2:-1]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'"first-street"', b"[[1], null, 7]", b"\xff", b"[" * 100_000])
def test_a_damaged_list_is_empty_and_written_anew(workspace: Workspace, content: bytes) -> None:
    (workspace.folder / "recent.json").write_bytes(content)
    assert recent(workspace) == []
    looked_at(workspace, FIRST)
    assert recent(workspace) == [FIRST]


def test_where_it_cannot_be_written_nothing_fails(workspace: Workspace) -> None:
    (workspace.folder / "recent.json").mkdir()
    looked_at(workspace, FIRST)
    assert recent(workspace) == []


def look(folder: Path, keys: list[str]) -> None:
    workspace = Workspace(folder)
    for key in keys:
        looked_at(workspace, key)


def test_two_processes_lose_nothing_of_each_other(workspace: Workspace) -> None:
    keys = [add(workspace, shade) for shade in range(16)]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=look, args=(workspace.folder, keys[half::2])) for half in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    seen = recent(workspace)
    assert sorted(seen) == sorted(keys)
    assert [key for key in seen if key in keys[0::2]] == keys[0::2][::-1]
