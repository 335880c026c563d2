"""The wheel alone, in an environment outside the clone, without any extra: commands, the app and its pages work.

The packages it needs are lent by the environment of the tests, whose clone it cannot see: to install them anew would
take minutes. So whether the wheel names all that it needs is not proved here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.extras import EXTRAS, lacking
from frcnn_viz.paths import ROOT
from frcnn_viz.words import word

PARTS = ("pyproject.toml", "README.md", "LICENSE", "app.py", ".streamlit", "frcnn_viz", "pages", "assets", "docs")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a virtual environment into which the wheel was installed, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "clone").mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / "clone" / part)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    alone = {"env": {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}}
    run([*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", folder, folder / "clone"], **alone)
    (wheel,) = folder.glob("*.whl")
    shutil.rmtree(folder / "clone")
    venv.create(folder / "venv")
    run([*pip, "--python", folder / "venv" / "bin" / "python", "install", *offline, wheel], **alone)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))
    (folder / "without").mkdir()
    for extra in EXTRAS.values():
        (folder / "without" / f"{extra.module.partition('.')[0]}.py").write_text("raise ImportError")
    return folder


def run(command: list, **options: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def elsewhere(installed: Path, tmp_path: Path) -> dict:
    """Where commands run: in an empty folder, on a workspace of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FRCNN_VIZ"))}
    own = {"PYTHONPATH": str(installed / "without"), "FRCNN_VIZ_WORKSPACE": str(tmp_path / "workspace")}
    return {"cwd": tmp_path, "env": kept | own | {"OMP_NUM_THREADS": "1"}}


COMMANDS = """
from frcnn_viz.cli import cli

for line in ("doctor --json doctor.json", "verify --images 1", "trace street.png --device cpu --json trace.json"):
    cli(line.split(), standalone_mode=False)
"""
"""In one process, since each would load torch."""


def test_doctor_verify_and_trace(installed: Path, elsewhere: dict, tmp_path: Path) -> None:
    sample_scene("first-street").image.save(tmp_path / "street.png")
    printed = run([installed / "venv" / "bin" / "python", "-c", COMMANDS], **elsewhere)
    told = json.loads((tmp_path / "doctor.json").read_text())
    assert told["healthy"]
    assert Path(told["versions"]["files"]) == installed / "venv" / "share" / "frcnn-viz"
    assert told["extras"] == {name: lacking(name) for name in EXTRAS}
    assert "largest difference of boxes:  0 px" in printed
    assert len(json.loads((tmp_path / "trace.json").read_text())["detections"]) > 5


@pytest.fixture
def app(installed: Path, elsewhere: dict) -> Iterator[str]:
    """The address of the installed app."""
    line = [installed / "venv" / "bin" / "frcnn-viz", "--no-browser", "--host", "127.0.0.1"]
    with subprocess.Popen(line, **elsewhere, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        yield re.findall(r"http://\S+", process.stdout.readline())[0]
        process.terminate()


def test_the_app_shows_a_page_with_its_words_and_its_canvas(
    app: str, page: Page, settled: Callable[[Page], None]
) -> None:
    page.goto(f"{app}detections")
    settled(page)
    expect(page.locator("h1")).to_have_text(word("page.detections").term)
    expect(page.locator(".box-canvas canvas").first).to_be_visible()
    answer = page.request.get(f"{app}health")
    assert answer.text().startswith("frcnn-viz ")
