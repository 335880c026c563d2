"""Two arms that see the same pictures; what was cut off goes on to the same results; what the figures tell."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.tenant import tenant
from frcnn_viz.training import experiments
from frcnn_viz.training.experiment import Arm, Experiment
from frcnn_viz.training.experiment_store import ExperimentFolder, all_experiments, remove_experiment
from frcnn_viz.training.experiments import ask_to_stop, resume, start, stop
from frcnn_viz.training.line import Line
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.results import Measured, Record, Results, Target
from frcnn_viz.training.signals import DONE, FAILED, RUNNING, STARTING, STOPPED, Status
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder, all_runs
from frcnn_viz.training.trainer import Trainer
from frcnn_viz.training.turn import GaveWay, Place, Voice
from tests.forked import forked
from tests.training.small import attended, small_run, wait, write_pictures

pytestmark = pytest.mark.usefixtures("workspace")

LARGER = {"detector": {"min_size": 64, "max_size": 96}, "recipe": {"learning_rate": 0.002}}


def small_experiment(squares: Path, steps: int = 2, **changes: Any) -> Experiment:
    """Two arms of such a run, measured at its end alone."""
    run = small_run(squares, "small", steps, evaluate_every=0, keep_every=0)
    return replace(Experiment(run, (Arm("own", {}), Arm("larger", LARGER))), **changes)


def made(experiment: Experiment) -> ExperimentFolder:
    return ExperimentFolder.create(experiment, take(experiment.run_of(experiment.arms[0], 0)))


def without_seconds(folder: ExperimentFolder) -> Results:
    results = folder.record.results
    return replace(results, measured={name: replace(one, seconds={}) for name, one in results.measured.items()})


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Results]]:
    """A set, and what an experiment on it comes to that nothing interrupts."""
    folder = tmp_path_factory.mktemp("experiment")
    squares = write_pictures(folder / "set")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRCNN_VIZ_WORKSPACE", str(folder / "workspace"))
        done = made(small_experiment(squares))
        assert attended(done, "experiments") == 0
        assert (done.status.state, done.status.step) == (DONE, 6)
        yield squares, without_seconds(done)


def test_it_is_written_and_read(squares: Path) -> None:
    experiment = small_experiment(squares)
    assert Experiment.from_dict(json.loads(json.dumps(experiment.to_dict()))) == experiment
    names = [run.name for _, _, run in experiment.parts()]
    assert names[:3] == ["small.own.0", "small.larger.0", "small.own.1"]
    run = experiment.run_of(experiment.arms[1], 2)
    assert (run.name, run.seed, run.detector.min_size, run.recipe.learning_rate) == ("small.larger.2", 2, 64, 0.002)
    assert replace(experiment.run_of(experiment.arms[0], 0), name="small") == experiment.run


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"arms": []}, "has 0 arms"),
        ({"arms": [{"name": "a"}, {"name": "b"}]}, "a and b are the same training"),
        ({"arms": [{"name": "a"}, {"name": "b", "changes": {"detector": {"min_size": 48}}}]}, "are the same training"),
        ({"arms": [{"name": "a"}, {"name": "a", "changes": LARGER}]}, "both arms are called 'a'"),
        ({"arms": [{"name": "a"}, {"name": "b/c", "changes": LARGER}]}, "an arm cannot be called 'b/c'"),
        ({"arms": [{"name": "a"}, {"name": "b", "changes": {"data": "scenes:9"}}]}, "changes 'data', which both arms"),
        ({"arms": [{"name": "a"}, {"name": "b", "changes": {"seed": 9}}]}, "changes 'seed', which both arms"),
        ({"arms": [{"name": "a"}, {"name": "b", "changes": {"recipe": {"steps": 9}}}]}, "changes steps, which both"),
        ({"arms": [{"name": "a"}, {"name": "b", "changes": {"recipe": {"batch": 9}}}]}, "changes batch, which both"),
        ({"arms": [{"name": "a"}, {"name": "b", "changes": {"recipe": 9}}]}, "recipe of arm b is '9'"),
        ({"arms": [{"name": "a"}, {"name": "b", "changes": {"recipe": {"speed": 9}}}]}, "arm b: a recipe has no"),
        ({"arms": [{"name": "a"}, {"name": "b", "changes": {"parts": "none"}}]}, "arm b: parts is 'none'"),
        ({"arms": [{"name": "a"}, {"name": "b", "speed": 9}]}, "an arm has no 'speed'"),
        ({"arms": [{"name": "a"}, 9]}, "does not say its arms"),
        ({"seeds": [0, 1]}, "there are 2 seeds; 3 to 100 are needed"),
        ({"seeds": [0, 1, 1]}, "the seed 1 is there twice"),
        ({"seeds": [0, 1, True]}, "write whole numbers"),
        ({"seeds": [0, 1, -1]}, "seed is -1"),
        ({"run": None}, "a run is 'None'"),
        ({"speed": 9}, "an experiment has no 'speed'"),
    ],
)
def test_what_is_no_experiment_is_told(squares: Path, changes: dict[str, Any], word: str) -> None:
    with pytest.raises(TrainingError, match=word):
        Experiment.from_dict(small_experiment(squares).to_dict() | changes)


def test_one_that_could_not_be_measured_is_refused(squares: Path) -> None:
    run = small_run(squares, validation_list="", validation=0.0)
    with pytest.raises(TrainingError, match="no picture is kept apart"):
        Experiment(run, (Arm("own", {}), Arm("larger", LARGER)))


def test_arms_that_find_other_classes_are_refused(squares: Path) -> None:
    run = replace(small_run(squares), detector=replace(small_run(squares).detector, classes=()))
    with pytest.raises(TrainingError, match="the arms find other classes"):
        start(Experiment(run, (Arm("own", {}), Arm("cells", {"detector": {"base": "cells-fpn"}}))))
    assert all_experiments() == []


class Watched(Sequence[np.ndarray]):
    """Pictures that note which of them is looked at."""

    def __init__(self, images: Sequence[np.ndarray]) -> None:
        self.images, self.seen = images, []

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> np.ndarray:  # type: ignore[override]
        self.seen.append(index)
        return self.images[index]


def test_both_arms_of_a_seed_see_the_same_pictures_in_the_same_order(squares: Path) -> None:
    squares.with_suffix(".txt").write_text("1\n")
    experiment = small_experiment(squares, steps=5)
    seen = {}
    for arm, seed, run in list(experiment.parts())[:4]:
        trainer = Trainer(RunFolder.create(run, take(run)))
        trainer.train = replace(trainer.train, images=Watched(trainer.train.images))
        trainer.go()
        seen[arm.name, seed] = trainer.train.images.seen
    assert seen["own", 0] == seen["larger", 0]
    assert seen["own", 1] == seen["larger", 1] != seen["own", 0]
    assert set(seen["own", 0]) == {0, 1, 2}


def test_each_run_is_measured_on_the_same_objects(straight: tuple[Path, Results]) -> None:
    _, results = straight
    assert [target.item.label for target in results.targets] == ["square", "square"]
    # as they are in the pictures, whichever size the network saw them at
    assert [target.item.box for target in results.targets] == [(9.0, 10.0, 33.0, 34.0), (10.0, 10.0, 34.0, 34.0)]
    assert len(results.measured) == 6
    for one in results.measured.values():
        assert set(one.recall) == set(STAGES)
        assert one.recall["pairing"] == len(one.found) / 2
        assert one.figures["AP"] == one.per_class["square"]
        assert math.isnan(one.figures["APl"])
    assert Results.from_dict(json.loads(json.dumps(results.to_dict()))).to_dict() == results.to_dict()


def _work(workspace: str) -> None:
    os.environ["FRCNN_VIZ_WORKSPACE"] = workspace
    sys.exit(attended(ExperimentFolder("small"), "experiments"))


@pytest.mark.skipif(os.name == "nt", reason="sends the signals of POSIX")
def test_killed_and_stopped_it_goes_on_to_the_same_results(straight: tuple[Path, Results], workspace: Path) -> None:
    squares, results = straight
    folder = made(small_experiment(squares))
    context = forked()
    folder.say(Status(STARTING))
    child = context.Process(target=_work, args=(str(workspace),))
    child.start()
    wait(lambda: len(folder.record.results.measured) == 2)  # so it is within the second seed
    wait(lambda: experiments.current(folder) is not None)
    with pytest.raises(TrainingError, match="under way already"):
        resume("small")
    with pytest.raises(TrainingError, match="stop it first"):
        remove_experiment("small")
    child.kill()
    child.join()
    assert (folder.status.state, len(folder.record.results.measured)) == (FAILED, 2)
    watch = threading.Thread(target=lambda: wait(lambda: folder.status.state == RUNNING) or stop("small"))
    watch.start()
    assert (attended(folder, "experiments"), folder.status.state, folder.status.step) == (0, STOPPED, 2)
    watch.join()
    run = experiments.current(folder)
    assert run is not None
    assert run.status.state == STOPPED
    assert attended(folder, "experiments") == 0
    assert without_seconds(folder).to_dict() == results.to_dict()
    with pytest.raises(TrainingError, match="is done with all of its runs"):
        resume("small")
    with pytest.raises(TrainingError, match="is not under way"):
        stop("small")
    assert len(all_runs()) == 6
    remove_experiment("small")
    assert (all_experiments(), all_runs()) == ([], [])


def test_it_gives_way_between_two_of_its_runs_and_within_one_whose_time_is_over(squares: Path) -> None:
    folder, line = made(small_experiment(squares)), Line(tenant())
    with folder.alive(), line.drawn() as mine, line.drawn():
        for seconds, step in ((None, 1), (0.0, 1), (None, 2)):
            with pytest.raises(GaveWay) as gave:
                experiments.work("small", Voice(folder), Place(line, mine, seconds))
            assert gave.value.step == step
            assert len(folder.record.results.measured) == step
            run = experiments.current(folder)
            assert (run is not None) == (seconds == 0.0)
            assert run is None or (run.status.state, run.status.step) == (STOPPED, 1)


def test_to_stop_it_is_to_stop_the_run_that_it_is_at(squares: Path) -> None:
    folder = made(small_experiment(squares))
    run = RunFolder.create(folder.experiment.run_of(folder.experiment.arms[0], 0), folder.snapshot)
    folder.say(Status(RUNNING))
    ask_to_stop(folder)
    assert folder.is_asked_to_stop
    assert run.is_asked_to_stop


def test_pictures_that_change_between_two_runs_end_it(squares: Path) -> None:
    folder = made(small_experiment(squares, steps=1))
    (squares / "3.png").write_bytes((squares / "2.png").read_bytes())  # before any run has read it: all leave it out
    first, second = (folder.experiment.run_of(arm, 0) for arm in folder.experiment.arms)
    experiments._train(folder, first)
    experiments._measure(folder, first.name)
    assert [picture.name for picture in folder.snapshot.pictures] == ["0.png", "1.png", "2.png"]
    (squares / "1.png").write_bytes((squares / "2.png").read_bytes())  # the second arm has it at another size
    with pytest.raises(TrainingError, match="so the arms cannot be compared"):
        experiments._train(folder, second)


def test_a_name_that_is_taken_is_told(squares: Path) -> None:
    folder = made(small_experiment(squares))
    with pytest.raises(TrainingError, match="there is an experiment 'small' already"):
        made(folder.experiment)
    remove_experiment("small")
    run = small_run(squares, "small.larger.2")
    RunFolder.create(run, take(run))
    with pytest.raises(TrainingError, match=r"there is a run 'small\.larger\.2' already"):
        made(small_experiment(squares))


def record(squares: Path, found: dict[str, tuple[int, ...]], ap: dict[str, float]) -> Record:
    """Of three objects, with those that each run finds."""
    targets = tuple(Target("a.png", Object((0.0, 0.0, side, side), "square")) for side in (8.0, 40.0, 100.0))
    measured = {
        name: Measured({"AP": ap.get(name, math.nan)}, {}, {}, {"training": 1.0}, places)
        for name, places in found.items()
    }
    return Record(small_experiment(squares), Results(targets, measured))


def test_what_the_arms_disagree_on(squares: Path) -> None:
    found = {
        "small.own.0": (0, 1),
        "small.own.1": (0, 1),
        "small.own.2": (0,),
        "small.larger.0": (0, 2),
        "small.larger.1": (0, 2),
        "small.larger.2": (0, 1, 2),
    }
    ap = {name: 0.3 + 0.2 * ("larger" in name) + 0.001 * int(name[-1]) for name in found}
    made = record(squares, found, ap)
    assert made.seeds == (0, 1, 2)
    told = [(one.target.item.box[2], one.arms) for one in made.disagreements()]
    assert told == [(100.0, (0, 3)), (40.0, (2, 1))]  # the clearest first; all find the first object
    assert made.main is not None
    assert made.main.arms == ((0.3, 0.301, 0.302), (0.5, 0.501, 0.502))
    assert made.sentence.startswith("larger is better: the AP of larger less that of own is +0.200")
    assert Record.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    for name in ("small.own.2", "small.larger.1"):  # a seed counts once both arms have it
        del found[name]
    half = record(squares, found, ap)
    assert half.seeds == (0,)
    assert (half.sentence, half.main is not None) == ("", True)
    assert [one.arms for one in half.disagreements()] == [(1, 0), (0, 1)]
    assert record(squares, {}, {}).main is None


def test_a_figure_without_objects_has_no_verdict(squares: Path) -> None:
    runs = {run.name: () for _, _, run in small_experiment(squares).parts()}
    made = record(squares, runs, {})
    assert made.main is not None
    assert made.main.verdict is None
    assert made.sentence == ""
