"""The commands that run a detector, on the double: they print what they print for the CPU."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from frcnn_viz.data.scenes import PRESETS, draw_scene, write_scenes
from tests.cli import running
from tests.device.double import DEVICE

pytestmark = pytest.mark.usefixtures("device")
SMALL = ("--set", "min_size=120", "--set", "max_size=160")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of one scene, and a cache in which nothing was examined."""
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    write_scenes(tmp_path / "set", 1, 4, PRESETS["ordinary"])
    return tmp_path / "set"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    draw_scene(3, PRESETS["ordinary"]).image.save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def run(*arguments: object, device: str = "auto") -> str:
    return running.run(*arguments, "--device", device)


def both(*arguments: object) -> tuple[dict, dict]:
    """The JSON for the CPU and for the device."""
    here, there = (json.loads(run(*arguments, "--json", "-", device=device)) for device in ("cpu", "auto"))
    return here, there


@pytest.mark.parametrize("model", ["street-fpn", "street-c4"])
def test_trace(photo: Path, model: str) -> None:
    here, there = both("trace", photo, "--model", model, *SMALL)
    assert here["detections"] == there["detections"] != []
    assert (here["device"], there["device"]) == ("cpu", str(DEVICE))
    assert [stage["count"] for stage in here["stages"]] == [stage["count"] for stage in there["stages"]]
    assert "kept by the final NMS" in run("trace", photo, *SMALL)


def test_trace_of_keypoints(photo: Path) -> None:
    few = [*SMALL, "--set", "box_detections_per_img=2", "--set", "box_score_thresh=0"]
    here, there = both("trace", photo, "--model", "keypointrcnn_resnet50_fpn", "--random-weights", *few)
    assert here["detections"] == there["detections"] != []


def test_verify() -> None:
    text = run("verify", "--images", "1", *SMALL)
    assert f"street-fpn on {DEVICE}" in text
    assert "largest difference of boxes:  0 px" in text


def test_evaluate() -> None:
    here, there = both("evaluate", "--scenes", "1", "--model", "street-c4")
    assert str(here) == str(there)  # nan is nan


def test_autopsy_and_waterfall(data: Path) -> None:
    here, there = both("autopsy", data, *SMALL)
    assert here["rows"] == there["rows"] != []
    here, there = both("waterfall", data, *SMALL)
    assert here | {"ms": {}} == there | {"ms": {}}


def test_report(data: Path, photo: Path, tmp_path: Path) -> None:
    """The same file but for the times and the device's name."""
    for what, part in ((data, "cases"), (photo, "views")):
        told = []
        for device in ("cpu", "auto"):
            run("report", what, "--out", tmp_path / "out.html", "--no-fixes", *SMALL, device=device)
            held = (
                (tmp_path / "out.html").read_text().partition('type="application/json">')[2].partition("</script>")[0]
            )
            told.append(
                [{k: one[k] for k in ("image", "objects", "detections") if k in one} for one in json.loads(held)[part]]
            )
        assert told[0] == told[1] != []
