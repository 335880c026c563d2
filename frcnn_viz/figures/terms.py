"""The words of the field among those of the list: the picture that shows each, and the page that shows it in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from torch import Tensor

from frcnn_viz.figures import glossary as see
from frcnn_viz.figures import glossary_training as learn
from frcnn_viz.figures.glossary import Depiction, Seen
from frcnn_viz.pipeline.matching import MatchReason
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.settings import FIELD_NAMES
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.words import Word, words

Draw = Callable[[Seen], Depiction]
FAMILIES = ("term", "frame", "fate", "match")
"""Whose words are all terms; of the others those that `PICTURES` names."""
MEASURED = ("verdict", "mistake", "mechanism", "metric")
"""Whose words say how good a detector is and what it gets wrong."""


@dataclass(frozen=True, eq=False)
class Term:
    """A word of the field.

    Attributes:
        word: its row. shelf: `terms`, `settings` or `measures`. page: where it is seen in full.
        draw: its picture; None where it is no tensor of one picture.
    """

    word: Word
    shelf: str
    draw: Draw | None
    page: str


PICTURES: dict[tuple[Draw, str], str] = {
    (see.picture, "input"): "term.image frame.image",
    (see.padded, "input"): "frame.input number.resized number.padded number.scale min_size max_size",
    (see.normalised, "input"): "term.normalise",
    (see.filters, "model"): "term.weights term.state_dict",
    (see.channels, "features"): "term.backbone term.feature_map number.channels",
    (see.levels, "features"): "term.level",
    (see.cell, "anchors"): "term.cell frame.map number.stride number.grid",
    (see.anchors, "anchors"): "term.anchor number.size number.ratio number.per_cell anchor_sizes aspect_ratios",
    (see.objectness, "proposals"): "term.rpn term.objectness option.objectness_map",
    (see.candidates, "proposals"): "term.candidate rpn_pre_nms_top_n rpn_score_thresh rpn_min_size",
    (see.deltas, "proposals"): "term.deltas number.rpn_deltas",
    (see.proposals, "proposals"): "term.proposal rpn_post_nms_top_n",
    (see.suppression, "court"): "term.nms term.suppressor term.threshold rpn_nms_thresh",
    (learn.overlap, "training"): "term.iou term.target rpn_fg_iou_thresh rpn_bg_iou_thresh",
    (see.pooled, "rois"): "term.roi term.head",
    (see.probabilities, "rois"): "term.softmax term.logit term.class term.score",
    (see.detections, "detections"): "term.detection term.detector term.box box_score_thresh box_nms_thresh "
    "box_detections_per_img",
    (see.ground_truth, "images"): "term.ground_truth",
    (learn.mini_batch, "training"): "term.mini_batch rpn_batch_size_per_image rpn_positive_fraction seed",
    (learn.roi_batch, "training"): "box_batch_size_per_image box_positive_fraction box_fg_iou_thresh box_bg_iou_thresh "
    "rpn_pre_nms_top_n_train rpn_post_nms_top_n_train",
    (learn.losses, "training"): "term.loss term.cross_entropy term.bce loss.loss_objectness loss.loss_rpn_box_reg "
    "loss.loss_classifier loss.loss_box_reg loss.total",
    (learn.curves, "training"): "term.smooth_l1 term.l1 term.l2",
    (partial(see.third_head, "masks"), "third_head"): "number.mask",
    (partial(see.third_head, "keypoints"), "third_head"): "number.heat_map",
    **{(partial(see.fate, one), "proposals"): f"fate.{one.name.lower()}" for one in Fate},
    **{(partial(learn.match, one), "training"): f"match.{one.name.lower()}" for one in MatchReason},
}
"""What draws a picture and the page that has more of it, and the keys of its words."""
PAGES_ALONE = {
    "term.training": "train",
    "term.backward_pass": "features",
    "term.false_alarm": "autopsy",
    "verdict": "autopsy",
    "mistake": "autopsy",
    "mechanism": "autopsy",
    "metric": "metrics",
}
"""Of words without a picture, by key or family."""


@cache
def terms() -> dict[str, Term]:
    """Every word of the field by key, in the order of the list."""
    drawn = {key: place for place, keys in PICTURES.items() for key in keys.split()}
    found = {}
    for key, row in words().items():
        family = key.partition(".")[0]
        if key in drawn or key in FIELD_NAMES or family in (*FAMILIES, *MEASURED):
            shelf = "settings" if key in FIELD_NAMES else "measures" if family in MEASURED else "terms"
            draw, page = drawn.get(key, (None, PAGES_ALONE.get(key) or PAGES_ALONE.get(family, "training")))
            found[key] = Term(row, shelf, draw, page)
    return found


def find(text: str, shelf: str) -> list[Term]:
    """The words of a shelf that hold all that is searched for, those with it in their name first."""
    wanted, here = text.lower().split(), [term for term in terms().values() if term.shelf == shelf]
    has = lambda where: all(one in where.lower() for one in wanted)  # noqa: E731
    named = [term for term in here if has(term.word.term)]
    told = [term for term in here if has(f"{term.word.term} {term.word.sentence} {term.word.tensor}")]
    return [*named, *(term for term in told if term not in named)]


def shape_of(one: Word, trace: Trace) -> str:
    """The shape of a word's tensor in a trace, of several the first's and the last's; empty where it has none."""
    name = one.tensor.partition("`trace.")[2].partition("`")[0]
    if not name or "(" in name:
        return ""
    value: object = trace
    for part in name.split("."):
        value = getattr(value, part, None)
    if isinstance(value, Tensor):
        return str(list(value.shape))
    several = list(value.values()) if isinstance(value, dict) else value
    if isinstance(several, list) and several and all(isinstance(each, Tensor) for each in several):
        return " to ".join(str(list(each.shape)) for each in dict.fromkeys((several[0], several[-1])))
    return ""
