"""The program in the test's own process."""

from __future__ import annotations

from typer.testing import CliRunner

from frcnn_viz.cli import cli


def run(*arguments: object, code: int = 0) -> str:
    """What a command prints that exits with `code`; what it raises is raised."""
    result = CliRunner().invoke(cli, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout
