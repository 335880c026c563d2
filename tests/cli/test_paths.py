"""`frcnn-viz app` tells the app whether visitors may open checkpoints by their path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.paths import PATHS_VARIABLE


@pytest.mark.parametrize(("flags", "told"), [([], False), (["--allow-paths"], True)])
def test_the_app_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], told: bool) -> None:
    monkeypatch.setenv(PATHS_VARIABLE, "")
    monkeypatch.chdir(tmp_path)  # the command goes elsewhere
    monkeypatch.setattr("streamlit.web.cli.main", lambda *_, **__: None)
    assert CliRunner().invoke(cli, ["app", "--headless", *flags]).exit_code == 0
    assert (os.environ[PATHS_VARIABLE] == "1") == told
