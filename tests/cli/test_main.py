"""The command line, run as a user runs it (in process, by Typer's runner)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from frcnn_viz import __version__, load_detector, load_image
from frcnn_viz.cli import cli, main
from frcnn_viz.ui.budget import MEMORY_VARIABLE, budget
from tests.cli.running import run


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (90, 130, 3), dtype=torch.uint8, generator=generator)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels.numpy()).save(path)
    return path


def test_trace_writes_the_promised_json(photo: Path) -> None:
    text = run("trace", str(photo), "--device", "cpu", "--set", "box_score_thresh=0.0", "--json", "-")
    report = json.loads(text)
    assert report["image"] == {"width": 130, "height": 90, "sha256": load_image(photo).sha256}
    assert report["model"] == "street-fpn"
    assert report["settings"]["box_score_thresh"] == 0.0
    assert report["stages"][0]["name"] == "input"
    assert all(set(stage) == {"name", "count", "ms"} for stage in report["stages"])
    assert set(report["detections"][0]) == {"box", "label", "score", "roi", "proposal", "anchor", "level"}


def test_trace_json_holds_the_models_detections(photo: Path) -> None:
    report = json.loads(run("trace", str(photo), "--device", "cpu", "--json", "-"))
    with torch.inference_mode():
        expected = load_detector("street-fpn", "cpu").model([load_image(photo).tensor])[0]
    assert [d["box"] for d in report["detections"]] == expected["boxes"].tolist()
    assert [d["score"] for d in report["detections"]] == expected["scores"].tolist()


def test_trace_prints_the_funnel(photo: Path) -> None:
    text = run("trace", str(photo), "--device", "cpu")
    assert "top-n of each level" in text
    assert "kept by the final NMS" in text


@pytest.mark.parametrize("name", ["street-fpn", "street-c4"])
def test_verify_finds_no_difference(name: str) -> None:
    text = run("verify", "--model", name, "--images", "2")
    assert "largest difference of boxes:  0 px" in text
    assert "largest difference of scores: 0\n" in text


def test_scenes_writes_images_and_annotations(tmp_path: Path) -> None:
    run("scenes", str(tmp_path / "set"), "--count", "2", "--preset", "crowded")
    annotations = json.loads((tmp_path / "set" / "annotations.json").read_text())
    assert len(annotations["images"]) == 2
    assert len(list((tmp_path / "set").glob("*.png"))) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "--model", "nothing"], "there is no detector 'nothing'"),
        (["trace", "absent.png"], "absent.png"),
        (["trace", "{photo}", "--set", "box_score_thresh"], "has no value"),
        (["trace", "{photo}", "--set", "box_score_thresh=high"], "box_score_thresh is 'high'; write a number."),
        (["trace", "{photo}", "--set", "speed=3"], "there is no setting 'speed'"),
        (["scenes", "{folder}", "--preset", "easy"], "there is no preset 'easy'"),
        (["app", "--memory", "lots"], "the memory 'lots' is no size; write one such as 4G or 512M."),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: list[str], words: str, photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [text.format(photo=photo, folder=photo.parent / "out") for text in arguments]
    monkeypatch.setattr("sys.argv", ["frcnn-viz", *filled])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert words in error.replace("\n", " ")
    assert "Traceback" not in error


def test_trace_json_holds_the_keypoints(photo: Path) -> None:
    small = [part for pair in ("min_size=96", "max_size=160", "box_detections_per_img=3") for part in ("--set", pair)]
    model = ["--model", "keypointrcnn_resnet50_fpn", "--random-weights"]
    report = json.loads(run("trace", str(photo), *model, *small, "--json", "-"))
    assert [stage["name"] for stage in report["stages"]][-1] == "keypoints"
    assert [len(one["keypoints"]) for one in report["detections"]] == [17] * 3
    assert all(len(point) == 3 for point in report["detections"][0]["keypoints"])


def test_names_of_detectors_are_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "fasterrcnn_mobilenet_v3_large_320_fpn" in run("models", "list")


def test_the_app_is_told_how_much_memory_it_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "1G")  # so that it is put back, and the folder too
    monkeypatch.chdir(".")
    told: list[int] = []
    monkeypatch.setattr("streamlit.web.cli.main", lambda *_, **__: told.append(budget()))
    run("app", "--memory", "2G")
    assert told == [2 * 2**30]


def test_the_version_is_told_without_torch() -> None:
    """A shell that completes a word starts the program, and waits."""
    program = "import sys; from frcnn_viz.cli import main; sys.argv = ['frcnn-viz', '--version']\n"
    program += "try: main()\nfinally: print({'torch', 'numpy', 'streamlit'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"frcnn-viz {__version__}\nset()\n")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("frcnn-viz ev", "evaluate"),
        ("frcnn-viz --vers", "--version"),
        ("frcnn-viz models f", "fetch"),
        ("frcnn-viz photo.jpg --win", "--window"),  # an option of `app`
        ("frcnn-viz --memory 2G --no-b", "--no-browser"),
    ],
)
def test_a_shell_completes_commands_and_options(line: str, offered: str) -> None:
    words = {"_FRCNN_VIZ_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    result = CliRunner().invoke(cli, env=words, prog_name="frcnn-viz")
    assert result.stdout.split() == [offered]
