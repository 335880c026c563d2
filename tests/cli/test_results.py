"""`frcnn-viz results`, and results opened by the app."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from frcnn_viz.cli.main import cli
from frcnn_viz.cli.opening import open_named
from frcnn_viz.data.annotations import DataError
from frcnn_viz.extras import lacking
from frcnn_viz.scale.results import Results
from frcnn_viz.ui.running import Running
from tests.scale.made import write_rows

BOX = {"x0": 0.0, "y0": 0.0, "x1": 9.0, "y1": 9.0}
IMAGE = {"image_id": "a.jpg", "tags": [("camera", "[red]")], "truth": [], "false_alarms": 0, "left_out": 0}


def write(path: Path, verdict: str, stage: str | None) -> Path:
    found = stage is None
    row = {"image_id": "a.jpg", "what": "object", "number": 0, "class": "[b]car", "verdict": verdict, "stage": stage}
    row |= {**BOX, "ious": [0.6] * 10 + [0.5 * found], "size": 9.0, "iou": 0.6, "score": 0.5}
    image = {**IMAGE, "objects": 1, "found": int(found), "missed": int(not found)}
    return write_rows(path, [{"images": [image], "findings": [row]}]).path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path / "a", "taken for background", "over the score threshold"), write(
        tmp_path / "b", "found", None
    )


def run(*line: object) -> str:
    done = CliRunner().invoke(cli, ["results", *map(str, line)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_sums_are_printed_and_written(two: tuple[Path, Path]) -> None:
    told = json.loads(run(two[0], "--by", "tag:camera", "--json", "-"))
    assert (told["images"], told["found"], told["missed"]) == (1, 0, 1)
    group = {"name": "[red]", "found": 0, "missed": 1, "left_out": 0, "false_alarms": 0, "recall": 0.0}
    assert told["groups"] == [group]
    assert [stage["recall_50"] for stage in told["stages"]] == [1.0] * 10 + [0.0]
    assert "[b]car" in run(two[0])


def test_two_runs_are_compared(two: tuple[Path, Path]) -> None:
    told = json.loads(run(two[0], "--against", two[1], "--json", "-"))
    assert told["groups"] == [{"name": "[b]car", "objects": 1, "both": 0, "won": 1, "lost": 0, "neither": 0}]
    assert (told["images"], told["objects"], told["only_a"]) == (1, 1, 0)
    assert "[b]car" in run(two[0], "--against", two[1])
    done = CliRunner().invoke(cli, ["results", str(two[0]), "--against", str(two[1]), "--by", "week"])
    assert "choose one of class, size, verdict_a, verdict_b" in str(done.exception)


def test_the_app_opens_on_results(two: tuple[Path, Path], tmp_path: Path) -> None:
    options = open_named([str(two[0])], tmp_path / "workspace")
    assert options == {"page": "results", "results.path": str(two[0])}
    link = Running("localhost", 8501, 1).link({**options, "results.path": "/a b"})
    assert link == "http://localhost:8501/results?results.path=%2Fa+b"
    with pytest.raises(DataError, match="opened alone"):
        open_named([str(two[0]), "photo.jpg"], tmp_path / "workspace")
    assert not (tmp_path / "workspace").exists()


def test_where_duckdb_is_missing_a_sentence_says_how_to_have_it(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(DataError, match=re.escape(lacking("results"))):
        Results(two[0])
