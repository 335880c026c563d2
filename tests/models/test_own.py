"""Checkpoints of one's own: read without running code, fitted in words, kept; and models of one's own code."""

from __future__ import annotations

import argparse
import json
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn, keypointrcnn_resnet50_fpn

from frcnn_viz.data.tenant import Tenant, acting_as
from frcnn_viz.models import registry
from frcnn_viz.models.own import add_checkpoint, factory, read_names, remove_checkpoint
from frcnn_viz.models.registry import ENTRIES, ModelError, entries, load_detector
from frcnn_viz.models.street import street_c4, street_fpn
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.pipeline.trace import Trace
from tests.cli.running import run
from tests.conftest import liven, make_image

MOBILE = "fasterrcnn_mobilenet_v3_large_320_fpn"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace, nothing loaded before, and the same random models each time."""
    torch.manual_seed(5)
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    return tmp_path / "workspace"


def assert_the_same(mine: nn.Module, theirs: nn.Module) -> None:
    image = make_image(120, 160)
    with torch.inference_mode():
        (expected,) = theirs.eval()([image])
    found = Trace(mine, image).detections
    assert len(found) > 0
    assert torch.equal(found.boxes_in_image, expected["boxes"])
    assert torch.equal(found.scores, expected["scores"])


def test_the_teacher_s_checkpoint_is_opened_by_all_and_removed_by_none(tmp_path: Path) -> None:
    path, teacher = tmp_path / "pets.pt", Tenant(tmp_path / "base")
    torch.save(liven(street_fpn(4)).state_dict(), path)
    with acting_as(teacher):
        name = add_checkpoint(path, ENTRIES["street-fpn"], ["cat", "dog", "cow"])
    with acting_as(Tenant(tmp_path / "visitor", shared=teacher.folder)):
        assert (entries()[name].title, entries()[name].home) == ("Class: pets.pt", teacher.folder)
        assert load_detector(name, "cpu").classes == ("__background__", "cat", "dog", "cow")
        remove_checkpoint(name)
        assert name in entries()
        assert add_checkpoint(path, ENTRIES["street-fpn"], ["cat", "dog", "cow"]) == name
        assert entries()[name].title == "Yours: pets.pt"
    assert name not in entries()


@pytest.mark.parametrize("ending", ["pt", "pth", "safetensors"])
def test_a_state_dict_is_opened_with_the_files_number_of_classes(tmp_path: Path, ending: str) -> None:
    theirs = liven(street_fpn(4))
    path = tmp_path / f"pets.{ending}"
    (save_file if ending == "safetensors" else torch.save)(theirs.state_dict(), path)
    name = add_checkpoint(path, ENTRIES["street-fpn"], ["cat", "dog", "cow"])
    assert entries()[name].title == f"Yours: pets.{ending}"
    detector = load_detector(name, "cpu")
    assert detector.classes == ("__background__", "cat", "dog", "cow")
    assert detector.trained
    assert_the_same(detector.model, theirs)


def test_a_training_scripts_checkpoint_is_looked_into(tmp_path: Path) -> None:
    theirs = liven(street_c4(3))
    state = {f"module.{name}": value for name, value in theirs.state_dict().items()}
    rest = {"epoch": 7, "optimizer": {"lr": np.float64(0.1)}, "args": argparse.Namespace(data=tmp_path)}
    torch.save({"model": state, **rest}, tmp_path / "last.pth")
    detector = load_detector(add_checkpoint(tmp_path / "last.pth", ENTRIES["street-c4"]), "cpu")
    assert detector.classes == ("__background__", "class 1", "class 2")
    assert_the_same(detector.model, theirs)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_halves_are_widened(tmp_path: Path, dtype: torch.dtype) -> None:
    theirs = liven(street_fpn(3))
    halves = {
        name: value.to(dtype) if value.is_floating_point() else value for name, value in theirs.state_dict().items()
    }
    torch.save(halves, tmp_path / "half.pt")
    theirs.load_state_dict(halves)
    assert_the_same(load_detector(add_checkpoint(tmp_path / "half.pt", ENTRIES["street-fpn"]), "cpu").model, theirs)


def test_eight_that_add_the_same_at_once_get_the_same(tmp_path: Path, workspace: Path) -> None:
    torch.save(street_fpn(3).state_dict(), tmp_path / "a.pt")
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: add_checkpoint(tmp_path / "a.pt", ENTRIES["street-fpn"]), range(8)))
    assert len(names) == 1
    assert load_detector(names.pop(), "cpu").trained
    assert {path.suffix for path in (workspace / "models").iterdir()} == {".json", ".safetensors"}


def test_a_kept_file_that_is_gone_is_told(tmp_path: Path, workspace: Path) -> None:
    torch.save(street_fpn(3).state_dict(), tmp_path / "a.pt")
    name = add_checkpoint(tmp_path / "a.pt", ENTRIES["street-fpn"])
    (workspace / "models" / f"{name}.safetensors").unlink()
    with pytest.raises(ModelError, match="add the checkpoint again"):
        load_detector(name, "cpu")


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path, workspace: Path) -> None:
    torch.save(street_fpn(3).state_dict(), tmp_path / "a.pt")
    workspace.write_text("a file")
    with pytest.raises(WeightsError, match=r"a\.pt cannot be kept in"):
        add_checkpoint(tmp_path / "a.pt", ENTRIES["street-fpn"])


def test_norms_are_built_as_the_file_has_them(tmp_path: Path) -> None:
    """A model trained from nothing has norms that learn; one fine-tuned from COCO's weights has frozen ones."""
    theirs = liven(fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None, num_classes=3))
    theirs.roi_heads.box_predictor.cls_score.weight.mul_(3000)  # so that random features are told apart
    torch.save(theirs.state_dict(), tmp_path / "a.pt")
    assert_the_same(load_detector(add_checkpoint(tmp_path / "a.pt", ENTRIES[MOBILE]), "cpu").model, theirs)


