"""Print how long one picture takes to be learnt by heart: `python -m benchmarks.overfit [--seeds N]`."""

from __future__ import annotations

import argparse
import sys
import time

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.samples import SAMPLES, sample_picture, samples_of
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.loop import one_thread
from frcnn_viz.training.overfit import RECIPE, Check, Overfit
from frcnn_viz.training.run import Run, build

WATCHING = 0.20


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
    with one_thread():
        for what, image, truth, limit in tasks:
            for seed in range(options.seeds):
                held &= measure(what, image.pixels, truth, seed, limit)
    sys.exit(not held)


def measure(what: str, image: object, truth: GroundTruth, seed: int, limit: float) -> bool:
    """One training, told in a line; whether it held its limit, in seconds of this process."""
    classes = tuple(sorted(set(truth.names)))
    model = build(Run("benchmark", RECIPE, Variant(classes=classes), parts="heads", seed=seed)).eval()
    begun, wall = time.process_time(), time.perf_counter()
    training = Overfit(model, image, truth.boxes_in_image, 1 + truth.labels_in(classes), seed=seed)
    looked, plain = 0.0, training.check

    def check() -> Check:
        nonlocal looked
        start = time.process_time()
        result = plain()
        looked += time.process_time() - start
        return result

    training.check = check
    *_, last = training.run()
    cpu, wall = time.process_time() - begun, time.perf_counter() - wall
    watching = looked / (cpu - looked)
    held = last.learnt and cpu <= limit and watching <= WATCHING
    print(
        f"{what}, seed {seed}: {'learnt' if last.learnt else 'not learnt'} after {last.step} steps, {cpu:.1f} s of "
        f"processor ({wall:.1f} s on the clock), of {limit:g}; looking adds {watching:.0%}: "
        f"{'holds' if held else 'MISSED'}",
        flush=True,
    )
    return held


if __name__ == "__main__":
    main()
