"""Lesson 7: the RPN's NMS knows objectness and levels, and no class."""

from __future__ import annotations

from random import Random
from string import ascii_uppercase

import torch

from frcnn_viz.analysis.nms import RPN, Court, court_of
from frcnn_viz.lessons import (
    CannotAsk,
    ChooseSome,
    Field,
    GiveNumbers,
    Lesson,
    Mark,
    Question,
    Scene,
    Wrong,
)
from frcnn_viz.lessons.survivors import FIRST, MOST_ALIKE, TOLD, Drawn, Words, draw, mistakes, screen_at

THRESHOLDS = (0.7, 0.5)
"""The paper's, then a lower one."""
DRAWN = 10
CLOSE, LEAST_RAISE = 0.01, 0.73
"""How far from an IoU counts as it; the least that a threshold is to be raised to."""
ACROSS = "let another level suppress"


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """Which of ten boxes survive the paper's threshold, then a lower one."""
    scenes = [scene.at(rpn_nms_thresh=threshold) for threshold in THRESHOLDS]
    rows = draw([court_of(one.trace, RPN) for one in scenes], rng, DRAWN)
    if len(rows) < DRAWN:
        raise CannotAsk("Here too few boxes meet in the RPN's NMS; raise rpn_pre_nms_top_n, or choose another picture.")
    return tuple(_survive(scene, there, rows) for there in scenes)


def _survive(scene: Scene, there: Scene, rows: list[int]) -> Question:
    court, names = court_of(there.trace, RPN), there.trace.features.titles
    drawn, threshold, levels = Drawn(court, rows), court.threshold, court.groups[rows].tolist()
    of = lambda level: ", ".join(x for x, own in zip(drawn.letters, levels, strict=True) if own == level)  # noqa: E731
    listed = "".join(f"Level {names[one]}: {of(one)}. " for one in sorted(set(levels)) if len(names) > 1)
    level = lambda row: f"level {names[int(court.groups[row])]}"  # noqa: E731
    words = Words(level, "level", "each level has an NMS of its own", ACROSS)
    count = f"{len(drawn.survivors)} of the ten"
    return Question(
        name=f"at_{threshold:g}".replace(".", "_"),
        text=f"A to J are ten boxes of the RPN, the best objectness first. {listed}Their IoU, where over {TOLD:g}: "
        f"{drawn.pairs}. No other box decides about them. Which survive the RPN's NMS at {threshold:g}?",
        form=ChooseSome(drawn.alternatives(there)),
        right=drawn.survivors,
        wrong=mistakes(drawn, words),
        hints=(
            f"Take the best box first: it stays, and what overlaps it by more than {threshold:g}"
            f"{' on its level' if len(names) > 1 else ''} goes. Then take the best of what is left.",
            f"{count.capitalize()} survive. A box that is gone suppresses nobody.",
        ),
        why=f"{count} survive. The RPN's NMS knows no class: only objectness"
        f"{', the level' if len(names) > 1 else ''} and overlap count.",
        code=f"""
candidates = {drawn.ids}
survivors = set(trace.proposals.nms_kept.tolist())
answer = [letter for letter, candidate in candidates.items() if candidate in survivors]
""",
        screen=screen_at(scene, there, court, rows[0], "rpn"),
    )


