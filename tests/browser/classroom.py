"""A server for a class, as two visitors meet it: Ada, who keeps some of everything, and Bob, who has three pictures.

Every word that only Ada may see has `SECRET` in it, so that it can be looked for in what anybody else is given.
"""

from __future__ import annotations

import http.client
import io
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from frcnn_viz.analysis.archive import open_archive
from frcnn_viz.classroom.rules import Rules, digest_of
from frcnn_viz.classroom.visitors import Visitors
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.filming import write_video
from frcnn_viz.data.tenant import Tenant, acting_as
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.lessons import Stage
from frcnn_viz.lessons.record import Record, Row, Try
from frcnn_viz.models.own import add_checkpoint
from frcnn_viz.models.registry import ENTRIES
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.experiment import Arm, Experiment
from frcnn_viz.training.experiment_store import ExperimentFolder
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.results import Measured, Target
from frcnn_viz.training.run import Run, build
from frcnn_viz.training.snapshot import Snapshot, take
from frcnn_viz.training.store import RunFolder
from frcnn_viz.training.trainer import changing
from frcnn_viz.ui.classroom.door import COOKIE, TEACHER_COOKIE
from tests.kills import examination

BASE = "street-c4"
SECRET = "quagga"
"""In every name, note, class and answer that only Ada may see."""
RUN, EXPERIMENT = "adas-run", "adas-experiment"
STEPS = (0, 3)
BOX = (10.0, 8.0, 40.0, 30.0)


@dataclass(frozen=True)
class Visitor:
    """One who came, and keeps the cookie.

    Attributes:
        secret: in the cookie. tenant: whose workspace that is.
    """

    secret: str
    tenant: Tenant

    @property
    def cookie(self) -> str:
        """The header that the browser sends."""
        return f"{COOKIE}={self.secret}"


@dataclass(frozen=True)
class Classroom:
    """A server that runs, with a teacher's set of two pictures, and those who came.

    Attributes:
        address: of the server. base: the teacher's workspace. token: the teacher's. log: what the server writes.
        ada, bob: the visitors.
    """

    address: str
    base: Path
    token: str
    log: Path
    ada: Visitor
    bob: Visitor

    @property
    def teacher(self) -> str:
        """The header that the teacher's browser sends."""
        return f"{TEACHER_COOKIE}={self.token}"


def rules(token: str, **limits: float) -> Rules:
    """Of a class whose teacher has this token."""
    return Rules(digest_of(token), **limits)


def come(address: str) -> str:
    """Open the app as a browser does that was never here; the secret that it keeps."""
    given = opened(address)
    (cookie,) = [line for line in given.headers.get_all("set-cookie", []) if line.startswith(f"{COOKIE}=")]
    secret = cookie.partition(";")[0].partition("=")[2]
    assert not opened(address, f"{COOKIE}={secret}").headers.get_all("set-cookie")
    return secret


def opened(address: str, cookie: str = "") -> http.client.HTTPResponse:
    """The answer to a browser that opens the app."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", "/", headers={"Accept": "text/html", **({"Cookie": cookie} if cookie else {})})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def visitor(address: str, base: Path, held: Rules) -> Visitor:
    """One who comes to the server."""
    secret = come(address)
    return Visitor(secret, Visitors(base, held).tenant(secret))


def picture(colour: tuple[int, int, int], seed: int = 0) -> bytes:
    """A PNG of 64 x 48 in about one colour; another seed is another picture."""
    noise = np.random.default_rng(seed).integers(0, 4, (48, 64, 3))
    buffer = io.BytesIO()
    Image.fromarray((np.maximum(colour, 3) - noise).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def film(folder: Path, colour: tuple[int, int, int]) -> bytes:
    """A video of four frames in one colour."""
    frames = [np.full((48, 64, 3), colour, np.uint8) - n for n in range(4)]
    write_video(folder / "film.mp4", frames, [n / 10 for n in range(4)])
    return (folder / "film.mp4").read_bytes()


def fill_base(folder: Path) -> None:
    """The teacher's two pictures."""
    workspace = Workspace(folder)
    for n in range(2):
        workspace.add(picture((90, 120, 90), 100 + n), f"of-the-class-{n}.png", [Object(BOX, "square")])


