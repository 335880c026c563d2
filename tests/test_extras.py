"""Without an extra one plain sentence says what to install, and the rest goes on."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clips import open_clip
from frcnn_viz.extras import EXTRAS, MissingExtraError, lacking, need
from frcnn_viz.paths import ROOT
from frcnn_viz.ui import library
from tests.data.videos import pictures, write_video
from tests.pages.opening import open_page

OF_DEVELOPERS = {"test", "docs"}
CLIP = {"image": "clip:crossing@20", "model": "street-fpn"}


@pytest.fixture
def without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any of the extras, here and in child processes."""
    for name in ("av", "cv2", "duckdb", "ray", "captum", "anywidget", "webview"):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
        monkeypatch.setitem(sys.modules, name, None)
    for extra in EXTRAS.values():
        monkeypatch.setitem(sys.modules, extra.module, None)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_every_extra_has_its_sentence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["optional-dependencies"]) - OF_DEVELOPERS == set(EXTRAS)


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("name", EXTRAS)
def test_the_sentence_names_the_command(name: str) -> None:
    with pytest.raises(MissingExtraError) as told:
        need(name)
    assert str(told.value) == lacking(name)
    assert lacking(name).endswith(f'is not installed here; run `pip install "frcnn-viz[{name}]"`.')


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", pictures(3))


def test_a_video_is_refused_with_the_sentence(video: Path, without: None, tmp_path: Path) -> None:
    with pytest.raises(DataError) as told:
        open_clip(video)
    assert str(told.value) == lacking("video")
    for arguments in ([str(video)], ["crossing", "--out", str(tmp_path / "out.mp4")]):
        result = CliRunner().invoke(cli, ["video", *arguments])
        assert isinstance(result.exception, ValueError)  # which `main` prints as one line
        assert str(result.exception) == lacking("video")
    assert not list(tmp_path.glob("*out*.mp4"))


@pytest.mark.usefixtures("without")
def test_the_page_of_a_drawn_clip_works_and_its_film_is_refused_with_the_sentence() -> None:
    test = open_page("video/film_out", **CLIP)
    test.button(key="film_make").click().run()
    assert not test.exception
    assert [error.value.replace("\\", "") for error in test.error] == [lacking("video")]


@pytest.fixture
def added(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of a video in a workspace, added while PyAV was there."""
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "own"))
    return library.add(video.read_bytes(), video.name)


def test_a_video_that_was_added_before_is_told_to_need_it(added: str, without: None) -> None:
    test = open_page("detections", image=added, model="street-fpn")
    (told,) = [warning.value.replace("\\", "") for warning in test.warning]
    assert told == f"{lacking('video')} A sample is shown."
