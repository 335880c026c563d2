"""Lesson 10: the final NMS works within a class."""

from __future__ import annotations

from random import Random

import torch
from torchvision.ops import box_iou

from frcnn_viz.analysis.nms import FINAL, court_of
from frcnn_viz.lessons import (
    Alternative,
    CannotAsk,
    ChooseOne,
    ChooseSome,
    Lesson,
    Mark,
    Question,
    Scene,
    Screen,
    Wrong,
)
from frcnn_viz.lessons.survivors import TOLD, Drawn, Words, draw, mistakes, screen_at

DRAWN = 6
LOWER = (0.02, 0.01, 0.005, 0.001)
"""Score thresholds that are tried, from the scene's own down, until boxes of two classes meet."""
LOWEST, HIGHEST = 0.1, 0.9
"""IoU thresholds that are offered to remove a box."""
CHOICE = 4
"""Pairs among which one is drawn, if there are so many."""
APART = 0.8
"""Up to which part of the better one's score the other has."""
NOWHERE = "Here no two classes get boxes in one place; choose another picture."
ACROSS = "let another class suppress"


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """Which of six boxes stay, of several classes."""
    for there in _lower(scene):
        court = court_of(there.trace, FINAL)
        drawn = Drawn(court, draw([court], rng, DRAWN) if len(court.ids) else [])
        if len(drawn.rows) == DRAWN and _meet(drawn):
            return (_stay(scene, there, drawn),)
    raise CannotAsk(NOWHERE)


def _lower(scene: Scene) -> list[Scene]:
    own = scene.settings.box_score_thresh
    return [scene, *(scene.at(box_score_thresh=threshold) for threshold in LOWER if threshold < own)]


def _meet(drawn: Drawn) -> bool:
    """Whether two of the rows overlap enough to suppress, were they of one class, and both stay."""
    court = drawn.court
    groups, stay = court.groups[drawn.rows], court.suppressor[drawn.rows] < 0
    apart = groups[:, None] != groups
    return bool((apart & stay & stay[:, None] & (drawn.iou > court.threshold)).any())


def _stay(scene: Scene, there: Scene, drawn: Drawn) -> Question:
    court, count = drawn.court, len(drawn.survivors)
    name = lambda row: scene.classes[int(court.groups[row])]  # noqa: E731
    listed = ", ".join(
        f"{x} {name(row)} {court.scores[row]:.3f}" for x, row in zip(drawn.letters, drawn.rows, strict=True)
    )
    words = Words(lambda row: f"class {name(row)}", "class", "each class has an NMS of its own", ACROSS)
    return Question(
        name="stay",
        text=f"{_with(scene, there)}ix boxes come to the final NMS, by score: {listed}. Their IoU, where over "
        f"{TOLD:g}: {drawn.pairs}. No other box decides about them. Which stay at {court.threshold:g}?",
        form=ChooseSome(drawn.alternatives(there)),
        right=drawn.survivors,
        wrong=mistakes(drawn, words),
        hints=(
            "Boxes of two classes never suppress each other here, not even in one place.",
            f"Go through each class by itself, the best box first. {count} of the six stay.",
        ),
        why=f"{count} of the six stay: a box goes only if a better one of its own class overlaps it by more than "
        f"{court.threshold:g}. So one thing can be detected as two classes.",
        code=f"""
candidates = {drawn.ids}   # each is proposal * (classes - 1) + class - 1
kept = set(trace.detections.nms_kept.tolist())
answer = [letter for letter, candidate in candidates.items() if candidate in kept]
""",
        screen=screen_at(scene, there, court, drawn.rows[0], "final"),
    )


def _with(scene: Scene, there: Scene) -> str:
    """The beginning of a sentence with s, which says what was lowered."""
    lowered = there.settings.box_score_thresh
    return "S" if there is scene else f"With box_score_thresh lowered to {lowered:g}, s"


