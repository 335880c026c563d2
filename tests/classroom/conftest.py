"""A workspace that was lived in, made once."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from frcnn_viz.data.tenant import acting_as
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.models.own import add_checkpoint
from frcnn_viz.models.registry import ENTRIES
from frcnn_viz.training.experiment import Arm, Experiment
from frcnn_viz.training.experiment_store import ExperimentFolder
from frcnn_viz.training.signals import RUNNING, Status
from frcnn_viz.training.snapshot import take
from frcnn_viz.training.store import RunFolder
from frcnn_viz.training.trainer import Trainer
from tests.classroom.zips import BUS, CAR, RECORD, RUN, here, zipped
from tests.data.videos import pictures, write_video
from tests.pictures import square


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with something of all kinds."""
    folder = tmp_path_factory.mktemp("lived") / "in"
    workspace = Workspace(folder)
    keys = [workspace.add(square(seed, 48), f"{seed}.png", [CAR])[0] for seed in (2, 0, 1)]
    workspace.save(keys[0], [CAR, BUS])
    workspace.save(keys[0], [BUS])
    workspace.set_note(keys[1], "a note")
    workspace.set_notes("on all")
    workspace.add_classes(["lorry"])
    clip, _ = workspace.clips.add(write_video(folder / "a.mp4", pictures(3)).read_bytes(), "a.mp4")
    workspace.clips.save(clip, 1, [replace(CAR, identity="one")])
    workspace.clips.save(clip, 1, [replace(BUS, identity="one")])
    (folder / "lessons.json").write_bytes(RECORD.to_json())
    with acting_as(here(folder)):
        base = ENTRIES["street-c4"]
        add_checkpoint(base.file, base, title="mine.pt")
        run = RunFolder.create(RUN, take(RUN))
        Trainer(run).go()
        run.say(Status(RUNNING, 2, "Begins.", pid=1))
        arms = Arm("slow", {"recipe": {"learning_rate": 0.001}}), Arm("quick", {"recipe": {"learning_rate": 0.002}})
        ExperimentFolder.create(Experiment(replace(RUN, name="both", validation=0.5), arms), run.snapshot)
    for name in ("removed/x.png", "server.json", "visitor.json", "examined.sqlite"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"not to be taken")
    os.symlink("/etc/passwd", folder / "images" / f"{'0' * 16}.png")
    return folder


@pytest.fixture(scope="session")
def away(lived_in: Path) -> bytes:
    return zipped(lived_in)
