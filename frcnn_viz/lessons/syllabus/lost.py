"""Lesson 13: which stage lost an object."""

from __future__ import annotations

from random import Random

from frcnn_viz.analysis.autopsy import Autopsy, examine
from frcnn_viz.analysis.case import IOU, ordinal
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.lessons import (
    Alternative,
    CannotAsk,
    ChooseOne,
    Lesson,
    Mark,
    Question,
    Scene,
    Screen,
    Wrong,
    needs,
)
from frcnn_viz.lessons.misses import Miss, a_miss, best_rank, best_score, misses, overlaps, truth_code

LOST = (
    "No anchor is near enough",
    "The RPN moves every box off it",
    "Its objectness is not among the top-n of the level",
    "It is too small or too unlikely for the RPN",
    "The RPN's NMS suppresses it",
    "The limit on proposals cuts it off",
    "The second stage moves every box off it",
    "Its score is under the threshold",
    "The final NMS suppresses it",
    "The limit on detections cuts it off",
    "Its detection counts for another object",
)
"""What each stage of the waterfall does to an object that it loses."""
RARE = (3, 10)
"""Those that are offered only where they are right."""
OFFERED, MOST_WHY = 6, 260
"""Stages among which one is chosen; characters."""
CUTS = {"box_score_thresh": (0.5, 0.9, 0.95, 0.99), "box_detections_per_img": (1, 3, 5, 8), "rpn_post_nms_top_n": ()}


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The stage that lost one object, from what each stage left."""
    miss = a_miss(misses(scene, rng))
    there, stage, name = miss.there, miss.stage, miss.name
    others = [n for n in range(len(STAGES)) if n != stage and n not in RARE]
    offered = sorted([stage, *rng.sample(others, OFFERED - 1)])
    best = dict(zip(STAGES, (f"{iou:.2f}" for iou in miss.ious.tolist()), strict=True))
    keys = [one.replace(" ", "_") for one in STAGES]
    wrong = [Wrong(keys[n], *_why_not(n, miss)) for n in offered if n != stage]
    return (
        Question(
            name="stage",
            text=f"The marked {name} is missed. The best IoU of a box with it is {best['anchors']} among the anchors, "
            f"{best['moved by the RPN']} once the RPN has moved them, {best['limit on proposals']} among the "
            f"proposals, {best['refined']} once these are refined as {name}, and {best['limit on detections']} among "
            f"the detections of this class. {_fact(miss)}A box is on it from an IoU of 0.5 on. Which stage lost it?",
            form=ChooseOne(tuple(Alternative(keys[n], LOST[n]) for n in offered)),
            right=keys[stage],
            wrong=tuple(sorted(wrong, key=lambda one: abs(keys.index(one.answer) - stage))),
            hints=(
                "Find the last stage that left a box on it; the next one lost it.",
                f"After the stage `{STAGES[stage - 1]}` the best IoU is {best[STAGES[stage - 1]]}."
                if stage
                else "There was not even an anchor on it to begin with.",
            ),
            why=_why(miss.finding, LOST[stage]),
            code=f"""{truth_code(there.truth, miss.autopsy.labels)}
from frcnn_viz.analysis.overlaps import Overlaps
from frcnn_viz.analysis.waterfall import STAGES, reached, stage_ious

overlaps = Overlaps(trace, boxes, labels, crowd, difficult)
ious = stage_ious(overlaps)   # the best IoU with each object after each stage
answer = STAGES[int(reached(ious, 0.5)[{miss.object}])].replace(" ", "_")
""",
            marks=(Mark(miss.box, name),),
            screen=Screen(selected=(("object", miss.object),), settings=scene.changes(there)),
        ),
    )


def ask_forward(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: what becomes of an object that is found, once one setting is tighter."""
    autopsy = examine(scene.trace, scene.truth, scene.classes)
    rows = [g for g, finding in enumerate(autopsy.findings) if finding.verdict is Verdict.FOUND]
    for g in rng.sample(rows, len(rows)):
        for name in rng.sample(list(CUTS), len(CUTS)):
            question = _forward(scene, rng, autopsy, g, name)
            if question:
                return (question,)
    raise CannotAsk("Nothing that this lesson can ask about is found on this picture; choose another.")


