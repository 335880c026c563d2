"""What the command line names, pictures, videos, folders, zips, annotations or results, becomes what the app opens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from frcnn_viz.cli.data import add
from frcnn_viz.cli.output import tell_left_out
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clip import PREFIX
from frcnn_viz.data.clips import is_clip
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.images import SUFFIXES
from frcnn_viz.data.sources import open_sources, suffix
from frcnn_viz.data.workspace import Workspace


def open_named(named: Sequence[str], folder: Path) -> dict[str, str]:
    """Add what is named to the workspace in `folder`; what cannot be used is told.

    Returns:
        The options of the link that shows it: `image`, and `set` where more than single pictures were named; of a
        folder of results the page, too.

    Raises:
        DataError: one is not there (then none was added), or the workspace cannot be used.
        typer.Exit: nothing of it can be shown, which was told.
    """
    if not all(named):
        raise DataError("one of the names is empty; name a picture, a folder, a zip or annotations.")
    paths = [Path(name) for name in named]
    if is_results(paths[0]):
        if len(paths) > 1:
            raise DataError(f"{paths[0]} holds results, which are opened alone; name no other file.")
        return {"page": "results", "results.path": str(paths[0].absolute())}
    sources = open_sources([path for path in paths if not _is_clip(path)])
    workspace = Workspace(folder)
    ids: list[str] = []
    for source in sources:
        try:
            ids += add(workspace, source, read_dataset(source)).ids
        except DataError as error:
            tell_left_out([str(error)])
    for path in filter(_is_clip, reversed(paths)):
        try:
            key = f"{PREFIX}{workspace.clips.add_path(path)[0]}@0"
            ids.insert(0 if _is_clip(paths[0]) else len(ids), key)
        except DataError as error:
            tell_left_out([str(error)])
    if not ids:
        raise typer.Exit(2)
    only_pictures = all(path.is_file() and (suffix(path.name) in SUFFIXES or _is_clip(path)) for path in paths)
    return {"image": ids[0]} if only_pictures else {"image": ids[0], "set": "yours"}


def is_results(path: Path) -> bool:
    """Whether it is a folder that a run over many images wrote."""
    return (path / "run.json").is_file() and ((path / "plan").is_dir() or (path / "images").is_dir())


def _is_clip(path: Path) -> bool:
    if not path.is_file():
        return False
    return is_clip(path.read_bytes() if suffix(path.name) == "gif" else b"", path.name)
