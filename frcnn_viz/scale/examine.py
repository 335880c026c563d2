"""Images examined, batch by batch: references go in, what was found comes out. No engine is known here."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import fsspec
import pyarrow as pa
import torch

from frcnn_viz.analysis.examination import examine_image
from frcnn_viz.analysis.fixes import HELD, fixes
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.bounds import clean_name
from frcnn_viz.data.ground_truth import GroundTruth, usable_objects
from frcnn_viz.data.images import MAX_BYTES, ImageError, LoadedImage, load_image
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.exhaustion import is_out_of_memory
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.scale.found import Examined, findings_of, image_of, object_of, problem_of, times_of
from frcnn_viz.scale.rows import TABLES
from frcnn_viz.scale.stores import is_address
from frcnn_viz.scale.tasks import AHEAD

Tell = Callable[[int, tuple[str, ...]], None]
"""Is told how many images of a batch are done, and the ids of those in hand: examined or decoded."""


@dataclass(frozen=True, eq=False)
class Examiner:
    """A detector at some settings.

    Attributes:
        fixes: whether each missed object's cheapest fix is sought, which runs the picture many times.
    """

    detector: Detector
    settings: Settings
    fixes: bool = False


def examine_batches(
    batches: Iterable[pa.RecordBatch],
    examiner: Examiner,
    *,
    ahead: int = AHEAD,
    tell: Tell = lambda done, at: None,
) -> Iterator[dict[str, pa.Table]]:
    """What an examiner finds on the pictures of each batch.

    Args:
        batches: of `rows.REFERENCES`.
        examiner: with the detector.
        ahead: how many pictures are decoded, in a thread, while another is examined.
        tell: is called before each picture is opened.

    Yields:
        For each batch the tables `rows.TABLES` in its order of images. An image that cannot be examined, whatever the
        reason, has a row with its sentence.
    """
    for batch in batches:
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        for reference, opened in _opened(batch.to_pylist(), ahead, tell):
            try:
                one = _examine(examiner, *opened.result())
            except Exception as error:  # also what Pillow, a file system or a detector of one's own stumble over
                found["images"].append(problem_of(reference, _sentence(reference["image_id"], error)))
                continue
            found["images"].append(image_of(reference, one))
            found["findings"] += findings_of(reference["image_id"], one, examiner.detector.classes)
            found["times"] += times_of(reference["image_id"], one)
        yield {name: pa.Table.from_pylist(rows, TABLES[name]) for name, rows in found.items()}


def _opened(
    references: Iterable[Mapping[str, Any]], ahead: int, tell: Tell
) -> Iterator[tuple[Mapping[str, Any], Future]]:
    """Each reference with its picture and objects; the next pictures are being opened meanwhile."""
    left, coming, done = deque(references), deque[tuple[Mapping[str, Any], Future]](), 0
    with ThreadPoolExecutor(max_workers=1) as pool:
        while left or coming:
            while left and len(coming) <= ahead:
                reference = left.popleft()
                tell(done, (*(other["image_id"] for other, _ in coming), reference["image_id"]))
                coming.append((reference, pool.submit(_open, reference)))
            yield coming.popleft()
            done += 1


def _open(reference: Mapping[str, Any]) -> tuple[LoadedImage, list[Object], float]:
    """A reference's picture, its objects, and the milliseconds to read and decode the picture."""
    if reference["problem"]:
        raise ImageError(reference["problem"])
    objects = [object_of(row) for row in reference["objects"] or ()]
    start = time.perf_counter()
    picture = load_picture(reference["path"], reference["image_id"])
    _ = picture.sha256  # which is kept
    return picture, objects, (time.perf_counter() - start) * 1000


def load_picture(path: str | None, name: str) -> LoadedImage:
    """The picture at a path, or at an address that fsspec opens."""
    if path is None:
        raise ImageError(f"{clean_name(name)} is not among the pictures.")
    if not is_address(path):
        return load_image(path, name)
    try:
        with fsspec.open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except Exception as error:  # each file system has its own
        raise ImageError(f"{clean_name(name)} cannot be read from {path} ({_words(error)}).") from error
    return load_image(content, name)


def _examine(examiner: Examiner, picture: LoadedImage, objects: list[Object], decode_ms: float) -> Examined:
    start = time.perf_counter()
    detector, settings, truth = examiner.detector, examiner.settings, GroundTruth.of(objects)
    memory = Memory(HELD) if examiner.fixes else None

    def trace_of(at: Settings) -> Trace:
        return Trace(detector.model, picture.pixels, at, memory=memory, image_key="picture")

    trace = trace_of(settings)
    one = examine_image(detector, trace, truth)
    seconds = time.perf_counter() - start
    found = trace.detections.boxes
    sizes = (found[:, 2:] - found[:, :2]).prod(dim=1).sqrt().cpu()
    ms = {"decode": decode_ms, **one.ms, "examine": seconds * 1000 - sum(one.ms.values())}
    cheapest = {}
    if examiner.fixes:
        for number, finding in enumerate(one.findings):
            if finding.missed:
                for fix in fixes(trace_of, settings, number, finding.verdict, truth, detector.classes)[:1]:
                    cheapest[number] = fix
        ms["fixes"] = (time.perf_counter() - start - seconds) * 1000
    return Examined(picture, truth, usable_objects(objects), one, sizes, cheapest, ms)


def _sentence(name: str, error: Exception) -> str:
    """Why an image was not examined."""
    if is_out_of_memory(error):
        traceback.clear_frames(error.__traceback__)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return f"The memory ran out on {clean_name(name)}; make it smaller, or min_size."
    if isinstance(error, ValueError):  # a sentence already
        return str(error)
    return f"{clean_name(name)} could not be examined ({_words(error)})."


def _words(error: Exception) -> str:
    """What an error says, on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
