"""`frcnn-viz video` on the clip that comes with the program and on a file."""

from __future__ import annotations

import csv
import json
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clips import find_clip
from frcnn_viz.data.video import probe
from tests.cli import running
from tests.data.videos import pictures, write_video


@pytest.fixture(scope="module", autouse=True)
def workspace(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path_factory.mktemp("video")))
        yield


run = partial(running.run, "video")


def test_gaps_and_a_row_for_every_object(tmp_path: Path) -> None:
    table, clip = tmp_path / "frames.csv", find_clip("crossing")
    told = json.loads(run("crossing", "--model", "street-c4", "--csv", table, "--json", "-"))
    assert told["by_ground_truth"]
    assert told["frames"] == clip.count
    assert told["gaps"]
    rows = list(csv.DictReader(table.open(encoding="utf-8-sig")))
    counts = Counter(int(row["frame"]) for row in rows if row["what"] == "object" and row["x0"])
    assert counts == {frame: len(clip.truth(frame)) for frame in range(clip.count)}
    for gap in told["gaps"]:
        for frame in range(gap["first"], gap["last"] + 1):
            (row,) = [row for row in rows if row["frame"] == str(frame) and row["object"] == gap["identity"]]
            assert row["reached"] not in ("found", "hidden", "left out")
    assert "gaps." in run("crossing", "--model", "street-c4")


@pytest.mark.parametrize("stage", ["detections", "proposals", "objects"])
def test_a_file_becomes_a_file_with_boxes(tmp_path: Path, stage: str) -> None:
    made, out = write_video(tmp_path / "street.mp4", pictures(6, 96, 128)), tmp_path / "out.mp4"
    assert f"{out}: 6 frames" in run(made, "--model", "street-c4", "--out", out, "--stage", stage, "--top", 20)
    facts = probe(out)
    assert (len(facts.times), facts.width, facts.height) == (6, 128, 96)
    assert facts.times == pytest.approx(probe(made).times, abs=1e-3)


def test_without_ground_truth_tracks_are_told(tmp_path: Path) -> None:
    made = write_video(tmp_path / "street.mp4", pictures(6, 96, 128))
    told = json.loads(run(made, "--model", "street-c4", "--json", "-"))
    assert not told["by_ground_truth"]
    assert told["frames"] == 6


def test_what_is_no_video_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    for name in ("text.mp4", "nowhere.mp4", "nowhere"):
        with pytest.raises(DataError, match=name):
            run(tmp_path / name)
    assert "'masks' is none" in CliRunner().invoke(cli, ["video", "crossing", "--stage", "masks"]).output
