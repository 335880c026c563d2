"""Whether a workspace has room for what runs will keep, told before they start."""

from __future__ import annotations

import math
from collections.abc import Sequence

from frcnn_viz.data.room import own_room
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.training.loop import Loop
from frcnn_viz.training.run import Run, build
from frcnn_viz.training.snapshot import Snapshot
from frcnn_viz.training.store import pictures_of
from frcnn_viz.training.trainer import changing

LINE, EVALUATION, NAME = 400, 4_000, 400
"""Bytes of a step's line in the metrics, of an evaluation's, and of what a file tells of each tensor in it, at most."""


def check_room(runs: Sequence[Run], snapshot: Snapshot, times: int = 1) -> None:
    """Refuse runs that would keep more than there is room for; without limits nothing is looked at.

    Args:
        runs: that are about to start, one after the other.
        snapshot: what all of them learn from.
        times: how often each is done.

    Raises:
        FullError: there is no room. ModelError, WeightsError: a detector cannot be built.
    """
    room = own_room()
    if room.limits.nbytes is not None:
        kept = [kept_bytes(run, snapshot) for run in runs]
        room.check(times * sum(steps for steps, _ in kept) + max(beside for _, beside in kept))


def kept_bytes(run: Run, snapshot: Snapshot) -> tuple[int, int]:
    """How much a run keeps when it is done, and at most beside it while it is under way: its pictures and its state."""
    recipe, model = run.recipe, build(run)
    loop = Loop(model, recipe, dict, run.seed, run.learns)
    names = changing(model)
    sizes = {name: tensor.nbytes + NAME for name, tensor in model.state_dict().items()}
    learning = sum(parameter.nbytes + NAME for parameter in loop.learning.values())
    still = sum(size for name, size in sizes.items() if name not in names)
    kept = 2 + (math.ceil(recipe.steps / run.keep_every) - 1 if run.keep_every else 0)
    measured = 1 + (recipe.steps // run.evaluate_every if run.evaluate_every else 0)
    steps = still + kept * (sum(sizes.values()) - still) + LINE * recipe.steps + EVALUATION * measured
    state = sum(sizes.values()) + 2 * learning  # AdamW has two moments of each weight
    own, count = Settings.of(model), len({picture.sha256 for picture in snapshot.pictures})
    pixels = 0 if pictures_of(snapshot, model).is_here else 3 * own.min_size * own.max_size * count
    return steps, state + pixels
