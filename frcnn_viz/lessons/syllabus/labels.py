"""Lesson 11: which anchors are positive, and how few of them there are."""

from __future__ import annotations

from random import Random

from torch import Tensor

from frcnn_viz.lessons import (
    Alternative,
    CannotAsk,
    ChooseOne,
    ChooseSome,
    Field,
    GiveNumbers,
    Lesson,
    Mark,
    Question,
    Scene,
    Screen,
    Wrong,
    needs,
)
from frcnn_viz.lessons.subsets import added, missed
from frcnn_viz.pipeline.matching import AnchorMatches, MatchReason

BATCHES, POSITIVE_FROM = (64, 128, 256, 512), (0.5, 0.6, 0.7)
"""Of which a student's settings are drawn."""
CLEAR = 0.01
"""IoU by which an anchor that is shown is off the thresholds."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """How many positives a training step draws, and why no more."""
    there = _drawn(scene, rng)
    matches = there.trace.match(there.objects.boxes_in_image)
    settings, screen = there.settings, _screen(scene, there)
    most = int(settings.rpn_batch_size_per_image * settings.rpn_positive_fraction)
    positives = int((matches.labels == 1).sum())
    first = _count(there, matches, most, screen)
    if positives == most:
        return (first,)
    return first, _why_few(rng, positives, there, screen) if positives < most else _the_rest(positives, most, screen)


def ask_labels(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: which of some anchors are positive."""
    there = _drawn(scene, rng)
    matches, settings = there.trace.match(there.objects.boxes_in_image), there.settings
    kinds = _one_of_each(matches, rng, settings.rpn_bg_iou_thresh, settings.rpn_fg_iou_thresh)
    if len(kinds) < 2 or not {MatchReason.POSITIVE, MatchReason.POSITIVE_BEST_MATCH} & kinds.keys():
        raise CannotAsk("The anchors of this picture are too much alike for this lesson; choose another picture.")
    letters = list("ABCD"[: len(kinds)])
    rng.shuffle(letters)
    letter_of = dict(zip(kinds, letters, strict=True))
    anchors = {letter: kinds[kind] for kind, letter in sorted(letter_of.items(), key=lambda item: item[1])}
    alternatives, names = [], there.objects.names
    for letter, anchor in anchors.items():
        of = int(matches.object[anchor])
        label = f"{letter}: IoU {float(matches.iou[anchor]):.2f} with the {names[of]}"
        if letter == letter_of.get(MatchReason.POSITIVE_BEST_MATCH):
            label += ", more than any other anchor"
        alternatives.append(Alternative(letter, label, there.in_image(there.trace.anchors.boxes[anchor])))
    objects = sorted({int(matches.object[anchor]) for anchor in anchors.values()})
    right = [letter for letter, anchor in anchors.items() if matches.labels[anchor] == 1]
    boxes = there.objects.boxes_in_image
    return (
        Question(
            name="labels",
            text="For the RPN's training each anchor gets a label by the object that it overlaps most: "
            f"positive from an IoU of {settings.rpn_fg_iou_thresh:g}, negative under {settings.rpn_bg_iou_thresh:g}. "
            "Which of these anchors are positive?",
            form=ChooseSome(tuple(alternatives)),
            right=right,
            wrong=_wrong_labels(letter_of, right),
            hints=(
                "There is a second rule: no object may be left without an anchor.",
                "The anchors that overlap an object most are positive for it, whatever their IoU.",
            ),
            why="Positive by the threshold, or as the best there is for its object; "
            "what lies between the thresholds is ignored.",
            code=f"""
matches = trace.match(torch.tensor({boxes.tolist()}))
answer = [letter for letter, anchor in {anchors}.items() if matches.labels[anchor] == 1]
""",
            marks=tuple(Mark(tuple(boxes[of].tolist()), names[of]) for of in objects),
            screen=_screen(scene, there),
        ),
    )


