"""The worked notebooks run from top to bottom, as scripts, and hold what they say."""

from __future__ import annotations

import runpy
from typing import Any

import torch

from frcnn_viz.notebook.widget import CanvasWidget
from frcnn_viz.paths import ROOT

FOLDER = ROOT / "docs" / "notebooks"


def run(name: str) -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / f"{name}.py"))


def test_each_has_its_test() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {file.stem for file in FOLDER.glob("*.py")} <= tested


def test_look() -> None:
    held = run("look")
    assert torch.equal(held["story"].detections.boxes_in_image, held["expected"])
    assert held["view"].selected == ("candidate", int(held["story"].proposals.scores.argmax()))


def test_anchors() -> None:
    held = run("anchors")
    assert held["found"].after > held["found"].before


def test_missed() -> None:
    held = run("missed")
    story, missed = held["story"], held["missed"]
    assert isinstance(held["view"], CanvasWidget)
    again = held["autopsy"](story.at(held["found"][0].settings), held["truth"])
    assert not again.examination.findings[missed].missed
