"""What a run over many images wrote, as a report takes it."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from typing import Any

from frcnn_viz.analysis.false_alarms import Mistake
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.report.totals import Totals
from frcnn_viz.scale.folder import ResultsFolder
from frcnn_viz.scale.found import FALSE_ALARM
from frcnn_viz.scale.summary import counted_ious, summarize, tables


def totals_of(folder: ResultsFolder, classes: Sequence[str]) -> Totals:
    """The sums of all results, by a detector of these classes."""
    summary = summarize(folder)
    verdicts, mistakes = Counter[Verdict](), Counter[Mistake]()
    for (what, name), count in summary.verdicts.items():
        if what == FALSE_ALARM:
            mistakes[Mistake(name)] += count
        else:
            verdicts[Verdict(name)] += count
    return Totals(summary.images, summary.sums(classes), verdicts, mistakes, counted_ious(folder))


def worst_rows(folder: ResultsFolder, most: int) -> list[dict[str, Any]]:
    """Images with the most misses, then false alarms: at most so many, with id, path and truth."""
    columns = ("image_id", "path", "truth", "missed", "false_alarms")
    failures = lambda row: (row["missed"] or 0, row["false_alarms"] or 0)  # noqa: E731
    worst: list[dict[str, Any]] = []
    for table in tables(folder, "images", columns):
        worst = heapq.nlargest(most, [*worst, *table.to_pylist()], key=failures)
    return [row for row in worst if any(failures(row))]
