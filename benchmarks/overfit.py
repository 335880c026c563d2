"""Print how long one picture takes to be learnt by heart: `python -m benchmarks.overfit [--seeds N]`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from unittest.mock import patch

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.data.samples import SAMPLES, sample_picture, samples_of
from frcnn_viz.models.variant import Variant
from frcnn_viz.training import exercise
from frcnn_viz.training.loop import one_thread
from frcnn_viz.training.overfit import RECIPE, Overfit
from frcnn_viz.training.run import Run, build
from frcnn_viz.training.snapshot import TRAIN, Picture

WATCHING = 0.20
"""So much longer looking at the picture and keeping its steps may make it."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overfit", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each picture (3)")
    options = parser.parse_args()
    street, three = sample_picture("first-street")[0], sample_picture("first-street")[1].boxes_in_image[:3]
    cells = next(name for name in samples_of("cells") if len(sample_picture(name)[1].counted) == 17)
    tasks = [
        ("three boxes of a new class, street", street, GroundTruth(three, ("thing",) * 3), 10.0),
        (f"17 cells, {SAMPLES[cells].title}", sample_picture(cells)[0], sample_picture(cells)[1].counted, 20.0),
    ]
    held = True
    with one_thread(), tempfile.TemporaryDirectory() as workspace:
        os.environ["FRCNN_VIZ_WORKSPACE"] = workspace
        for what, image, truth, limit in tasks:
            for seed in range(options.seeds):
                held &= measure(what, image, truth, seed, limit)
    sys.exit(not held)


class Timed:
    """A function that adds up the seconds of this process it takes."""

    def __init__(self, work: Callable[..., object]) -> None:
        self.work, self.seconds = work, 0.0

    def __call__(self, *args: object) -> object:
        start = time.process_time()
        result = self.work(*args)
        self.seconds += time.process_time() - start
        return result


def measure(what: str, image: LoadedImage, truth: GroundTruth, seed: int, limit: float) -> bool:
    """One training, told in a line; whether it held its limit, in seconds of this process."""
    classes = tuple(sorted(set(truth.names)))
    name = exercise.free_name(image.name)
    run = Run(name, RECIPE, Variant(classes=classes), "heads", f"picture:{image.name}", 0.0, seed=seed)
    objects = tuple(map(Object, map(tuple, truth.boxes_in_image.tolist()), truth.names))
    picture = Picture(image.name, image.name, image.sha256, TRAIN, objects)
    model = build(run).eval()
    still = {name: tensor for name, tensor in model.state_dict().items() if not run.learns(name)}
    begun, wall = time.process_time(), time.perf_counter()
    training = Overfit(model, image.pixels, truth.boxes_in_image, 1 + truth.labels_in(classes), seed=seed)
    look, keep = Timed(training.check), Timed(exercise._keep)
    training.check = look
    with patch.object(exercise, "_keep", keep):
        *_, last = exercise.learn_and_keep(training, still, run, picture)
    cpu, wall = time.process_time() - begun, time.perf_counter() - wall
    work = cpu - look.seconds - keep.seconds
    watching = (look.seconds + keep.seconds) / work
    held = last.learnt and cpu <= limit and watching <= WATCHING
    print(
        f"{what}, seed {seed}: {'learnt' if last.learnt else 'not learnt'} after {last.step} steps, {cpu:.1f} s of "
        f"processor ({wall:.1f} s on the clock), of {limit:g}; looking adds {look.seconds / work:.1%} and keeping "
        f"{keep.seconds / work:.1%}: "
        f"{'holds' if held else 'MISSED'}",
        flush=True,
    )
    return held


if __name__ == "__main__":
    main()