def _drawn(scene: Scene, rng: Random) -> Scene:
    """The scene with a student's own batch and threshold."""
    start = max(scene.settings.rpn_bg_iou_thresh, rng.choice(POSITIVE_FROM))
    return scene.at(rpn_batch_size_per_image=rng.choice(BATCHES), rpn_fg_iou_thresh=start)


def _screen(scene: Scene, there: Scene) -> Screen:
    return Screen(options={"training.tab": "sampling"}, settings=scene.changes(there))


def _count(there: Scene, matches: AnchorMatches, most: int, screen: Screen) -> Question:
    s, boxes, names = there.settings, there.objects.boxes_in_image, there.objects.names
    sample = there.trace.sample(matches)
    over, best = (int((matches.reason == r).sum()) for r in (MatchReason.POSITIVE, MatchReason.POSITIVE_BEST_MATCH))
    drawn, batch = len(sample.positive), s.rpn_batch_size_per_image
    limit = f"at most {most} of them positive"
    return Question(
        name="drawn",
        text=f"Objects on this picture: {len(names)}; anchors: {len(matches.labels):,}. Those with an IoU of "
        f"{s.rpn_fg_iou_thresh:g} or more with an object: {over:,}. Those with less, but more than any other has with "
        f"that object: {best:,}. A training step draws {batch} anchors, {limit}. How many of those drawn are "
        "positive?",
        form=GiveNumbers((Field("how many", "positives"),)),
        right=[drawn],
        wrong=(
            Wrong(
                [most],
                "filled up the positives' share",
                f"{most} is a limit: where fewer are there, all of them are taken, and negatives fill the rest.",
            ),
            Wrong(
                [over],
                "forgot the best match of each object",
                "The anchors that overlap an object most are positive too, however little that is.",
            ),
            Wrong(
                [over + best],
                "took every positive",
                f"So many are positive, but at most {most} are drawn; which ones, is chance.",
            ),
            Wrong([best], "left out those over the threshold", "Those over the threshold are positive first of all."),
            Wrong(
                [len(names)],
                "took one anchor for each object",
                "An object can have several positive anchors, over the threshold or as much alike.",
            ),
            Wrong([batch], "took all that are drawn for positives", f"{batch} are drawn, {limit}."),
            Wrong([batch - drawn], "counted the negatives", "So many negatives are drawn; positives were asked for."),
        ),
        hints=(
            "Both kinds are positive. Are there more of them than the share allows, or fewer?",
            f"{over:,} and {best:,} are positive, and {most} is the most that is drawn of them.",
        ),
        why=f"{over + best:,} anchors are positive and {most} may be drawn: {drawn} are, "
        f"with {len(sample.negative)} negatives.",
        code=f"""
matches = trace.match(torch.tensor({boxes.tolist()}))
answer = [len(trace.sample(matches).positive)]
""",
        screen=screen,
    )


def _why_few(rng: Random, positives: int, there: Scene, screen: Screen) -> Question:
    settings = there.settings
    most = int(settings.rpn_batch_size_per_image * settings.rpn_positive_fraction)
    told = {
        "few": "Hardly any anchor overlaps an object that much",
        "chance": "The anchors are drawn by chance, and it fell so",
        "balance": "No more positives are drawn than there are objects",
        "negatives": "The negatives are drawn first and take the places",
    }
    return Question(
        name="why",
        text=f"{most} positives could be drawn, but {positives} are. Why no more?",
        form=ChooseOne(tuple(Alternative(key, told[key]) for key in rng.sample(list(told), len(told)))),
        right="few",
        wrong=(
            Wrong(
                "chance",
                "took it for chance",
                "Chance decides which are drawn where there are too many; here every positive is taken.",
            ),
            Wrong(
                "balance",
                "took one anchor for each object",
                "There is no such rule: every anchor over the threshold counts, and as many as tie for best.",
            ),
            Wrong(
                "negatives",
                "thought that negatives crowd them out",
                "It is the other way round: positives are drawn first, and negatives fill what is left.",
            ),
        ),
        hints=(
            "How many anchors are positive at all?",
            f"Of {len(there.trace.anchors):,} anchors {positives} are positive.",
        ),
        why=f"Anchors lie on a grid in few shapes, so an IoU of {settings.rpn_fg_iou_thresh:g} is rare: "
        f"{positives} of {len(there.trace.anchors):,} are positive, and negatives fill the batch.",
        screen=screen,
    )


