"""The command line: the app's capabilities without a browser."""

from frcnn_viz.cli.main import cli, main

__all__ = ["cli", "main"]