def ask_mend(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """What would remove the second of two classes in one place."""
    found = [(there, pairs) for there in _lower(scene) if (pairs := _pairs(there))]
    if not found:
        raise CannotAsk(NOWHERE)
    there, pairs = next((one for one in found if len(one[1]) >= CHOICE), found[-1])
    return (_mend(scene, there, *rng.choice(pairs)),)


def _pairs(there: Scene) -> list[tuple[int, int]]:
    """Detections of two classes in one place, the better first; the other overlaps no better one of its own class."""
    found = there.trace.detections
    overlap, same = box_iou(found.boxes, found.boxes), found.labels[:, None] == found.labels
    better = torch.ones_like(same).triu(1)
    alone = ~(better & same & (overlap > LOWEST)).any(dim=0)
    plain = (overlap > found.nms_thresh) & (overlap < HIGHEST) & (found.scores < APART * found.scores[:, None])
    return [(one, other) for one, other in (better & ~same & alone & plain).nonzero().tolist()]


def _mend(scene: Scene, there: Scene, one: int, other: int) -> Question:
    found = there.trace.detections
    a, b = int(found.kept[one]), int(found.kept[other])
    name = lambda place: f"{scene.classes[int(found.labels[place])]} {found.scores[place]:.3f}"  # noqa: E731
    between = float(f"{(found.scores[one] * found.scores[other]).sqrt():.2g}")
    overlap = float(box_iou(found.boxes[[one]], found.boxes[[other]]))
    changes = {
        "low": {"box_nms_thresh": LOWEST},
        "high": {"box_nms_thresh": HIGHEST},
        "score": {"box_score_thresh": between},
    }
    mended = there.at(**changes["score"])
    form = ChooseOne(
        (
            Alternative("low", f"box_nms_thresh lowered to {LOWEST:g}"),
            Alternative("high", f"box_nms_thresh raised to {HIGHEST:g}"),
            Alternative("score", f"box_score_thresh raised to {between:g}"),
            Alternative("none", "None of these"),
        )
    )
    marks = (Mark(there.in_image(found.boxes[one]), "A"), Mark(there.in_image(found.boxes[other]), "B"))
    return Question(
        name="mend",
        text=f"{_with(scene, there)}ome detections lie in one place: A is {name(one)}, B is {name(other)}, their IoU "
        f"is {overlap:.2f}, and box_nms_thresh is {found.nms_thresh:g}. Which change removes B and leaves A?",
        form=form,
        right="score",
        wrong=(
            Wrong(
                "low",
                ACROSS,
                "A and B are of two classes: the final NMS does not compare them, however low its threshold is.",
            ),
            Wrong("high", "took the threshold the other way", "A higher threshold suppresses less, not more."),
            Wrong("none", "saw no way", "B has the lower score: a score threshold between the two removes it."),
        ),
        hints=(
            "Ask of each change whether it looks at A and B together, or at each alone.",
            f"B's score is {found.scores[other]:.3f}.",
        ),
        why="The final NMS runs within a class, so none of its thresholds lets A suppress B. A score threshold between "
        "them removes B; so would NMS over all classes at once, which torchvision's heads do not run.",
        code=f"""
from frcnn_viz.pipeline.detections import select_detections
a, b = {a}, {b}   # each is proposal * (classes - 1) + class - 1
now = {{"box_score_thresh": {there.settings.box_score_thresh}, "box_nms_thresh": {there.settings.box_nms_thresh}}}
answer = "none"
for name, change in {changes}.items():
    score, nms = (now | change).values()
    made = select_detections(trace.rois, trace.input, score_thresh=score, nms_thresh=nms, detections_per_img=10**6)
    if a in made.kept and b not in made.kept:
        answer = name
""",
        marks=marks,
        screen=Screen(page="detections", selected=(("detection", a),), settings=scene.changes(mended)),
    )


LESSON = Lesson(
    number=10,
    name="second_nms",
    title="The second NMS",
    goal="Say which boxes the final NMS removes, and how to be rid of the second of two classes in one place.",
    page="court",
    ask=ask,
    transfer=ask_mend,
)
