"""What a folder of results says, read a shard at a time: the numbers that the commands print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
from torch import Tensor

from frcnn_viz.analysis.examination import told_left_out
from frcnn_viz.analysis.metrics import CocoReport
from frcnn_viz.analysis.metrics_of_many import CocoSums
from frcnn_viz.analysis.sums import told_strange, told_sums
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.scale.folder import ResultsFolder
from frcnn_viz.scale.found import CORNERS, IGNORED, OBJECT, object_of
from frcnn_viz.scale.rows import TABLES

BESIDES = ("decode", "examine", "fixes")
"""Times of a picture that are no stage's."""


def tables(folder: ResultsFolder, name: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of one of `rows.TABLES`, a shard at a time, in their order."""
    for path in sorted((folder.path / name).glob("*.parquet")):
        yield pq.read_table(path, columns=list(columns))


@dataclass
class Summary:
    """What is counted over the results.

    Attributes:
        images: examined. objects, missed, false_alarms, left_out: as a row of `rows.IMAGES` has them.
        on_ignored: detections that lie on ignored objects. verdicts: by what they are about, and by themselves.
        names: the classes of the objects that are not ignored. labels: how many objects each class has, ignored too.
        problems: images that were not examined. sentences: of the first few of them.
    """

    images: int = 0
    objects: int = 0
    missed: int = 0
    false_alarms: int = 0
    left_out: int = 0
    on_ignored: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    labels: Counter[str] = field(default_factory=Counter)
    problems: int = 0
    sentences: list[str] = field(default_factory=list)

    def strange(self, classes: Sequence[str]) -> str:
        """As `strange_classes` says it."""
        return told_strange(self.names, classes)

    @property
    def told_left_out(self) -> list[str]:
        """As `left_out` says it."""
        return told_left_out(
            self.verdicts[IGNORED, Verdict.IGNORED.value],
            self.on_ignored,
            self.verdicts[OBJECT, Verdict.UNKNOWN_CLASS.value],
        )

    def sums(self, classes: Sequence[str]) -> list[str]:
        """As `sums` says them."""
        strange = self.strange(classes)
        told = told_sums(self.objects, self.missed, self.false_alarms, self.images)
        return [*([strange] if strange else []), told, *self.told_left_out]


MOST_SENTENCES = 10
"""Of images that were not examined."""
COUNTS = ("objects", "missed", "false_alarms", "left_out")


def summarize(folder: ResultsFolder) -> Summary:
    """The counts over all results."""
    told = Summary()
    for table in tables(folder, "images", (*COUNTS, "truth", "detections", "problem")):
        problems = table["problem"].drop_null()
        told.problems += len(problems)
        told.sentences += problems.slice(0, MOST_SENTENCES - len(told.sentences)).to_pylist()
        told.images += len(table) - len(problems)
        for name in COUNTS:
            setattr(told, name, getattr(told, name) + (pc.sum(table[name]).as_py() or 0))
        detections, objects = (pc.list_flatten(table[name]) for name in ("detections", "truth"))
        told.on_ignored += pc.sum(pc.struct_field(detections, "ignored")).as_py() or 0
        labels, *flags = (pc.struct_field(objects, name) for name in ("label", "crowd", "difficult"))
        told.names.update(pc.unique(labels.filter(pc.invert(pc.or_(*flags)))).to_pylist())
        told.labels.update(_counts(labels))
    for table in tables(folder, "findings", ("what", "verdict")):
        for row in table.group_by(["what", "verdict"]).aggregate([([], "count_all")]).to_pylist():
            told.verdicts[row["what"], row["verdict"]] += row["count_all"]
    return told


def finding_rows(folder: ResultsFolder, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rows of `rows.FINDINGS` by image, over all shards; those columns are held in memory meanwhile."""
    empty = pa.schema([TABLES["findings"].field(name) for name in columns]).empty_table()
    whole = pa.concat_tables([empty, *tables(folder, "findings", columns)])
    order = pc.sort_indices(whole["image_id"])  # a stable sort: within an image they stay as they are
    for start in range(0, len(order), 10_000):
        yield from whole.take(order[start : start + 10_000]).to_pylist()


def counted_ious(folder: ResultsFolder) -> Tensor:
    """The waterfall's table of all objects that are found or missed: float32 [G, stages]."""
    parts = [torch.zeros(0, len(STAGES))]
    for table in tables(folder, "findings", ("what", "verdict", "ious")):
        of_object = pc.equal(table["what"], OBJECT)
        known = pc.not_equal(table["verdict"], Verdict.UNKNOWN_CLASS.value)
        values = pc.list_flatten(table.filter(pc.and_(of_object, known))["ious"]).to_numpy()
        parts.append(torch.from_numpy(np.array(values, dtype=np.float32)).reshape(-1, len(STAGES)))
    return torch.cat(parts)


def mean_ms(folder: ResultsFolder) -> dict[str, float]:
    """The mean milliseconds of each stage of the pipeline, in their order."""
    sums, counts = Counter[str](), Counter[str]()
    for table in tables(folder, "times", ("stage", "ms")):
        for stage in pc.unique(table["stage"]).to_pylist():  # in the order of the first image
            ms = table["ms"].filter(pc.equal(table["stage"], stage))
            sums[stage] += pc.sum(ms).as_py()
            counts[stage] += len(ms)
    return {stage: total / counts[stage] for stage, total in sums.items() if stage not in BESIDES}


def coco_figures(folder: ResultsFolder, classes: Sequence[str]) -> CocoReport:
    """COCO's figures over all results; `classes` are the names of the labels 1, 2 ....

    pycocotools takes half a millisecond for an image of four objects: some ten minutes for a million of them.
    """
    made = CocoSums(classes)
    for table in tables(folder, "images", ("image_id", "truth", "detections")):
        seen = table.filter(pc.is_valid(table["detections"]))
        predictions = [_prediction(row) for row in seen["detections"].to_pylist()]
        truths = [GroundTruth.of([object_of(one) for one in row]) for row in seen["truth"].to_pylist()]
        made.add(seen["image_id"].to_pylist(), predictions, truths)
    return made.report()


def planned_labels(folder: ResultsFolder) -> set[str]:
    """Every class name in the set."""
    names: set[str] = set()
    for path in sorted((folder.path / "plan").glob("*.parquet")):
        objects = pc.list_flatten(pq.read_table(path, columns=["objects"])["objects"])
        names.update(pc.unique(pc.struct_field(objects, "label")).to_pylist())
    return names


def _prediction(detections: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
    boxes = torch.tensor([[one[name] for name in CORNERS] for one in detections], dtype=torch.float32)
    labels = torch.tensor([one["label"] for one in detections], dtype=torch.int64)
    scores = torch.tensor([one["score"] for one in detections], dtype=torch.float32)
    return {"boxes": boxes.reshape(-1, 4), "labels": labels, "scores": scores}


def _counts(labels: pa.ChunkedArray) -> dict[str, int]:
    return {one["values"]: one["counts"] for one in pc.value_counts(labels).to_pylist()}
