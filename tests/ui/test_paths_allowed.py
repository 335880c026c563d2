"""Files of the computer that runs the app are opened by their path for who may alone, wherever one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.images import ImageError
from frcnn_viz.data.tenant import Tenant, acting_as
from frcnn_viz.models.registry import ENTRIES
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.paths import PATHS_VARIABLE
from frcnn_viz.ui.checkpoints import _add
from frcnn_viz.ui.results import opened, read_picture


def test_results_their_pictures_and_checkpoints_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret.pt"
    file.write_bytes(b"secret")
    image = {"image_id": "a", "path": str(file)}
    monkeypatch.setenv(PATHS_VARIABLE, "1")
    with acting_as(Tenant(tmp_path / "anna")):
        assert read_picture(image) == b"secret"
    with acting_as(Tenant(tmp_path / "anna", opens_paths=False)):
        with pytest.raises(ImageError, match="cannot be read"):
            read_picture(image)
        with pytest.raises(DataError, match="opens no paths"):
            opened(str(tmp_path))
        with pytest.raises(WeightsError, match="cannot be opened by its path here"):
            _add(ENTRIES["street-c4"], [], None, str(file))
