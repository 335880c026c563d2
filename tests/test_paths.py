from pathlib import Path

import pytest

from frcnn_viz import paths


@pytest.mark.parametrize(
    ("package", "root"),
    [
        ("checkout/frcnn_viz", "checkout"),
        ("venv/lib/python3.11/site-packages/frcnn_viz", "venv/share/frcnn-viz"),
        ("usr/local/lib/python3.11/dist-packages/frcnn_viz", "usr/local/share/frcnn-viz"),
    ],
)
def test_root_is_found_in_a_checkout_and_once_installed(tmp_path: Path, package: str, root: str) -> None:
    (tmp_path / package).mkdir(parents=True)
    (tmp_path / root).mkdir(parents=True, exist_ok=True)
    (tmp_path / root / "app.py").touch()
    assert paths.find_root(tmp_path / package) == tmp_path / root


def test_parts_are_there() -> None:
    assert paths.APP.is_file()
    assert paths.FRAME.is_file()
    assert paths.ASSETS.is_dir()
