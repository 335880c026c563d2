"""`frcnn-viz report` on a picture and on a set."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from frcnn_viz.data.images import ImageError
from frcnn_viz.data.scenes import PRESETS, draw_scene, write_scenes
from tests.cli.running import run
from tests.scale.made import write_examined

SMALL = ("--set", "min_size=160", "--device", "cpu")


def numbers(file: Path) -> dict:
    return json.loads(re.search(r'<script id="numbers" type="application/json">(.*?)</script>', file.read_text())[1])


def test_a_set_has_the_numbers_that_autopsy_tells(tmp_path: Path, workspace: Path) -> None:
    write_scenes(tmp_path / "set", 2, 5, PRESETS["crowded"])
    out = tmp_path / "out.html"
    assert str(out) in run("report", tmp_path / "set", "--out", out, "--worst", 1, "--no-fixes", *SMALL)
    told, rows = numbers(out), json.loads(run("autopsy", tmp_path / "set", *SMALL, "--json", "-"))
    assert (told["sums"], told["images"]) == (rows["sums"], 2)
    (case,) = told["cases"]
    its = [row for row in rows["rows"] if row["image"] == case["image"]["name"] and row["what"] == "object"]
    assert [(one["verdict"], one["sentence"]) for one in case["objects"]] == [
        (r["verdict"], r["sentence"]) for r in its
    ]


def test_results_have_the_numbers_of_their_set(tmp_path: Path, workspace: Path) -> None:
    pictures, out = tmp_path / "pictures", (tmp_path / "of_results.html", tmp_path / "of_set.html")
    folder, _ = write_examined(tmp_path / "results", pictures, 2, min_size=160)
    run("report", folder.path, "--out", out[0], "--worst", 1, "--no-fixes")
    run("report", pictures, "--out", out[1], "--worst", 1, "--no-fixes", *SMALL)
    of_results, of_set = map(numbers, out)
    (case,) = of_set["cases"]
    assert [*case["objects"], *case["false_alarms"]]
    for name in ("sums", "images", "cases"):
        assert of_results[name] == of_set[name]


def test_a_picture_has_the_numbers_that_trace_tells(tmp_path: Path) -> None:
    draw_scene(6_000, PRESETS["tiny"]).image.save(tmp_path / "one.png")
    run("report", tmp_path / "one.png", "--out", tmp_path / "out.html", *SMALL)
    (view,), traced = (
        numbers(tmp_path / "out.html")["views"],
        json.loads(run("trace", tmp_path / "one.png", *SMALL, "--json", "-")),
    )
    for told in (view, traced):
        for stage in told["stages"]:
            del stage["ms"]
    assert view == traced


def test_what_is_no_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(ImageError, match=r"a\.png is no JPEG"):
        run("report", tmp_path / "a.png", "--out", tmp_path / "out.html")
    assert not (tmp_path / "out.html").exists()
