"""Videos that several tests read, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.videos import CONTAINERS, pictures, write_video


@pytest.fixture(scope="session")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One video of each container."""
    folder = tmp_path_factory.mktemp("videos")
    for name, (codec, _) in CONTAINERS.items():
        write_video(folder / name, pictures(), codec=codec)
    return folder
