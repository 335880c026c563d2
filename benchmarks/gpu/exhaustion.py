"""A device whose memory really runs out: one sentence, and the next request works."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from benchmarks.detectors import build_resnet50
from benchmarks.gpu.part import Part, exact, told
from benchmarks.gpu.together import is_same
from frcnn_viz.pipeline.exhaustion import give_back, is_out_of_memory
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.results import Detections
from frcnn_viz.pipeline.trace import Trace

MOST_TRACES = 10_000


def exhaustion(device: str, resize: dict[str, int]) -> Part:
    """Fill a memory without a bound with traces until the device refuses, then ask again for what was had before."""
    model, memory = build_resnet50(device, **resize), Memory(2**62)
    image = torch.rand(3, 480, 640, generator=torch.Generator().manual_seed(0))

    def ask(key: str) -> Detections:
        return Trace(model, image, memory=memory, image_key=key).detections

    with exact():
        before = ask("first")
        # A CPU is not filled: the system would end the process, and others. It is asked for more than any has.
        start = time.perf_counter()
        asked, sentence = _until_refused(ask if device == "cuda" else _too_much(memory), memory)
        seconds = time.perf_counter() - start
        after = ask("first")
    good = bool(sentence) and is_same(before, after)
    lines = [
        "### Out of memory",
        "",
        f"Refused after {asked} requests and {seconds:.0f} s. Said: {sentence or 'nothing'}",
        "",
        told("The next request gives what the first did", good),
    ]
    return Part(lines, good)


def _until_refused(ask: Callable[[str], object], memory: Memory) -> tuple[int, str]:
    """How many requests were made, and the sentence for the one that could not be met; empty where all were."""
    for asked in range(1, MOST_TRACES + 1):
        try:
            ask(f"request {asked}")
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return asked, give_back(memory, error)
    return MOST_TRACES, ""


def _too_much(memory: Memory) -> Callable[[str], object]:
    return lambda key: memory.recall(key, lambda: torch.empty(2**60), torch.device("cpu"))
