"""docs/benchmarks.md: what each measuring command writes is a part of its own; each keeps the others'."""

from __future__ import annotations

import datetime
import os
import platform
import re
from pathlib import Path

import torch
import torchvision

REPORT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
TITLE, CLASS, RESULTS, GPU = "# Speed", "## A class at work", "## Results opened", "## On a GPU"
PARTS = (TITLE, CLASS, RESULTS, GPU)
"""How the parts begin, in their order."""


def write_part(path: Path, lines: list[str]) -> str:
    """Put lines that begin with one of `PARTS` in the place of those that were there; returns the new part."""
    old = path.read_text(encoding="utf-8") if path.is_file() else TITLE
    part = "\n".join(lines).strip() + "\n"
    begin = next(title for title in PARTS if part.startswith(title))
    kept = re.split(f"^(?={'|'.join(map(re.escape, PARTS))})", old, flags=re.MULTILINE)
    parts = {title: text.strip() + "\n" for title in PARTS for text in kept if text.startswith(title)} | {begin: part}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts[title] for title in PARTS if title in parts), encoding="utf-8")
    return part


def machine(device: str = "cpu") -> str:
    """The machine and its versions, in one line."""
    where = f"{cpu_name()}, {os.cpu_count()} cores; {torch.get_num_threads()} torch threads"
    if device == "cuda":
        free, total = torch.cuda.mem_get_info()
        cudnn = torch.backends.cudnn.version()
        where = (
            f"{torch.cuda.get_device_name()}, {free / 2**30:.0f} of {total / 2**30:.0f} GiB free, CUDA "
            f"{torch.version.cuda}, cuDNN {cudnn}; {where}"
        )
    return (
        f"Machine: {where}; load average {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, "
        f"torch {torch.__version__}, torchvision {torchvision.__version__}; "
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC."
    )


def cpu_name() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
