"""`python -m frcnn_viz`."""

from frcnn_viz.cli import main

main()
