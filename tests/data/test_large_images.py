"""The largest picture that is let in, in a process of its own: what decoding and tracing it adds to the memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from frcnn_viz.data.images import MAX_PIXELS
from frcnn_viz.paths import ROOT

SCRIPT = """
import re, resource, sys, torch
from pathlib import Path
from frcnn_viz import load_detector, load_image, trace

def peak():
    status = Path("/proc/self/status")  # on Linux `ru_maxrss` begins with that of the process this one came from
    if status.exists():
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

torch.set_num_threads(1)
detector = load_detector("street-fpn", "cpu")
len(trace(detector, torch.zeros(3, 480, 640)).detections)
start = peak()
image = load_image(sys.argv[1])
len(trace(detector, image).detections)
print(image.size[0] * image.size[1], peak() - start)
"""


def test_forty_megapixels_of_sixteen_bits_take_less_than_a_gigabyte(tmp_path: Path) -> None:
    height, width = 5_000, MAX_PIXELS // 5_000
    values = np.add.outer(np.arange(height) // 50 * 400, np.arange(width) // 50 * 100) % 65_536
    path = tmp_path / "large.png"
    Image.fromarray(values.astype(np.uint16)).save(path, compress_level=1)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, path], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    pixels, grown = map(int, done.stdout.split())
    assert pixels == MAX_PIXELS
    assert 3 * pixels < grown < 10**9
