"""Print what a refit of the RPN reaches on 100 scenes, all sizes x1.6: `python -m benchmarks.refit [--seeds N]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.registry import load_detector
from frcnn_viz.models.variant import Variant
from frcnn_viz.training.loop import one_thread
from frcnn_viz.training.refit import CONTROL, FEATURES, OLD, OWN, REFITTED, Refit
from frcnn_viz.training.scenes import held_out_scenes

SCENES, SCALE = 100, 1.6
SECONDS, RECALL, AP = 15.0, 0.03, 0.015


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.refit", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="refits (1)")
    options = parser.parse_args()
    with one_thread():
        held = [measure(seed) for seed in range(options.seeds)]
    sys.exit(not all(held))


def measure(seed: int) -> bool:
    """One refit with its control, told in a few lines; whether it held."""
    detector = load_detector("street-fpn", "cpu")
    own = detector.model.rpn.anchor_generator
    sizes = tuple(tuple(SCALE * size for size in level) for level in own.sizes)
    variant = Variant(anchor_sizes=sizes, aspect_ratios=own.aspect_ratios)
    refit = Refit(detector.model, detector.classes, variant, seed=seed)
    pictures = [
        (image, GroundTruth(boxes, tuple(detector.classes[label] for label in labels.tolist())))
        for image, boxes, labels in held_out_scenes(SCENES)
    ]
    took: Counter[str] = Counter()
    clock: Counter[str] = Counter()
    at, phase = (time.process_time(), time.perf_counter()), FEATURES
    for report in refit.run(pictures, SCENES):
        now = time.process_time(), time.perf_counter()
        took[phase] += now[0] - at[0]
        clock[phase] += now[1] - at[1]
        at, phase = now, report.phase
    figures, seconds = report.figures, took[FEATURES] + took[REFITTED]
    for arm in (OWN, OLD, REFITTED, CONTROL):
        print(f"seed {seed}, {arm:9}: recall {figures[arm].recall:.3f}, AP {figures[arm].ap:.3f}")
    recall, ap = (abs(getattr(figures[REFITTED], name) - getattr(figures[CONTROL], name)) for name in ("recall", "ap"))
    held = seconds <= SECONDS and recall <= RECALL and ap <= AP
    print(
        f"features {took[FEATURES]:.1f} s and steps {took[REFITTED]:.1f} s of processor "
        f"({clock[FEATURES] + clock[REFITTED]:.1f} s on the clock), of {SECONDS:g}; to the control {recall:.3f} of "
        f"{RECALL:g} in recall, {ap:.4f} of {AP:g} in AP: {'holds' if held else 'MISSED'}",
        flush=True,
    )
    return held


if __name__ == "__main__":
    main()