def _forward(scene: Scene, rng: Random, before: Autopsy, g: int, setting: str) -> Question | None:
    """The question of one object and one setting; None where its outcome does not follow from what is told."""
    found = scene.trace.detections
    finding, place = before.findings[g], int(before.outcomes.detection_of_object[g])
    class_, box = scene.truth.names[g], tuple(scene.truth.boxes_in_image[g].tolist())
    on_it = (overlaps(scene, box).of(scene.trace.proposals.boxes)[0] >= IOU).nonzero()[:, 0].tolist()
    if not on_it:
        return None
    first = on_it[0] + 1
    now = getattr(scene.settings, setting)
    cuts = CUTS[setting] or (max(1, first // 2), first + 5, 2 * first)
    to = rng.choice([value for value in cuts if (value > now if setting == "box_score_thresh" else value < now)] or [0])
    if not to:
        return None
    there = scene.at(**{setting: to})
    after = examine(there.trace, there.truth, there.classes)
    match setting:
        case "box_score_thresh":
            cut, keeps = "score", finding.score > to
            hint = f"A detection needs a score over {to:g}; this one has {finding.score:.3f}."
        case "box_detections_per_img":
            cut, keeps = "detections", place < to
            hint = f"The {to:g} best detections stay; this one is the {ordinal(place + 1)}."
        case _:
            cut, keeps = "proposals", first <= to
            hint = f"The {to:g} best proposals stay; the first on it is the {ordinal(first)}."
    outcome = after.findings[g]
    if not (outcome.verdict is Verdict.FOUND if keeps else outcome.missed):
        return None
    told = {"found": "It stays found", "proposals": LOST[5], "score": LOST[7], "nms": LOST[8], "detections": LOST[9]}
    right = "found" if keeps else cut
    return Question(
        name="forward",
        text=f"The marked {class_} is found: its detection has the score {finding.score:.3f} and is the "
        f"{ordinal(place + 1)} best of {len(found)}; the first proposal on it is the {ordinal(first)} of "
        f"{len(scene.trace.proposals)}. Now {setting} goes from {now:g} to {to:g}. What becomes of the {class_}?",
        form=ChooseOne(tuple(Alternative(key, words) for key, words in told.items())),
        right=right,
        wrong=(
            Wrong(
                "found",
                "thought that it stays",
                f"Compare what {setting} is measured against with {to:g}: it does not pass.",
            ),
            Wrong(
                cut,
                "thought that it is lost",
                f"Compare what {setting} is measured against with {to:g}: it passes.",
            ),
            *(
                Wrong(key, "blamed a stage that did not change", f"{setting} acts elsewhere; this stage is as it was.")
                for key in ("proposals", "score", "nms", "detections")
            ),
        ),
        hints=(
            f"Which of the numbers that are told is {setting} compared with?",
            hint,
        ),
        why=_why(outcome, told[right]),
        code=f"""{truth_code(scene.truth, after.labels)}
from frcnn_viz.analysis.outcomes import judge

found = trace.detections   # with {setting} {to:g}
kept = judge(found.boxes_in_image, found.labels, boxes, labels, 0.5, crowd, difficult).found[{g}]
answer = "found" if kept else "{cut}"
""",
        marks=(Mark(box, class_),),
        screen=Screen(selected=(("object", g),), settings=scene.changes(there)),
    )


def _why(finding: Finding, otherwise: str) -> str:
    """What is said of an object, where there is room for it."""
    return finding.sentence if len(finding.sentence) <= MOST_WHY else f"{otherwise}."


def _fact(miss: Miss) -> str:
    """What tells the filters of a stage apart, where it was lost by one of them."""
    settings, ious = miss.there.settings, dict(zip(STAGES, miss.ious.tolist(), strict=True))
    nms = ious["RPN's NMS"]
    if 2 <= miss.stage <= 5:
        return (
            f"By objectness the first box on it is the {ordinal(best_rank(miss))} of its level, and "
            f"{settings.rpn_pre_nms_top_n:,} go on; what the RPN's NMS leaves reaches {nms:.2f}. "
        )
    if 7 <= miss.stage <= 9:
        return (
            f"The best score of a box on it is {best_score(miss):.3f}, and over {settings.box_score_thresh:g} is kept; "
            f"what the final NMS leaves reaches {ious['final NMS']:.2f}. "
        )
    return ""


def _why_not(stage: int, miss: Miss) -> tuple[str, str]:
    """Reason and sentence for another stage than the one that lost it."""
    iou = float(miss.ious[stage])
    if stage < miss.stage:
        if iou >= IOU:
            return "blamed a stage that it passed", f"After that stage a box with an IoU of {iou:.2f} is still there."
        return (
            "blamed a stage that was made good again",
            f"The best IoU is only {iou:.2f} there, but a later stage moved a box onto it again.",
        )
    return "blamed a stage that it never reached", f"There was nothing left to lose: {LOST[miss.stage].lower()} before."


LESSON = Lesson(
    number=13,
    name="lost",
    title="Who lost it",
    goal="Name the stage that lost an object, from what each stage left.",
    page="autopsy",
    ask=ask,
    transfer=ask_forward,
    needs=(needs.known_objects,),
)
