"""The ratios of `make bench` that a device can change."""

from __future__ import annotations

import torch

from benchmarks.detectors import RESNET, STREET, build_resnet50, load_street
from benchmarks.gpu.part import Part
from benchmarks.measure import table
from benchmarks.traces import examined_set, first_trace, reruns


def speed(device: str, repeats: int, resize: dict[str, int]) -> Part:
    """First trace, reruns and a set of images, each over plain `model([image])`, at the device's own settings."""
    image = torch.rand(3, 480, 640, generator=torch.Generator().manual_seed(0)).to(device)
    model, street = build_resnet50(device, **resize), load_street(device)
    rows = first_trace(RESNET, model, image, 1.05, repeats)
    rows += first_trace(STREET, street, image, 1.15, repeats * 3)
    rows += reruns(RESNET, model, image, repeats)
    rows += examined_set(STREET, street, repeats)
    tf32 = torch.backends.cudnn.allow_tf32
    said = f"cuDNN with{'' if tf32 else 'out'} TF32, as torch sets it. The device is waited for at both ends of a time."
    lines = ["### Speed", "", f"Image 640x480; {repeats} turns. {said}", "", *table(rows)]
    return Part(lines, all(row.verdict != "MISSED" for row in rows))
