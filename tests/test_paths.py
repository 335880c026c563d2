import tomllib
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


def test_a_wheel_has_every_file_beside_the_code() -> None:
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = project["tool"]["setuptools"]["package-data"]
    beside = [path for path in paths.PACKAGE.rglob("*.*") if path.suffix in (".js", ".css", ".html")]
    assert beside
    for path in beside:
        package = ".".join(path.parent.relative_to(paths.PACKAGE.parent).parts)
        assert any(path.match(pattern) for pattern in packed.get(package, ())), path
