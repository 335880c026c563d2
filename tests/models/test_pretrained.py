"""torchvision's detectors: a checkpoint under the hub's name is used; what is missing, broken or hostile is refused."""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from functools import partial
from pathlib import Path

import pytest
import torch

from frcnn_viz.models import registry
from frcnn_viz.models.hub import read_hub_file
from frcnn_viz.models.pretrained import PRETRAINED
from frcnn_viz.models.registry import EMBEDDED, ENTRIES, load_detector
from frcnn_viz.models.weights import WeightsError, fit_state
from frcnn_viz.pipeline.trace import Trace
from tests.cli import running
from tests.conftest import liven, make_image
from tests.models.publishing import publish

NAME = "fasterrcnn_mobilenet_v3_large_320_fpn"


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub folder, and nothing loaded before."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    return folder


def test_a_missing_file_is_named_with_where_to_put_it(hub: Path) -> None:
    with pytest.raises(WeightsError) as told:
        load_detector(NAME, "cpu")
    assert PRETRAINED[NAME].hub.name in str(told.value)
    assert str(hub) in str(told.value)
    assert f"models fetch {NAME}" in str(told.value)


def test_a_checkpoint_saved_by_plain_torchvision_is_loaded_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(5)
    theirs = liven(PRETRAINED[NAME].build(91))
    with torch.no_grad():
        theirs.roi_heads.box_predictor.cls_score.weight.mul_(3000)  # so that random features are told apart
    publish(monkeypatch, NAME, theirs.state_dict())
    detector = load_detector(NAME, "cpu")
    assert detector.trained
    assert len(detector.classes) == 91
    image = make_image(120, 160)
    with torch.inference_mode():
        (expected,) = theirs([image])
    found = Trace(detector.model, image).detections
    assert len(found) > 0
    assert torch.equal(found.boxes_in_image, expected["boxes"])
    assert torch.equal(found.scores, expected["scores"])


class Evil:
    def __reduce__(self) -> tuple:
        return os.system, ("touch /tmp/frcnn-viz-was-here",)


def test_a_pickle_with_code_in_it_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("/tmp/frcnn-viz-was-here").unlink(missing_ok=True)
    publish(monkeypatch, NAME, {"backbone": Evil()})
    with pytest.raises(WeightsError, match="holds more than weights"):
        load_detector(NAME, "cpu")
    assert not Path("/tmp/frcnn-viz-was-here").exists()


def test_a_file_whose_hash_is_another_is_refused_and_can_be_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    path = publish(monkeypatch, NAME, PRETRAINED[NAME].build(91).state_dict())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1  # one bit of a weight
    path.write_bytes(content)
    assert ENTRIES[NAME].is_here  # nobody has looked yet
    with pytest.raises(WeightsError, match=r"damaged or another file \(its hash differs\): fetch it on the page Model"):
        load_detector(NAME, "cpu")
    assert not ENTRIES[NAME].is_here


def test_what_does_not_fit_is_told_in_words_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = PRETRAINED[NAME]
    model = entry.build(91)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = entry.build(91).state_dict()
    first = next(iter(state))
    for broken, words in (
        ({name: value for name, value in state.items() if name != first}, f"lacks '{first}'"),
        (state | {"extra": torch.zeros(1)}, "has 'extra', which the model has not"),
        (state | {first: torch.zeros(2, 3)}, f"has '{first}' as [2, 3] instead of"),
        ({"epoch": state}, "holds no weights by name"),
    ):
        publish(monkeypatch, NAME, broken)
        with pytest.raises(WeightsError) as told:
            fit_state(model, read_hub_file(ENTRIES[NAME].hub, NAME), "the file")
        assert words in str(told.value)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("name", PRETRAINED)
def test_classes_and_sizes_are_torchvisions(name: str) -> None:
    entry = PRETRAINED[name]
    assert len(entry.classes) == (2 if entry.keypoints else 91)
    assert entry.classes[1] == "person"
    assert entry.hub.megabytes > 50
    assert 20 < entry.published["box_map"] < 60
    assert entry.published["GFLOPS"] < 500


def test_the_command_line_lists_and_points() -> None:
    run = partial(running.run, "models")
    rows = json.loads(run("list", "--json", "-"))["models"]
    assert [row["name"] for row in rows] == list(ENTRIES)
    assert [row["name"] for row in rows if row["here"]] == list(EMBEDDED)
    assert run("path", NAME).strip() == str(PRETRAINED[NAME].hub.path)
    assert "to be fetched" in run("list")
    with pytest.raises(ValueError, match="no weights to fetch for 'street-fpn'"):
        run("fetch", "street-fpn")
