"""`frcnn-viz doctor`: what is broken is a sentence and exit 1, what is damaged or lacking is told, nothing is made."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from frcnn_viz.cli import checkup, cli
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.extras import EXTRAS, lacking
from frcnn_viz.models import registry
from frcnn_viz.ui.budget import MEMORY_VARIABLE
from tests.pictures import picture


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["doctor", *arguments], catch_exceptions=False)


def test_here_all_that_is_needed_works_and_nothing_is_made(tmp_path: Path) -> None:
    asked = ask("--workspace", str(tmp_path / "own"), "--json", "-")
    told = json.loads(asked.stdout)
    assert (asked.exit_code, told["healthy"], told["broken"]) == (0, True, [])
    assert told["versions"]["torch"] == importlib.metadata.version("torch")
    assert set(told["extras"]) == set(EXTRAS)
    assert told["devices"]["devices"][-1] == "cpu"
    assert "street-fpn" in told["weights"]["here"]
    assert told["workspace"]["there"] is False
    assert 0 < told["memory"]["for the app bytes"] < told["memory"]["in all bytes"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (
            lambda patch: patch.setattr("importlib.metadata.requires", lambda name: ["typer>=999"]),
            'but >=999 is needed; run `pip install "typer>=999"`.',
        ),
        (
            lambda patch: patch.setattr("importlib.metadata.requires", lambda name: ["frcnn-nothing"]),
            'frcnn-nothing is not installed; run `pip install "frcnn-nothing"`.',
        ),
        (lambda patch: patch.setattr(checkup, "APP", Path("nowhere")), "The app's own files are not in"),
        (lambda patch: patch.setattr("torchvision.ops.nms", no_operator), "(operator torchvision::nms is none)"),
        (lambda patch: patch.setitem(registry.ENTRIES, "street-c4", ABSENT), "The weights of street-c4 are not in"),
        (lambda patch: patch.setenv(MEMORY_VARIABLE, "lots"), "the memory 'lots' is no size"),
    ],
    ids=["old", "missing", "files", "operators", "weights", "memory"],
)
def test_what_is_broken_comes_first_with_exit_1(
    break_it: object, sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    break_it(monkeypatch)
    asked = ask("--workspace", str(tmp_path))
    assert asked.exit_code == 1
    assert sentence in asked.stderr
    assert "All that is needed" not in asked.stdout


ABSENT = replace(registry.EMBEDDED["street-c4"], file=Path("nowhere"))


def no_operator(*_: object) -> None:
    raise RuntimeError("operator torchvision::nms is none\nand more")


def test_a_workspace_tells_what_is_in_it_and_what_is_damaged(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "own")
    for n in range(2):
        workspace.add(picture(n), f"{n}.png")
    (workspace.folder / "annotations" / f"{workspace.ids[0]}.json").write_text("{")
    asked = ask("--workspace", str(workspace.folder), "--json", "-")
    told = json.loads(asked.stdout)
    assert asked.exit_code == 0
    assert told["workspace"]["images"] == 2
    assert told["workspace"]["bytes"] > 2 * len(picture(0))
    (damaged,) = told["warnings"]
    assert workspace.ids[0] in damaged
    assert damaged.endswith("add the picture again or remove it.")


def test_a_folder_that_cannot_be_made_is_broken(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    asked = ask("--workspace", str(tmp_path / "file" / "own"))
    assert asked.exit_code == 1
    assert f"The workspace {tmp_path / 'file' / 'own'} cannot be written to (Not a directory)" in asked.stderr


def test_what_can_open_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    part = checkup.browser()
    assert part.facts == {"opened by": lacking("window")}
    assert part.warnings == ("CHROMIUM names /nowhere/chromium, which cannot be run; name another, or none.",)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (569_123, "569 kB"), (25_282_912_256, "25.3 GB")],
)
def test_sizes_as_people_read_them(count: int, words: str) -> None:
    assert checkup.as_size(count) == words
