"""`frcnn-viz why`: the numbers of the map and of its check, and its picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from frcnn_viz import Settings, load_detector, load_image, trace
from frcnn_viz.analysis.attribution import Kind, Target, gradient_times_input
from frcnn_viz.analysis.deletion import delete
from frcnn_viz.data.scenes import sample_scene
from tests.cli import running

SMALL = ("--model", "street-c4", "--set", "min_size=120", "--device", "cpu")


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("why") / "crowd.png"
    sample_scene("crowd").image.save(path)
    return path


def run(picture: Path, *more: object) -> str:
    return running.run("why", picture, *SMALL, *more)


def test_the_best_detections_logit_is_explained_and_checked(picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.png"
    told = json.loads(run(picture, "--json", "-", "--out", out))
    detector = load_detector("street-c4", "cpu")
    story = trace(detector, load_image(picture), Settings.of(detector.model).replace(min_size=120))
    label = int(story.detections.labels[0])
    found = gradient_times_input(story, Target(Kind.LOGIT, int(story.detections.roi[0]), label))
    checked = delete(story, found)
    assert told["class"] == detector.classes[label]
    assert (told["value"], told["raised"], told["lowered"]) == (found.value, found.raised, found.lowered)
    assert told["missing"] is None
    assert told["check"]["curve"] == checked.curve.tolist()
    assert told["check"]["verdict"] == checked.verdict
    assert Image.open(out).size == tuple(reversed(story.input.input_size))


def test_people_are_told_in_words(picture: Path) -> None:
    told = run(picture, "--proposal", 2, "--class", "background", "--integrated", "--no-check")
    assert "The logit of background is" in told
    assert "of the change of" in told
    assert "Not checked" in told


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--detection", 999], "there is no detection 999"),
        (["--proposal", 9999], "there is no proposal 9999"),
        (["--class", "tiger"], "knows no class 'tiger'; it knows background, person"),
        (["--of", "area"], "--of 'area' is no number of a box; choose one of logit"),
    ],
)
def test_what_is_not_there_is_told(picture: Path, asked: list[object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run(picture, *asked)
