"""One picture learnt by heart is kept as a run, which is whole however its process ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.samples import sample_picture
from frcnn_viz.models.registry import load_detector
from frcnn_viz.models.runs import runs_folder
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.exercise import MOST, drawn_on, exercise_of, free_name, is_kept
from frcnn_viz.training.history import History
from frcnn_viz.training.overfit import RECIPE, Report
from frcnn_viz.training.overfit_child import Exercise, learn
from frcnn_viz.training.process import resume
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import Run, build
from frcnn_viz.training.signals import DONE
from frcnn_viz.training.snapshot import TRAIN, Picture
from frcnn_viz.training.store import RunFolder, all_runs, remove_run
from tests.training.small import small_run, trained_here

pytestmark = pytest.mark.usefixtures("workspace")

SAMPLE, BOX = "first-street", (20.0, 30.0, 90.0, 120.0)


def exercise(
    name: str = "street-by-heart-1", sample: str = SAMPLE, steps: int = 30, base: str = "street-c4"
) -> Exercise:
    image = sample_picture(sample)[0]
    variant = Variant(base, ("lorry",), min_size=64, max_size=96)
    run = Run(name, replace(RECIPE, steps=steps), variant, "heads", f"picture:{sample}", 0.0, device="cpu")
    return Exercise(run, image.pixels, Picture(image.name, sample, image.sha256, TRAIN, (Object(BOX, "lorry"),)))


def reports(made: Exercise, until: int) -> Iterator[Report]:
    """Those up to a step, after which nobody listens any more."""
    learning = learn(made)
    for report in learning:
        yield report
        if report.step == until:
            learning.close()


def test_which_steps_are_kept() -> None:
    assert [step for step in range(2_001) if is_kept(step)] == [0, 6, 12, 24, 48, 96, 192, 384, 768, 1536]


def test_a_kept_step_finds_what_was_reported_of_it_and_the_folder_is_whole_at_any_time() -> None:
    """So it is after a kill, which runs nothing more: the folder is then that of a shorter run."""
    made, told = exercise(), {}
    for report in learn(made):
        told[report.step] = report.check
        folder, kept = RunFolder("street-by-heart-1"), max(step for step in (0, 6, 12, 24) if step <= report.step)
        assert (folder.status.state, folder.status.step, folder.run.recipe.steps) == (DONE, kept, max(1, kept))
        assert [line["step"] for line in folder.metrics()] == list(range(1, kept + 1))
    assert list(folder.steps) == [0, 6, 12, 24, 30]
    image = sample_picture(SAMPLE)[0].tensor
    for step in folder.steps:
        detector = load_detector(f"run:street-by-heart-1@{step}", "cpu")
        assert detector.classes[1:] == ("lorry",)
        with torch.inference_mode():
            (found,) = detector.model([image])
        assert torch.equal(found["boxes"], told[step].boxes_in_image)
        assert torch.equal(found["scores"], told[step].scores)
    assert told[0].scores.tolist() != told[30].scores.tolist()


def test_it_is_a_run_that_is_done_and_cannot_go_on() -> None:
    list(reports(exercise(), until=18))
    folder = RunFolder("street-by-heart-1")
    assert (folder.status.state, folder.status.step, folder.run.recipe.steps) == (DONE, 18, 18)
    assert list(folder.steps) == [0, 6, 12, 18]
    assert [step.number for step in History.of(folder.metrics()).steps] == list(range(1, 19))
    with pytest.raises(TrainingError, match="is one picture learnt by heart, which does not go on; train it again"):
        resume(folder.name)
    remove_run(folder.name)
    assert all_runs() == []


def test_asked_to_stop_it_keeps_its_last_step_and_removed_it_leaves_nothing() -> None:
    for act, left in (
        (lambda folder: folder.ask_to_stop(), [0, 6, 12, 18]),
        (lambda folder: remove_run(folder.name), None),
    ):
        done = []
        for report in learn(exercise()):
            done.append(report.step)
            if report.step == 18:
                act(RunFolder("street-by-heart-1"))
        assert done == [0, 6, 12, 18]
        assert left is None or list(RunFolder("street-by-heart-1").steps) == left
        if left is not None:
            remove_run("street-by-heart-1")
    assert not (runs_folder() / "street-by-heart-1").exists()


def test_a_new_one_takes_the_place_of_the_old() -> None:
    for name, sample in (("a-1", SAMPLE), ("b-1", "crowd"), ("a-2", SAMPLE)):
        list(reports(exercise(name, sample), until=0))
    assert [folder.name for folder in all_runs()] == ["a-2", "b-1"]
    list(reports(exercise("c-1", base="street-fpn"), until=0))
    list(reports(exercise("d-1", "fog"), until=0))
    assert [folder.name for folder in all_runs()] == ["d-1", "c-1", "a-2"]
    assert len(all_runs()) == MOST


def test_one_that_is_under_way_or_that_a_run_began_with_stays(squares: object) -> None:
    list(reports(exercise("base-1"), until=0))
    run = small_run(squares, steps=1, evaluate_every=0)
    trained_here(replace(run, detector=replace(run.detector, base="run:base-1@0")))
    under_way = learn(exercise("slow-1"))
    next(under_way)
    list(reports(exercise("new-1"), until=0))
    assert {folder.name for folder in all_runs()} == {"new-1", "slow-1", "small", "base-1"}
    under_way.close()
    list(reports(exercise("new-2"), until=0))
    assert {folder.name for folder in all_runs()} == {"new-2", "small", "base-1"}


def test_names_go_on_from_those_that_are_there() -> None:
    assert free_name("first-street.png") == "first-street-by-heart-1"
    list(reports(exercise("first-street-by-heart-7"), until=0))
    assert free_name("first-street.png") == "first-street-by-heart-8"
    assert free_name("street.png") == "street-by-heart-1"
    assert free_name("a" * 300 + ".png") == "a" * 40 + "-by-heart-1"
    assert free_name("run:@&x.png") == "run___x-by-heart-1"


def test_the_boxes_are_known_for_its_picture_alone(squares: object) -> None:
    list(reports(exercise(), until=0))
    own, other = (sample_picture(name)[0].sha256 for name in (SAMPLE, "crowd"))
    for model in ("run:street-by-heart-1@0", "run:street-by-heart-1"):
        truth = drawn_on(model, own)
        assert truth.boxes_in_image.tolist() == [list(BOX)]
        assert truth.names == ("lorry",)
        assert drawn_on(model, other) is None
    trained_here(small_run(squares, steps=1, evaluate_every=0))
    assert drawn_on("street-c4", own) is None
    assert drawn_on("run:small@0", own) is None
    assert exercise_of("run:small") is None
    (runs_folder() / "street-by-heart-1" / "snapshot.json").write_text("[]")
    with pytest.raises(TrainingError, match=r"snapshot\.json is damaged"):
        drawn_on("run:street-by-heart-1@0", own)


def test_step_0_is_the_detector_with_its_new_last_layer() -> None:
    made = exercise()
    list(reports(made, until=0))
    before, opened = build(made.run).state_dict(), load_detector("run:street-by-heart-1@0", "cpu").model.state_dict()
    assert before.keys() == opened.keys()
    assert all(torch.equal(before[name], opened[name]) for name in before)


def test_a_detector_that_cannot_learn_so_leaves_no_run() -> None:
    made = exercise(base="maskrcnn_resnet50_fpn")
    variant = replace(made.run.detector, random_weights=True)
    with pytest.raises(ValueError, match="is no plain Faster R-CNN"):
        list(learn(replace(made, run=replace(made.run, detector=variant))))
    assert all_runs() == []
