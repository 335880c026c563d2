"""Print the speed ratios and write docs/benchmarks.md: `python -m benchmarks [--repeats N] [--threads N]`."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
from pathlib import Path

import torch
import torchvision
from torchvision.models.detection import FasterRCNN, fasterrcnn_resnet50_fpn

from benchmarks.anchors import anchor_rows
from benchmarks.browser import browser_rows
from benchmarks.measure import Row
from benchmarks.traces import examined_set, first_trace, reruns
from benchmarks.visitors import visitor_rows
from frcnn_viz.models.registry import ModelError, load_detector

REPORT = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=9, help="timed turns of each task (9)")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1), help="torch threads (2)")
    parser.add_argument("--out", type=Path, default=REPORT, help="the report (docs/benchmarks.md)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    image = torch.rand(3, 480, 640, generator=torch.Generator().manual_seed(0))
    resnet, street = "fasterrcnn_resnet50_fpn", "street-fpn"
    model = build_resnet50()
    rows = first_trace(resnet, model, image, 1.05, options.repeats)
    rows += first_trace(street, load_street(), image, 1.15, options.repeats * 3)
    rows += reruns(resnet, model, image, options.repeats)
    rows += examined_set(resnet, model, options.repeats)
    rows += examined_set(street, load_street(), options.repeats * 3)
    rows += anchor_rows(resnet, model, image, options.repeats)
    rows += browser_rows(options.repeats)
    rows += visitor_rows()

    report = write_report(rows, options.repeats)
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(report, encoding="utf-8")
    print(report)
    if any(row.verdict == "MISSED" for row in rows):
        sys.exit(1)


def build_resnet50() -> FasterRCNN:
    """torchvision's detector with random weights, enlarged in the heads so that scores and boxes spread."""
    torch.manual_seed(0)
    model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None).eval().requires_grad_(False)
    model.rpn.head.cls_logits.weight.mul_(100)
    model.roi_heads.box_predictor.cls_score.weight.mul_(20)
    return model


def load_street() -> FasterRCNN:
    try:
        return load_detector("street-fpn", "cpu").model
    except ModelError:  # its weights are not there yet: the time hardly depends on them
        return load_detector("street-fpn", "cpu", random_weights=True).model


def write_report(rows: list[Row], repeats: int) -> str:
    head = [
        "# Speed",
        "",
        "Ratios of median times over the plain `model([image])`, measured in turns in one run by `make bench`; in the "
        "browser, over what the row names.",
        f"Image 640x480; random weights for fasterrcnn_resnet50_fpn; {repeats} turns, three times as many on "
        "street-fpn.",
        "",
        f"Machine: {cpu_name()}, {os.cpu_count()} cores; {torch.get_num_threads()} torch threads; load average "
        f"{os.getloadavg()[0]:.1f}; Python {platform.python_version()}, torch {torch.__version__}, torchvision "
        f"{torchvision.__version__}; {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC.",
        "",
        "| what | model | ms | reference, ms | ratio | at most | |",
        "|---|---|--:|--:|--:|--:|---|",
    ]
    lines = [
        f"| {row.what} | {row.model} | {row.ms:.1f} | {row.plain_ms:.1f} | {row.ratio:.4f} | {row.limit or '-'} "
        f"| {row.verdict} |"
        for row in rows
    ]
    return "\n".join([*head, *lines, ""])


def cpu_name() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