def test_the_number_of_keypoints_is_the_files(tmp_path: Path) -> None:
    theirs = keypointrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=2, num_keypoints=5)
    torch.save(theirs.state_dict(), tmp_path / "a.pt")
    detector = load_detector(add_checkpoint(tmp_path / "a.pt", ENTRIES["keypointrcnn_resnet50_fpn"]), "cpu")
    assert len(detector.keypoints) == 5


class Evil:
    def __reduce__(self) -> tuple:
        return os.system, ("touch /tmp/frcnn-viz-was-here-too",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"x": Evil()}, "holds more than weights"),
        ({"epoch": 3}, "holds no weights by name"),
        (street_c4(4).state_dict(), r"of another model: it lacks 'backbone\..*' and \d+ more"),
        (street_fpn(4).state_dict() | {"extra": torch.zeros(2)}, "has 'extra', which the model has not"),
        ({"weight": torch.zeros(3, 3)}, "so it is no checkpoint of Street scenes, FPN"),
    ],
)
def test_what_cannot_be_opened_is_told_and_leaves_nothing(tmp_path: Path, content: object, words: str) -> None:
    torch.save(content, tmp_path / "bad.pt")
    before = set(entries())
    with pytest.raises(WeightsError, match=words):
        add_checkpoint(tmp_path / "bad.pt", ENTRIES["street-fpn"])
    assert set(entries()) == before
    assert not Path("/tmp/frcnn-viz-was-here-too").exists()


def test_names_must_be_as_many_as_classes(tmp_path: Path) -> None:
    torch.save(street_fpn(4).state_dict(), tmp_path / "a.pt")
    with pytest.raises(WeightsError, match="has 3 classes besides the background, and 2 names were given"):
        add_checkpoint(tmp_path / "a.pt", ENTRIES["street-fpn"], ["cat", "dog"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat\ndog\n\n", ["cat", "dog"]),
        ("cat, dog", ["cat", "dog"]),
        ('["cat", "dog"]', ["cat", "dog"]),
        ('{"2": "dog", "1": "cat"}', ["cat", "dog"]),
        ("", []),
    ],
)
def test_names_are_read_as_people_write_them(text: str, names: list[str]) -> None:
    assert read_names(text) == names


@pytest.mark.parametrize("text", ["[1,", '{"a": "cat"}', "[[]]x", "[" * 100_000, "{" * 100_000])
def test_names_that_are_no_json_are_told(text: str) -> None:
    with pytest.raises(WeightsError, match="no readable JSON"):
        read_names(text)


def test_it_is_there_after_a_restart_until_it_is_removed(tmp_path: Path, workspace: Path) -> None:
    torch.save(street_fpn(4).state_dict(), tmp_path / "a.pt")
    name = add_checkpoint(tmp_path / "a.pt", ENTRIES["street-fpn"])
    (tmp_path / "a.pt").unlink()
    (workspace / "models" / "own-broken.json").write_text("{}")
    assert [key for key in entries() if key.startswith("own-")] == [name]
    remove_checkpoint(name)
    assert name not in entries()


def test_the_same_weights_with_other_names_are_another_detector(tmp_path: Path) -> None:
    torch.save(street_fpn(3).state_dict(), tmp_path / "a.pt")
    for names in ((), ("cat", "dog"), ("dog", "cat")):
        detector = load_detector(add_checkpoint(tmp_path / "a.pt", ENTRIES["street-fpn"], names), "cpu")
        assert detector.classes[1:] == (names or ("class 1", "class 2"))
    again = add_checkpoint(tmp_path / "a.pt", ENTRIES["street-fpn"], ("dog", "cat"))
    assert load_detector(again, "cpu") is detector


def test_the_command_line_adds_one(tmp_path: Path) -> None:
    torch.save(street_fpn(3).state_dict(), tmp_path / "a.pt")
    (tmp_path / "names.json").write_text(json.dumps(["cat", "dog"]))
    name = run("models", "add", tmp_path / "a.pt", "--base", "street-fpn", "--classes", tmp_path / "names.json")
    assert load_detector(name.strip(), "cpu").classes[1:] == ("cat", "dog")


def test_a_model_of_ones_own_code_is_opened_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zoo_of_mine.py").write_text(
        "from tests.conftest import build_tiny_fpn\n\ndef make():\n    return build_tiny_fpn()\n\nnothing = 3\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRCNN_VIZ_MODEL", "")
    verify = partial(run, "verify", "--images", 1, "--model")
    assert "largest difference of boxes:  0 px" in verify("zoo_of_mine:make")
    assert entries()["zoo_of_mine:make"].title == "Yours: zoo_of_mine:make"
    assert load_detector("zoo_of_mine:make", "cpu").classes == ("__background__", *(f"class {n}" for n in range(1, 5)))
    with pytest.raises(WeightsError, match="gave int, and a torchvision GeneralizedRCNN is needed"):
        verify("zoo_of_mine:nothing")
    with pytest.raises(WeightsError, match=r"write package\.module:factory"):
        verify("no_such_module:make")


def test_a_step_of_a_run_is_no_model_of_ones_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRCNN_VIZ_MODEL", "")
    with pytest.raises(ModelError, match="the run 'gone' is not there"):
        run("verify", "--model", "run:gone@3")
    assert factory() == {}


def test_code_is_never_run_because_a_link_names_it() -> None:
    with pytest.raises(ModelError, match="there is no detector 'os:getcwd'"):
        load_detector("os:getcwd", "cpu")