def both() -> bytes:
    """A picture that Ada and Bob both have."""
    return picture((130, 130, 60), 400)


def fill_bob(one: Tenant) -> None:
    """Three pictures: one has the name of one of Ada's, and one is hers, too."""
    workspace = Workspace(one.folder)
    for n, name in enumerate(("same.png", "bobs.png")):
        workspace.add(picture((60, 60, 200), 200 + n), name, [Object(BOX, "square")])
    workspace.add(both(), "both.png", [Object(BOX, "square")])


def fill_ada(one: Tenant, place: Path) -> None:
    """Some of all that is kept: pictures, a clip, a run, an experiment, a checkpoint, answers, an examination."""
    with acting_as(one):
        workspace = Workspace(one.folder)
        drawn = [Object(BOX, f"{SECRET} class")]
        for n, name in enumerate(("same.png", f"{SECRET}-picture.png", f"{SECRET}-third.png")):
            key, _ = workspace.add(picture((220, 30, 200), 300 + n), name, drawn)
            workspace.set_note(key, f"{SECRET} note of a picture")
        workspace.save(key, [Object(BOX, f"{SECRET} other class")])
        shared, _ = workspace.add(both(), f"{SECRET}-both.png", drawn)
        workspace.set_note(shared, f"{SECRET} note of what both have")
        workspace.set_notes(f"{SECRET} notes of the set")
        clip, _ = workspace.clips.add(film(place, (225, 35, 190)), f"{SECRET}-clip.mp4")
        workspace.clips.save(clip, 1, [Object(BOX, f"{SECRET} class", identity=f"{SECRET}-1")])
        known = (f"{SECRET} class", f"{SECRET} other class")
        run, pictures = listed(Run(RUN, Recipe(STEPS[-1], batch=1), Variant(BASE, classes=known), validation=0.5))
        keep_steps(RunFolder.create(run, pictures))
        keep_experiment(replace(run, name=EXPERIMENT), pictures)
        entry = ENTRIES[BASE]
        add_checkpoint(entry.file, entry, [f"{SECRET} {n}" for n in range(len(entry.classes) - 1)])
        row = Row("count", Stage.PREDICT, "cells", key, "0" * 64, BASE, "0" * 8, hints=1)
        answers = tuple(Try([n], 1.7e9 + n, 3.5, False, f"{SECRET} mistake") for n in range(2))
        record = Record(f"Ada {SECRET}", "12ab", (replace(row, tries=answers),))
        (one.folder / "lessons.json").write_bytes(record.to_json())
        open_archive().put(SECRET, examination(0))


def listed(run: Run) -> tuple[Run, Snapshot]:
    """The run with a seed that leaves pictures for both parts, and its list."""
    for seed in range(100):
        with suppress(TrainingError):
            run = replace(run, split_seed=seed)
            return run, take(run)
    raise AssertionError("the pictures cannot be divided")


def keep_steps(folder: RunFolder) -> None:
    """What a run keeps: the weights it begins with stand for all of its steps."""
    model = build(folder.run)
    learns = changing(model)
    weights, still = {}, {}
    for name, tensor in model.state_dict().items():
        (weights if name in learns else still)[name] = tensor
    for step in STEPS:
        folder.keep(step, weights, still)
        folder.append({"step": step, "losses": {"loss_classifier": 1.0}, "rate": 0.1})


def keep_experiment(run: Run, pictures: Snapshot) -> None:
    """An experiment of which one run is measured."""
    arms = (Arm(f"{SECRET}-own", {}), Arm("larger", {"recipe": {"learning_rate": 0.002}}))
    experiment = Experiment(run, arms)
    first = experiment.run_of(experiment.arms[0], 0)
    folder = ExperimentFolder.create(experiment, pictures)
    target = Target(f"{SECRET}-picture.png", Object(BOX, f"{SECRET} class"))
    folder.keep((target,), first.name, Measured({"AP": 0.5}, {f"{SECRET} class": 0.5}, {}, {}, (0,)))
