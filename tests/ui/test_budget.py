"""One budget: what the app was told, else a quarter of the least there is; every part of it comes out of the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from frcnn_viz.ui import memory
from frcnn_viz.ui.budget import LEAST, MEMORY_VARIABLE, budget, cgroup_limits, parse_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4G", 4 * 2**30),
        ("512M", 512 * 2**20),
        ("1.5g", 3 * 2**29),
        ("2 GiB", 2**31),
        ("1T", 2**40),
        ("300000K", 300_000 * 1024),
        ("268435456", LEAST),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "4 giga", "-1G", "G", "1e9", "4G4", "inf", "٤G", "9" * 400])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no size; write one such as 4G or 512M\."):
        parse_bytes(text)


def test_too_little_is_told() -> None:
    with pytest.raises(ValueError, match=r"'255M' is too little; give at least 256M\."):
        parse_bytes("255M")


def test_what_was_told_is_the_budget_else_part_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "3G")
    assert budget() == 3 * 2**30
    monkeypatch.setattr("frcnn_viz.ui.budget.machine", lambda: 64 * 2**30)
    monkeypatch.setattr("frcnn_viz.ui.budget._cards", lambda: [24 * 2**30])
    monkeypatch.delenv(MEMORY_VARIABLE)
    monkeypatch.setattr("frcnn_viz.ui.budget.cgroup_limits", lambda: [2**63, 8 * 2**30])
    assert budget() == 2 * 2**30
    monkeypatch.setattr("frcnn_viz.ui.budget.cgroup_limits", lambda: [])
    assert budget() == 6 * 2**30
    monkeypatch.setattr("frcnn_viz.ui.budget._cards", lambda: [])
    assert budget() == 16 * 2**30


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "limits"),
    [
        ({}, []),
        ({"proc/self/cgroup": "0::/\n"}, []),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, []),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"}, [2**30]),
        (  # a service, and the slice around it
            {
                "proc/self/cgroup": "0::/system.slice/app.service\n",
                "sys/fs/cgroup/system.slice/app.service/memory.max": "max",
                "sys/fs/cgroup/system.slice/memory.max": "4096",
            },
            [4096],
        ),
        (  # version 1; in the container the host's path is not there
            {
                "proc/self/cgroup": "5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n0::/docker/1",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "8192",
                "sys/fs/cgroup/cpu/docker/1/memory.limit_in_bytes": "1",
            },
            [8192],
        ),
        (  # a group outside what the container sees
            {"proc/self/cgroup": "0::/../other\n", "sys/fs/cgroup/memory.max": "512", "sys/fs/other/memory.max": "1"},
            [512],
        ),
    ],
    ids=["no groups", "no file", "no limit", "container", "service", "version 1", "outside"],
)
def test_the_limits_of_control_groups(files: dict[str, str], limits: list[int], tmp_path: Path) -> None:
    assert cgroup_limits(write(tmp_path, files)) == limits


def test_the_parts_make_up_the_budget() -> None:
    assert memory.MEMORY.max_bytes + memory.FOR_BROWSERS + memory.FOR_SURVEYS == memory.BUDGET
    assert memory.MEMORY.max_bytes >= memory.BUDGET / 2
