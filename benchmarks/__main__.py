"""Print the speed ratios and write docs/benchmarks.md: `python -m benchmarks [--repeats N] [--threads N]`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch

from benchmarks.anchors import anchor_rows
from benchmarks.attribution import map_rows
from benchmarks.browser import browser_rows
from benchmarks.clips import clip_rows
from benchmarks.detectors import RESNET, STREET, build_resnet50, load_street
from benchmarks.measure import table
from benchmarks.report import REPORT, TITLE, machine, write_part
from benchmarks.scale import scale_rows
from benchmarks.sitting import memory_rows
from benchmarks.traces import examined_set, first_trace, reruns
from benchmarks.visitors import visitor_rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=9, help="timed turns of each task (9)")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1), help="torch threads (2)")
    parser.add_argument("--out", type=Path, default=REPORT, help="the report (docs/benchmarks.md)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    image = torch.rand(3, 480, 640, generator=torch.Generator().manual_seed(0))
    model = build_resnet50()
    rows = first_trace(RESNET, model, image, 1.05, options.repeats)
    rows += first_trace(STREET, load_street(), image, 1.15, options.repeats * 3)
    rows += reruns(RESNET, model, image, options.repeats)
    rows += examined_set(RESNET, model, options.repeats)
    rows += examined_set(STREET, load_street(), options.repeats * 3)
    rows += anchor_rows(RESNET, model, image, options.repeats)
    rows += browser_rows(options.repeats)
    rows += map_rows(RESNET, model, image, options.repeats)
    rows += map_rows(STREET, load_street(), image, options.repeats * 3)
    rows += clip_rows(STREET, options.repeats)
    rows += scale_rows(3)
    rows += visitor_rows()
    rows += memory_rows()

    lines = [
        TITLE,
        "",
        "Ratios of median times over the plain `model([image])`, measured in turns in one run by `make bench`; in the "
        "browser, over what the row names.",
        f"Image 640x480; random weights for {RESNET}; {options.repeats} turns, three times as many on {STREET}.",
        "",
        machine(),
        "",
        *table(rows),
    ]
    print(write_part(options.out, lines))
    if any(row.verdict == "MISSED" for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
