"""Ask a GPU all that can be asked of it, and write the answers into docs/benchmarks.md.

`python -m benchmarks.gpu [PART ...]`; without CUDA it says so and is done. `--device cpu` tries the run itself out, on
small pictures, and writes nothing unless `--out` says where.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.gpu.equality import equality
from benchmarks.gpu.exhaustion import exhaustion
from benchmarks.gpu.part import Part, told
from benchmarks.gpu.speed import speed
from benchmarks.gpu.together import together
from benchmarks.report import GPU, REPORT, machine, write_part

PARTS = ("equality", "together", "exhaustion", "speed")
MOST_SECONDS = 480


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; all of them where none is named")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--repeats", type=int, default=9, help="timed turns of each task (9)")
    parser.add_argument("--out", type=Path, help="the report (docs/benchmarks.md; none on the CPU)")
    options = parser.parse_args()
    if strange := set(options.part) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(strange))}; choose of {', '.join(PARTS)}.")
    if options.device == "cuda" and not torch.cuda.is_available():
        print("no CUDA here")
        return
    lines, holds = run(options.part or PARTS, options.device, options.repeats)
    out = options.out or (REPORT if options.device == "cuda" else None)
    print(write_part(out, lines) if out else "\n".join(lines))
    if not holds:
        sys.exit(1)


def run(names: list[str] | tuple[str, ...], device: str, repeats: int) -> tuple[list[str], bool]:
    """The section of the report, and whether all of it holds. A part that fails does not stop the others."""
    start, parts = time.perf_counter(), []
    for name in names:
        began = time.perf_counter()
        parts.append(_answer(name, _tasks(device, repeats)[name]))
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    seconds = time.perf_counter() - start
    in_time = seconds <= MOST_SECONDS
    head = [GPU, "", f"By `make test-gpu`: {', '.join(names)}.", "", machine(device), ""]
    foot = told(f"{seconds:.0f} s in all, of {MOST_SECONDS}", in_time)
    body = [line for part in parts for line in (*part.lines, "")]
    return [*head, *body, foot], in_time and all(part.holds for part in parts)


def _tasks(device: str, repeats: int) -> dict[str, Callable[[], Part]]:
    if device == "cuda":
        return {
            "equality": lambda: equality(device, {}),
            "together": lambda: together(device, repeats),
            "exhaustion": lambda: exhaustion(device, {"min_size": 1200, "max_size": 2000}),
            "speed": lambda: speed(device, repeats, {}),
        }
    small = {"min_size": 96, "max_size": 160}
    return {
        "equality": lambda: equality(device, small | {"box_detections_per_img": 10}),
        "together": lambda: together(device, 1),
        "exhaustion": lambda: exhaustion(device, small),
        "speed": lambda: speed(device, 1, small),
    }


def _answer(name: str, ask: Callable[[], Part]) -> Part:
    try:
        return ask()
    except Exception as error:
        traceback.print_exc()
        return Part([f"### {name.capitalize()}", "", told(f"It failed: {type(error).__name__}: {error}", False)], False)


if __name__ == "__main__":
    main()
