"""Where the parts outside the package lie: in a checkout beside it, once installed in `share/frcnn-viz`."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def find_root(package: Path) -> Path:
    """The folder that holds `app.py`, `pages/`, `assets/` and `docs/words.md` of the package in this folder.

    A wheel puts them in `share/frcnn-viz` of the prefix (a venv, `/usr`, `~/.local`) whose `lib` holds the package.
    """
    candidates = [package.parent, *(prefix / "share" / "frcnn-viz" for prefix in package.parents)]
    return next((folder for folder in candidates if (folder / "app.py").is_file()), package.parent)


MODEL_VARIABLE = "FRCNN_VIZ_MODEL"
"""The environment variable by which the command line tells the app of a model that the user's own code makes."""
PATHS_VARIABLE = "FRCNN_VIZ_ALLOW_PATHS"
"""Set to 1, it lets every visitor open checkpoints by their path on the computer that runs the app."""
HOSTS_VARIABLE = "FRCNN_VIZ_ALLOW_HOSTS"
"""Further names that the server answers to, parted by commas."""
LESSONS_VARIABLE = "FRCNN_VIZ_LESSONS"
"""The environment variable by which the command line tells the app of a folder of a teacher's own lessons."""
ROOT = find_root(PACKAGE)
ASSETS = ROOT / "assets"
DOCS = ROOT / "docs"
"""Of an installed package only what the app reads: the word list."""
APP = ROOT / "app.py"
FRAME = PACKAGE / "ui" / "frame" / "main.py"
