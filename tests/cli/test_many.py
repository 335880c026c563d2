"""With `--out` a set's results are kept, and the commands print from them what they print without."""

from __future__ import annotations

import json
import multiprocessing
import re
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from frcnn_viz.cli import cli
from frcnn_viz.cli.many import Asked
from frcnn_viz.data.annotations import DataError
from frcnn_viz.extras import MissingExtraError
from frcnn_viz.paths import MODEL_VARIABLE
from frcnn_viz.scale import local
from tests.scale import deadly
from tests.scale.runs import PICTURES, write_set


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing but a run that is kept goes on past a thin picture, and past one that asks for too much memory."""
    folder = write_set(tmp_path_factory.mktemp("many") / "files")
    for name in ("square.png", "thin.png"):
        (picture,) = folder.rglob(name)
        picture.write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def out(named: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many") / "out"
    result = run("waterfall", named, "--out", folder, "--workers", 1)
    assert f"examined {PICTURES + 3} images in" in result.stderr
    assert "left out: broken.png is no" in result.stderr
    return folder


def run(command: str, *arguments: object) -> Result:
    line = [command, *arguments, "--model", deadly.NAME, "--device", "cpu"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MODEL_VARIABLE, deadly.NAME)  # which the command sets, and is put back here
        result = CliRunner().invoke(cli, [*map(str, line)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_the_autopsys_rows_are_the_same(named: Path, out: Path, tmp_path: Path) -> None:
    plain, kept = tmp_path / "plain.csv", tmp_path / "kept.csv"
    expected = run("autopsy", named, "--csv", plain, "--json", "-")
    told = run("autopsy", named, "--out", out, "--csv", kept, "--json", "-")
    assert "examined" not in told.stderr  # nothing is done twice
    assert json.loads(told.stdout)["rows"]
    assert told.stdout == expected.stdout
    assert kept.read_bytes() == plain.read_bytes()
    assert run("autopsy", named, "--out", out).stdout == run("autopsy", named).stdout


def test_the_waterfalls_recalls_are_the_same(named: Path, out: Path) -> None:
    expected, told = (json.loads(run("waterfall", named, *more, "--json", "-").stdout) for more in ((), ("--out", out)))
    assert list(told.pop("ms")) == list(expected.pop("ms"))
    assert told == expected
    assert run("waterfall", named, "--out", out).stdout == run("waterfall", named).stdout


def test_the_reports_numbers_are_the_same(named: Path, out: Path, tmp_path: Path) -> None:
    expected, told = (_reported(data, tmp_path / "report.html") for data in (named, out))
    by_name = lambda case: case["image"]["name"]  # noqa: E731
    cases, expected_cases = (sorted(report.pop("cases"), key=by_name) for report in (told, expected))
    assert told == expected
    assert cases == expected_cases
    assert cases


def _reported(data: Path, file: Path) -> dict:
    run("report", data, "--out", file, "--no-fixes")
    return json.loads(re.search(r'<script id="numbers" type="application/json">(.*?)</script>', file.read_text())[1])


def test_the_figures_are_the_same(named: Path, out: Path) -> None:
    expected, told = (
        json.loads(run("evaluate", *first, named, *more, "--json", "-").stdout)
        for first, more in ((("--data",), ()), ((), ("--out", out)))
    )
    assert told == expected
    assert told["left_out"] == 5
    assert told["ignored_classes"] == {"cell": 1}


def test_ctrl_c_ends_a_run_with_a_sentence(named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> list:
        raise KeyboardInterrupt

    monkeypatch.setenv(MODEL_VARIABLE, deadly.NAME)
    monkeypatch.setattr(local, "wait", interrupted)
    line = ["autopsy", named, "--model", deadly.NAME, "--out", tmp_path / "out", "--workers", 1]
    result = CliRunner().invoke(cli, [*map(str, line)])
    assert result.exit_code == 130
    assert "the same command goes on from there" in " ".join(result.stderr.split())
    assert multiprocessing.active_children() == []


def test_one_run_at_a_time_writes_to_a_folder(named: Path, out: Path) -> None:
    with FileLock(out / ".lock"), pytest.raises(DataError, match="another run writes to"):
        run("autopsy", named, "--out", out)
    before = pq.read_table(out / "images")
    (out / "images" / ".00000-x.parquet.1").write_bytes(b"half a file")
    run("autopsy", named, "--out", out)
    assert not list((out / "images").glob(".*"))
    assert pq.read_table(out / "images") == before


def test_without_ray_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(MissingExtraError, match=r'Ray Data, .* run `pip install "frcnn-viz\[ray\]"`'):
        Asked(out=Path("a"), engine="ray")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"workers": 2}, "--workers is for results that are kept"),
        ({"fixes": True}, "--fixes is for results that are kept"),
        ({"out": Path("a"), "engine": "spark"}, "there is no engine 'spark'"),
        ({"out": Path("a"), "address": "ray://a"}, "say --engine ray too"),
    ],
)
def test_options_that_do_not_go_together_are_told(options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Asked(**options)
