"""What is counted over a whole set, however large it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from frcnn_viz.analysis.false_alarms import Mistake
from frcnn_viz.analysis.sums import sums
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.report.cases import Image


@dataclass(frozen=True, eq=False)
class Totals:
    """The sums of an examination.

    Attributes:
        images: how many. told: misses, false alarms and what is left out, in sentences.
        verdicts: how many objects each has. mistakes: how many false alarms are of each kind.
        ious: float32 [G, stages], the waterfall's table of the objects that count.
    """

    images: int
    told: Sequence[str]
    verdicts: Counter[Verdict]
    mistakes: Counter[Mistake]
    ious: Tensor

    @classmethod
    def of(cls, images: Sequence[Image], classes: Sequence[str]) -> Totals:
        """Of images, at least one, that were examined by a detector of these classes."""
        examined = [one.examined for one in images]
        return cls(
            len(images),
            sums([one.truth for one in images], examined, classes),
            Counter(finding.verdict for one in examined for finding in one.findings),
            Counter(alarm.mistake for one in examined for alarm in one.alarms),
            torch.cat([one.ious[one.counted] for one in examined]),
        )
