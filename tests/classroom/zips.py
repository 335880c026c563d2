"""A workspace taken away as a zip, and brought into another."""

from __future__ import annotations

import io
from pathlib import Path

from frcnn_viz.classroom.bringing import Brought, bring
from frcnn_viz.classroom.bundle import take_away
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.tenant import Limits, Tenant
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.lessons.lesson import Stage
from frcnn_viz.lessons.record import Record, Row, Try
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.run import Run

CAR = Object((8.0, 8.0, 32.0, 32.0), "car")
BUS = Object((4.0, 8.0, 32.0, 40.0), "bus", difficult=True)
RUN = Run(
    "mine",
    Recipe(2, batch=1, half=False),
    Variant("street-c4", classes=("car",), min_size=48, max_size=64),
    parts="predictor",
    validation=0.0,
    device="cpu",
)
RECORD = Record("Ada", "7", (Row("count", Stage.PREDICT, "q", "p", "s", "d", "f", tries=(Try("3", 5.0, 2.0, True),)),))


def here(folder: Path, **limits: int) -> Tenant:
    return Tenant(folder, Limits(**limits), opens_paths=False)


def zipped(folder: Path) -> bytes:
    return b"".join(take_away(folder))


def brought(zip_: bytes, folder: Path, **limits: int) -> Brought:
    one = here(folder, **limits)
    return bring(one, Workspace(folder, one.limits), io.BytesIO(zip_))
