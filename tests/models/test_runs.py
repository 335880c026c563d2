"""A kept step of a run opens like any detector, and is exactly what was trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from frcnn_viz.analysis.equality import compare_with_model
from frcnn_viz.data.tenant import Tenant, acting_as
from frcnn_viz.models.entry import RANDOM
from frcnn_viz.models.registry import ModelError, entries, find_entry, load_detector
from frcnn_viz.models.runs import NEW_LAYER, runs_folder
from frcnn_viz.models.variant import Variant
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder, remove_run
from frcnn_viz.training.trainer import Trainer
from tests.conftest import make_image
from tests.training.small import small_run, trained_here

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.mark.parametrize("parts", ["all", "heads"])
def test_a_step_is_the_trained_model_bit_for_bit(squares: Path, parts: str) -> None:
    run = small_run(squares, steps=2, keep_every=1, evaluate_every=0, parts=parts)
    anchors = {"anchor_sizes": ((12.0, 24.0),), "aspect_ratios": ((0.5, 1.0, 2.0),)}
    run = replace(run, detector=replace(run.detector, **anchors))
    folder = RunFolder.create(run, take(run))
    trainer = Trainer(folder)
    trainer.go()
    detector = load_detector("run:small@2", "cpu")
    trained = trainer.loop.model.state_dict()
    assert detector.model.state_dict().keys() == trained.keys()
    for name, tensor in detector.model.state_dict().items():
        assert torch.equal(tensor, trained[name]), name
    assert detector.classes == ("__background__", "square")
    settings = Settings.of(detector.model)
    assert (settings.min_size, settings.max_size, settings.anchor_sizes) == (48, 64, ((12.0, 24.0),))
    assert compare_with_model(Trace(detector.model, make_image(60, 90))).is_zero
    assert load_detector("run:small@2", "cpu") is detector
    before = load_detector("run:small@0", "cpu").model.state_dict()
    assert any(not torch.equal(before[name], tensor) for name, tensor in trained.items())


def test_before_the_first_step_what_is_not_trained_is_told(squares: Path) -> None:
    trained_here(small_run(squares, steps=1, evaluate_every=0))
    assert load_detector("run:small@0", "cpu").warning == NEW_LAYER
    assert load_detector("run:small@1", "cpu").trained
    again = small_run(squares, "again", steps=1, evaluate_every=0)
    for base, random, warning in (
        ("run:small@0", False, NEW_LAYER),
        ("run:small@1", False, ""),
        ("run:small", True, RANDOM),
    ):
        trained_here(replace(again, detector=Variant(base, random_weights=random)))
        assert load_detector("run:again@0", "cpu").warning == warning
        assert load_detector("run:again@1", "cpu").trained
        remove_run("again")


def test_heads_alone_keep_only_what_changed(squares: Path) -> None:
    folder = trained_here(small_run(squares, steps=1, evaluate_every=0, parts="rpn"))
    weights = sum(path.stat().st_size for path in folder.steps.values())
    assert weights < 0.2 * (folder.path / "still.safetensors").stat().st_size


def test_the_last_step_of_each_run_is_in_the_list(squares: Path) -> None:
    assert not any(name.startswith("run:") for name in entries())
    run = small_run(squares, steps=2, keep_every=1, evaluate_every=0)
    folder = RunFolder.create(run, take(run))
    with pytest.raises(ModelError, match="has kept no step yet"):
        find_entry("run:small")
    assert "run:small" not in entries()
    Trainer(folder).go()
    last, entry = load_detector("run:small", "cpu"), entries()["run:small"]
    assert entry.title == "small, step 2"
    assert last.fingerprint == load_detector("run:small@2", "cpu").fingerprint
    folder.steps[2].unlink()
    now = load_detector("run:small", "cpu")
    assert now.title == "small, step 1"
    assert now.fingerprint != last.fingerprint


def test_what_is_not_there_is_told(squares: Path) -> None:
    folder = trained_here(small_run(squares, steps=1, evaluate_every=0))
    for wrong in ("run:small@7", "run:small@", "run:small@x", "run:small@-1", "run:small@" + "0" * 5000 + "1"):
        with pytest.raises(ModelError, match=r"has kept no step .*; it has 0, 1"):
            find_entry(wrong)
    for wrong in ("run:", "run:other", "run:../runs/small", "run:.", "run:..", "run:small/steps"):
        with pytest.raises(ModelError, match="is not there; it was removed"):
            find_entry(wrong)
    load_detector("run:small", "cpu")
    (folder.path / "run.json").write_text("{")
    with pytest.raises(ModelError, match=r"run\.json is damaged"):
        find_entry("run:small")
    assert "run:small" not in entries()
    remove_run("small")
    with pytest.raises(ModelError, match="the run 'small' is not there; it was removed"):
        load_detector("run:small", "cpu")


def test_another_run_of_the_same_name_is_another_detector(squares: Path) -> None:
    trained_here(small_run(squares, steps=1, evaluate_every=0))
    first = load_detector("run:small@1", "cpu")
    remove_run("small")
    trained_here(small_run(squares, steps=1, evaluate_every=0, seed=1))
    assert load_detector("run:small@1", "cpu").fingerprint != first.fingerprint


def test_the_class_s_runs_are_never_taken_for_one_s_own(squares: Path, tmp_path: Path) -> None:
    """A visitor's run is called as the teacher's is, and others begin with either."""
    teacher = Tenant(tmp_path / "base")
    visitor = Tenant(tmp_path / "visitor", shared=teacher.folder)
    plan = small_run(squares, steps=1, evaluate_every=0)
    with acting_as(teacher):
        trained_here(plan)
        trained_here(replace(plan, name="theirs", detector=Variant("run:small@1")))
        fingerprint = load_detector("run:small@1", "cpu").fingerprint
        assert {name for name in entries() if ":" in name} == {"run:small", "run:theirs"}
        assert find_entry("class:small").file == find_entry("run:small").file
    with acting_as(visitor):
        assert {name for name in entries() if ":" in name} == {"class:small", "class:theirs"}
        trained_here(replace(plan, seed=1))
        trained_here(replace(plan, name="mine", detector=Variant("class:small@1")))
        trained_here(replace(plan, name="again", detector=Variant("run:small@1")))
        one = load_detector("run:small@1", "cpu").fingerprint
        assert load_detector("run:again@0", "cpu").fingerprint == one != fingerprint
        for name in ("class:small@1", "class:theirs@0", "run:mine@0"):
            assert load_detector(name, "cpu").fingerprint == fingerprint
        assert find_entry("class:small").home == teacher.folder
        with pytest.raises(ModelError, match="is not there"):
            find_entry("class:mine")


def test_a_run_may_begin_with_a_step_of_another(squares: Path) -> None:
    first = trained_here(small_run(squares, steps=1, evaluate_every=0))
    run = replace(small_run(squares, "next", steps=1, evaluate_every=0), detector=Variant("run:small@1"))
    trained_here(run)
    began, ended = load_detector("run:next@0", "cpu"), load_detector("run:small@1", "cpu")
    assert began.fingerprint == ended.fingerprint
    assert began.classes == ended.classes
    path = first.path / "run.json"
    content = json.loads(path.read_text())
    content["detector"]["base"] = "run:next"
    path.write_text(json.dumps(content))
    with pytest.raises(ModelError, match="began with itself"):
        find_entry("run:next")
    assert set(runs_folder().iterdir()) >= {first.path}
    remove_run("small")
    with pytest.raises(ModelError, match="'small' is not there"):
        find_entry("run:next")
