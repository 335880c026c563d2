"""COCO's figures over images that come a part at a time: those that `coco_report` has of all at once.

pycocotools judges each part, and accumulates in the end. Between the two only what it accumulates is kept: about a
hundred bytes a detection, where pycocotools keeps some kilobytes for each class on each image.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pycocotools.cocoeval import COCOeval
from torch import Tensor

from frcnn_viz.analysis.metrics import CocoReport, judged, report_of
from frcnn_viz.data.ground_truth import GroundTruth


@dataclass(frozen=True, eq=False)
class _Part:
    """What one class has on some images: D detections, G objects; A areas, T IoU thresholds.

    Attributes:
        image: int64 [D], which one. rank: int64 [D], its place among the image's, from 0. scores: float64 [D].
        matches, ignored: bool [A, T, D]. objects_ignored: bool [A, G].
    """

    image: np.ndarray
    rank: np.ndarray
    scores: np.ndarray
    matches: np.ndarray
    ignored: np.ndarray
    objects_ignored: np.ndarray


class CocoSums:
    """COCO's evaluation, part by part."""

    def __init__(self, classes: Sequence[str]) -> None:
        """Of nothing yet; `classes` are the names of the labels 1, 2 ...."""
        self._classes = classes
        self._names: list[str] = []
        self._parts: dict[int, list[_Part]] = {}

    def add(
        self, names: Sequence[str], predictions: Sequence[dict[str, Tensor]], ground_truth: Sequence[GroundTruth]
    ) -> None:
        """Judge some images; their names put all images in order. The others are as `coco_metrics` takes them."""
        made = judged(predictions, ground_truth, self._classes)
        images, areas = len(made.params.imgIds), len(made.params.areaRng)
        table = np.empty(len(made.evalImgs), dtype=object)
        table[:] = made.evalImgs
        for k, of_class in enumerate(table.reshape(len(self._classes), areas, images)):
            held = [i for i in range(images) if of_class[0, i] is not None]
            if held:
                self._parts.setdefault(k, []).append(_part(of_class[:, held], np.array(held) + len(self._names)))
        self._names += names

    def report(self) -> CocoReport:
        """All figures of what was added."""
        made = COCOeval(iouType="bbox")
        p = made.params
        p.catIds, p.imgIds = list(range(1, len(self._classes) + 1)), [0]
        shape = len(p.catIds), len(p.areaRng), len(p.maxDets)
        precision = -np.ones((len(p.iouThrs), len(p.recThrs), *shape))
        recall = -np.ones((len(p.iouThrs), *shape))
        order = np.empty(len(self._names), dtype=np.int64)
        order[np.argsort(np.array(self._names))] = np.arange(len(self._names))
        for k, parts in self._parts.items():
            whole = _in_order(parts, order)
            for m, most in enumerate(p.maxDets):
                precision[:, :, k, :, m], recall[:, k, :, m] = _accumulated(whole, most)
        made.eval = {"precision": precision, "recall": recall}
        return report_of(made, self._classes)


def _part(of_class: np.ndarray, images: np.ndarray) -> _Part:
    """What pycocotools found of a class, [areas, images] of its records, as one."""
    counts = [len(one["dtScores"]) for one in of_class[0]]

    def joined(name: str) -> np.ndarray:
        rows = [np.concatenate([np.asarray(one[name]).astype(bool) for one in row], axis=-1) for row in of_class]
        return np.stack(rows)

    return _Part(
        np.repeat(images, counts),
        np.concatenate([np.arange(count) for count in counts]),
        np.concatenate([np.asarray(one["dtScores"], dtype=np.float64) for one in of_class[0]]),
        joined("dtMatches"),
        joined("dtIgnore"),
        joined("gtIgnore"),
    )


def _in_order(parts: Sequence[_Part], order: np.ndarray) -> _Part:
    """All parts of a class as one, the images in their order: it decides between equal scores."""
    image = order[np.concatenate([part.image for part in parts])]
    rank = np.concatenate([part.rank for part in parts])
    by = np.lexsort((rank, image))
    scores = np.concatenate([part.scores for part in parts])
    matches, ignored = (
        np.concatenate([getattr(part, name) for part in parts], axis=-1)[..., by] for name in ("matches", "ignored")
    )
    return _Part(
        image[by],
        rank[by],
        scores[by],
        matches,
        ignored,
        np.concatenate([part.objects_ignored for part in parts], axis=-1),
    )


def _accumulated(whole: _Part, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Precision [T, recalls, areas] and recall [T, areas] of a class with at most so many detections an image."""
    made = COCOeval(iouType="bbox")
    p, among = made.params, whole.rank < most
    p.catIds, p.imgIds, p.maxDets = [1], [0], [max(1, int(among.sum()))]
    made._paramsEval = p
    made.evalImgs = [
        {
            "dtScores": whole.scores[among],
            "dtMatches": whole.matches[area][:, among],
            "dtIgnore": whole.ignored[area][:, among],
            "gtIgnore": whole.objects_ignored[area],
        }
        for area in range(len(p.areaRng))
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        made.accumulate()
    return made.eval["precision"][:, :, 0, :, 0], made.eval["recall"][:, 0, :, 0]