def _the_rest(positives: int, most: int, screen: Screen) -> Question:
    told = {
        "unused": "Nothing: the RPN does not learn from them in this step",
        "negative": "They are drawn as negatives",
        "kept": "They wait, and are drawn in the next step",
        "shared": "They enter the loss with less weight",
    }
    return Question(
        name="rest",
        text=f"{positives} anchors are positive, and {most} of them are drawn. What becomes of the other "
        f"{positives - most} in this step?",
        form=ChooseOne(tuple(Alternative(key, words) for key, words in told.items())),
        right="unused",
        wrong=(
            Wrong(
                "negative",
                "took positives for negatives",
                "That would teach the RPN that an object is none; negatives are drawn among the negatives.",
            ),
            Wrong("kept", "thought that they wait", "Every step draws anew by chance; nothing is kept for the next."),
            Wrong("shared", "thought that all are weighed", "What is not drawn has no part in the loss at all."),
        ),
        hints=("The loss is a mean over the anchors that are drawn.", "An anchor that is not drawn adds nothing."),
        why="The loss is of the drawn anchors alone; another step draws others.",
        screen=screen,
    )


def _one_of_each(matches: AnchorMatches, rng: Random, low: float, high: float) -> dict[MatchReason, int]:
    """An anchor of each label, as far as there are some that are clearly of it."""
    iou, reason = matches.iou, matches.reason
    clear = ((iou - low).abs() > CLEAR) & ((iou - high).abs() > CLEAR) & (iou > 0)
    own = (iou == matches.best_iou_of_object[matches.object.clamp(min=0)]) & (iou > CLEAR)
    among: dict[MatchReason, Tensor] = {
        MatchReason.POSITIVE: (reason == MatchReason.POSITIVE) & clear,
        MatchReason.POSITIVE_BEST_MATCH: (reason == MatchReason.POSITIVE_BEST_MATCH) & own & clear,
        MatchReason.IGNORED: (reason == MatchReason.IGNORED) & clear,
        MatchReason.NEGATIVE: (reason == MatchReason.NEGATIVE) & clear & (iou > low / 2),
    }
    found = {kind: rows.nonzero()[:, 0].tolist() for kind, rows in among.items()}
    return {kind: rng.choice(rows) for kind, rows in found.items() if rows}


def _wrong_labels(letter_of: dict[MatchReason, str], right: list[str]) -> tuple[Wrong, ...]:
    told = (
        (
            MatchReason.POSITIVE_BEST_MATCH,
            "forgot the best match of each object",
            "The anchor that overlaps an object most is positive too, or nothing would learn to find that object.",
        ),
        (
            MatchReason.IGNORED,
            "took an ignored anchor for positive",
            "Between the two thresholds an anchor is ignored: it is neither a good example nor a clear background.",
        ),
        (
            MatchReason.NEGATIVE,
            "took a negative for positive",
            "Under the lower threshold an anchor is background, though it touches an object.",
        ),
        (MatchReason.POSITIVE, "left out one over the threshold", "From the upper threshold on every one is positive."),
    )
    return tuple(
        wrong
        for kind, reason, sentence in told
        if (letter := letter_of.get(kind))
        for wrong in (missed if letter in right else added)(right, letter, reason, sentence)
    )


LESSON = Lesson(
    number=11,
    name="labels",
    title="Who gets a label",
    goal="Say which anchors are positive, how many of them a training step draws, and why so few.",
    page="training",
    ask=ask,
    transfer=ask_labels,
    needs=(needs.ground_truth,),
)
