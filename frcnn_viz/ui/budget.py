"""How much memory the app may hold: what it was told, else a quarter of what there is."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

MEMORY_VARIABLE = "FRCNN_VIZ_MEMORY"
"""The environment variable by which the command line tells the app how much."""
LEAST = 256 * 2**20
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def budget() -> int:
    """Bytes of decoded images, results and what is cached on them that the app may hold.

    Raises:
        ValueError: the environment variable is no such size.
    """
    told = os.environ.get(MEMORY_VARIABLE)
    return parse_bytes(told) if told else max(LEAST, min([machine(), *cgroup_limits(), *_cards()]) // 4)


def parse_bytes(text: str) -> int:
    """`4G` or `512M` as bytes, in powers of 1,024.

    Raises:
        ValueError: it is no such size, or less than the app can work with.
    """
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?) ?([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE | re.ASCII)
    if not found:
        raise ValueError(f"the memory {text[:40]!r} is no size; write one such as 4G or 512M.")
    size = int(float(found[1]) * 2 ** _UNITS[found[2].upper()])
    if size < LEAST:
        raise ValueError(f"the memory {text[:40]!r} is too little; give at least {LEAST // 2**20}M.")
    return size


def cgroup_limits(root: Path = Path("/")) -> list[int]:
    """The limits in bytes of the Linux control groups around this process, as containers and services set them."""
    limits = []
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for group in groups:
        _, controllers, path = group.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / ("memory" if controllers else "")
        name = "memory.limit_in_bytes" if controllers else "memory.max"
        inside = PurePosixPath(path.lstrip("/"))
        # In a container the path may be the host's, or lead out of what is seen: the group's own files lie at the top.
        for folder in [PurePosixPath()] if ".." in inside.parts else [inside, *inside.parents]:
            try:
                limits.append(int((top / folder / name).read_text()))
            except (OSError, ValueError):  # there is none there, or it is `max`
                continue
    return limits


def machine() -> int:
    """Bytes of memory that the machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows cannot be asked so
        return 4 * 2**30


def free() -> int | None:
    """Bytes of the machine's memory that programs can still have; None where the system does not tell."""
    try:
        told = re.search(r"^MemAvailable: +(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(told[1]) * 1024 if told else None


def _cards() -> list[int]:
    """Results lie on the device that made them."""
    import torch  # takes seconds, and the command line only parses sizes

    return [torch.cuda.get_device_properties(card).total_memory for card in range(torch.cuda.device_count())]
