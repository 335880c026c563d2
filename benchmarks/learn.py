"""How well a detector learns a set in so many seconds of one thread: `python -m benchmarks.learn FOLDER [--seeds N]`.

Seconds are of the processor, so that what else the machine does is left out; measuring is not counted. The number of
steps follows from the time that a step takes here, since a recipe's rate depends on it.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from frcnn_viz.models.variant import Variant
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.training.evaluation import Evaluation, evaluate_samples
from frcnn_viz.training.kept_samples import recalibrate, step_losses
from frcnn_viz.training.loop import Loop, one_thread
from frcnn_viz.training.pictures import store_pictures
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.run import Run, build
from frcnn_viz.training.samples import Samples
from frcnn_viz.training.sets import open_set
from frcnn_viz.training.snapshot import TRAIN, VALIDATION, samples_of, take

RECIPE = Recipe(steps=1, upside_down=True, half=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learn", description=__doc__)
    parser.add_argument("folder", help="annotated photographs")
    parser.add_argument("--train-list", default="", help="file that names those to learn from")
    parser.add_argument("--validation-list", default="", help="and those to measure on")
    parser.add_argument("--base", default="street-fpn")
    parser.add_argument("--seconds", type=int, nargs="+", default=[60, 180])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep-features", action="store_true", help="let RPN and heads learn alone")
    parser.add_argument("--no-flips", action="store_true", help="show each picture as it is")
    options = parser.parse_args()
    classes = open_set(options.folder).dataset.classes
    run = Run(
        "benchmark",
        replace(RECIPE, mirror=False, upside_down=False) if options.no_flips else RECIPE,
        Variant(options.base, classes=tuple(classes)),
        data=options.folder,
        parts="heads" if options.keep_features else "all",
        keep_features=options.keep_features,
        train_list=options.train_list,
        validation_list=options.validation_list,
    )
    with tempfile.TemporaryDirectory() as folder, one_thread():
        train, validation = samples(run, Path(folder))
        print(f"{len(train)} pictures to learn from, {len(validation)} to measure on; classes {', '.join(classes)}")
        probe = 200 if options.keep_features else 12  # there the first steps take longer
        step = seconds_of(run, train, probe)[0] / probe
        print(f"{step * 1000:.0f} ms a step")
        for seconds in options.seconds:
            found = []
            for seed in range(options.seeds):
                spent, model = seconds_of(replace(run, seed=seed), train, round(seconds / step))
                found.append(evaluate_samples(model, validation, classes))
                tell(f"{spent:.0f} s, seed {seed}", found[-1:])
            tell(f"{seconds} s, median of {options.seeds}", found)
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


def samples(run: Run, folder: Path) -> tuple[Samples, Samples]:
    """Those to learn from and those to measure on, decoded."""
    snapshot, own = take(run), Settings.of(build(run))
    file, _ = store_pictures(folder, open_set(run.data), snapshot.wanted, own.min_size, own.max_size)
    return tuple(samples_of(snapshot.of(part), file, run.classes) for part in (TRAIN, VALIDATION))


def seconds_of(run: Run, train: Samples, steps: int) -> tuple[float, torch.nn.Module]:
    """Seconds of the processor for so many steps, and the model after them."""
    model, recipe = build(run), replace(run.recipe, steps=steps)
    start = time.process_time()
    loop = Loop(model, recipe, lambda: losses(), run.seed, run.learns)
    if run.keep_features:
        recalibrate(model, train, recipe.batch)
    losses = step_losses(replace(run, recipe=recipe), model, train)
    while loop.step < steps:
        loop.advance()
    return time.process_time() - start, model


def tell(name: str, found: list[Evaluation]) -> None:
    ap50, ap = (statistics.median(getattr(one, figure) for one in found) for figure in ("ap50", "ap"))
    print(f"{name}: AP50 {ap50:.3f}, AP {ap:.3f}", flush=True)


if __name__ == "__main__":
    main()
