"""Eight visitors at once: do they get what each would get alone, and do they lose time by it?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from torch import Tensor

from benchmarks.detectors import STREET, load_street
from benchmarks.gpu.part import MOST_PIXELS, MOST_SCORE, Part, exact, told
from benchmarks.measure import Row, medians, table
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import SAMPLES, sample_scene
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.results import Detections
from frcnn_viz.pipeline.trace import Trace

VISITORS = 8


def together(device: str, repeats: int, visitors: int = VISITORS) -> Part:
    """Traces of so many scenes in so many threads with one memory, beside the same one after the other."""
    model = load_street(device)
    images = [from_pil(sample_scene(name).image, name).tensor for name in list(SAMPLES)[:visitors]]

    def look(at: tuple[int, Tensor], memory: Memory) -> Detections:
        number, image = at
        return Trace(model, image, memory=memory, image_key=str(number)).detections

    def alone() -> list[Detections]:
        memory = Memory(2**30)
        return [look(at, memory) for at in enumerate(images)]

    def at_once() -> list[Detections]:
        memory = Memory(2**30)
        return list(threads.map(lambda at: look(at, memory), enumerate(images)))

    with ThreadPoolExecutor(visitors) as threads, exact():
        pairs = list(zip(alone(), at_once(), strict=True))
        ms = medians({"alone": lambda: alone, "at once": lambda: at_once}, repeats)
    equal = any(len(one) for one, _ in pairs) and all(is_same(one, other) for one, other in pairs)
    row = Row(f"{visitors} traces at once, over one after the other", STREET, ms["at once"], ms["alone"], 1.25)
    lines = [f"### {visitors} traces at once", "", *table([row]), "", told("Each is what it is alone", equal)]
    return Part(lines, equal and row.verdict != "MISSED")


def is_same(one: Detections, other: Detections) -> bool:
    """As near as the bounds ask."""
    if len(one) != len(other) or bool((one.labels != other.labels).any()):
        return False
    boxes, scores = one.boxes_in_image - other.boxes_in_image, one.scores - other.scores
    return not len(one) or bool(boxes.abs().max() <= MOST_PIXELS and scores.abs().max() <= MOST_SCORE)
