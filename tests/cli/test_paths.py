"""`frcnn-viz app` tells the app whether visitors may open checkpoints by their path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.paths import PATHS_VARIABLE


@pytest.mark.parametrize(("flags", "told"), [([], False), (["--allow-paths"], True)])
def test_the_app_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], told: bool) -> None:
    monkeypatch.delenv(PATHS_VARIABLE, raising=False)
    instead = tmp_path / "python"  # started in place of Streamlit's
    instead.write_text(f"#!/bin/sh\nenv > {tmp_path / 'environment'}\n")
    instead.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(instead))
    assert CliRunner().invoke(cli, ["app", "--headless", *flags]).exit_code == 0
    assert (f"{PATHS_VARIABLE}=1" in (tmp_path / "environment").read_text().splitlines()) == told