def ask_back(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: the threshold at which a suppressed box would stay."""
    there = scene.at(rpn_nms_thresh=THRESHOLDS[0])
    court, names = court_of(there.trace, RPN), there.trace.features.titles
    row, by = _draw(court, rng)
    overlap, better = court.iou(row, torch.arange(len(court.ids))), court.scores > court.scores[row]
    known = [(by, "", ""), *_bystanders(court, row, by)]
    rng.shuffle(known)
    boxes = {letter: other for letter, (other, _, _) in zip(ascii_uppercase, known, strict=False)}
    level = lambda other: f", level {names[int(court.groups[other])]}" if len(names) > 1 else ""  # noqa: E731
    told = "; ".join(
        f"{letter}, {'better' if better[other] else 'worse'}{level(other)}: {overlap[other]:.2f}"
        for letter, other in boxes.items()
    )
    iou = float(overlap[by])
    letter = next(letter for letter, other in boxes.items() if other == by)
    return (
        Question(
            name="raise",
            text=f"Box X{level(row)}{level(row) and ','} is suppressed at {court.threshold:g}. These overlap it, with "
            f"better or worse objectness and so much IoU: {told}. No other box matters. To what must the threshold be "
            "raised for X to survive?",
            form=GiveNumbers((Field("threshold", "", CLOSE, 0, 1),)),
            right=[iou],
            wrong=(
                *(Wrong([float(overlap[other])], reason, text) for other, reason, text in known if reason),
                Wrong([court.threshold], "gave the threshold it falls by", "At this one it is suppressed."),
                Wrong([1.0], "turned NMS off", "Then all boxes stay; less is enough for X."),
                Wrong([1 - iou], "gave what is not shared", "The threshold is an IoU: the part that is shared."),
            ),
            hints=(
                "Find the box that suppresses X: a better one" + (" of its own level." if len(names) > 1 else "."),
                f"It is {letter}: X stays once their IoU is not over the threshold.",
            ),
            why=f"Only {letter} can suppress X, by their IoU of {iou:.2f}. NMS removes what is over the threshold, so "
            f"from {iou:.2f} on both stay.",
            code=f"""
from torchvision.ops import box_iou
proposals, x = trace.proposals, {int(court.ids[row])}
by = int(proposals.suppressor[x])
answer = [box_iou(proposals.candidates[[x]], proposals.candidates[[by]]).item()]
""",
            marks=tuple(
                Mark(there.in_image(court.boxes[other]), letter) for letter, other in {**boxes, "X": row}.items()
            ),
            screen=screen_at(scene, there, court, row, "rpn"),
        ),
    )


def _draw(court: Court, rng: Random) -> tuple[int, int]:
    """A suppressed row and its suppressor, which is the only one at every higher threshold."""
    victims = (court.suppressor >= 0).nonzero()[:, 0]
    best_first = victims[court.scores[victims].argsort(descending=True, stable=True)].tolist()
    for row in rng.sample(best_first[:FIRST], min(FIRST, len(best_first))):
        by = int(court.suppressor[row])
        rivals = (court.groups == court.groups[row]) & (court.scores > court.scores[row])
        overlap = court.iou(row, rivals)
        leaders = (court.groups == court.groups[by]) & (court.scores > court.scores[by])
        iou = float(court.iou(row, torch.tensor([by])))
        if (
            LEAST_RAISE <= iou <= MOST_ALIKE
            and bool((overlap <= iou).all())
            and bool((court.iou(by, leaders) < court.threshold - CLOSE).all())
        ):
            return row, by
    raise CannotAsk("Here the RPN's NMS suppresses no box in a plain way; choose another picture.")


def _bystanders(court: Court, row: int, by: int) -> list[tuple[int, str, str]]:
    """Rows that overlap a suppressed one and do not decide: each with what is taken for right in it."""
    overlap = court.iou(row, torch.arange(len(court.ids)))
    better, same = court.scores > court.scores[row], court.groups == court.groups[row]
    kinds = (
        (better & ~same, ACROSS, "That box is of another level: the two never meet in an NMS."),
        (
            better & same & (overlap < overlap[by]),
            "took a box that overlaps it less",
            "Of the better boxes the one that overlaps X most decides.",
        ),
        (~better & same, "let a worse box suppress", "That box is worse: it cannot suppress this one."),
    )
    found: list[tuple[int, str, str]] = []
    for among, reason, sentence in kinds:
        among = among & (overlap <= MOST_ALIKE)
        for other in (by, *(other for other, _, _ in found)):
            among &= (overlap - overlap[other]).abs() > 2 * CLOSE
        nearest = int(torch.where(among, overlap, 0.0).argmax())
        if overlap[nearest] >= TOLD and bool(among[nearest]):
            found.append((nearest, reason, sentence))
    return found


LESSON = Lesson(
    number=7,
    name="first_nms",
    title="The first NMS",
    goal="Say which of the RPN's boxes suppress which, and what its threshold does.",
    page="court",
    ask=ask,
    transfer=ask_back,
)
