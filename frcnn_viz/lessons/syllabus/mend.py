"""Lesson 14: the smallest change of a setting that finds a missed object, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from string import ascii_uppercase

from frcnn_viz.analysis.fixes import KNOBS, TRIED, Fix, Knob, fixes
from frcnn_viz.analysis.outcomes import judge_picture
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
    needs,
)
from frcnn_viz.lessons.misses import Miss, misses, truth_code
from frcnn_viz.lessons.subsets import added

QUICK = tuple(name for name, knob in KNOBS.items() if knob.name != "min_size")
"""Those that need no new run of the backbone."""
OTHERS = tuple(name for name in QUICK if name not in ("rpn_min_size", "rpn_score_thresh"))
"""Those that are not as loose as can be at most detectors' own settings."""
MOST_TRIED = 12
"""Misses that are looked at for one that can be mended without a new false alarm."""
MOST_OTHERS = 2
"""Settings of other stages that are offered."""


@dataclass(frozen=True)
class Change:
    """One setting turned, and what is counted then.

    Attributes:
        name, before, after: of the setting. finds: whether the object is found. alarms: how many more false alarms.
        kind: why it is offered: "fix", "short" of one, "far" past one, or "other", which acts elsewhere.
    """

    name: str
    before: float
    after: float
    finds: bool
    alarms: int
    kind: str

    @property
    def label(self) -> str:
        """For the student."""
        return f"{self.name} from {self.before:g} to {self.after:g}"


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """Which of some changes is the smallest that finds an object and adds no false alarm."""
    for miss in _some(scene, rng):
        changes = _changes(miss, rng)
        if len(changes) > 2 and changes[0].kind == "fix" and changes[0].alarms <= 0:
            return (_smallest(scene, miss, rng, changes),)
    raise CannotAsk("Nothing that is missed here can be found without a new false alarm; choose another picture.")


def ask_which(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: which of some changes find an object at all."""
    for miss in _some(scene, rng):
        changes = _changes(miss, rng)
        if len(changes) > 2 and changes[0].kind == "fix":
            return (_which(scene, miss, rng, changes),)
    raise CannotAsk("Nothing that is missed here can be mended by a setting; choose another picture.")


def _some(scene: Scene, rng: Random) -> Iterator[Miss]:
    found = misses(scene, rng, lambda finding: bool(set(TRIED.get(finding.verdict, ())) & set(QUICK)))
    for _, miss in zip(range(MOST_TRIED), found, strict=False):
        yield miss


def _changes(miss: Miss, rng: Random) -> list[Change]:
    """What can be offered: the fix itself first, half of it, twice as much, and settings of other stages.

    Empty where no fix follows from the numbers that are told.
    """
    there, verdict = miss.there, miss.finding.verdict
    (fix,) = fixes(
        lambda settings: replace(there, settings=settings).trace,
        there.settings,
        miss.object,
        verdict,
        there.truth,
        there.classes,
        [name for name in TRIED[verdict] if name in QUICK][:1],
    ) or (None,)
    if fix is None or not _is_told(fix, miss):
        return []
    way = fix.after - fix.before
    offered = [
        _counted(miss, fix.name, fix.after, "fix"),
        _counted(miss, fix.name, fix.before + way / 2, "short"),
        _counted(miss, fix.name, fix.after + way, "far"),
    ]
    others = [name for name in OTHERS if name not in TRIED[verdict]]
    for name in rng.sample(others, MOST_OTHERS):
        start = getattr(there.settings, name)
        offered.append(_counted(miss, name, start + KNOBS[name].direction * 0.5 * start, "other"))
    kept = [one for one in offered if one and one.finds == (one.kind in ("fix", "far"))]
    return list({one.label: one for one in reversed(kept)}.values())[::-1]  # near an end two may be the same value


def _is_told(fix: Fix, miss: Miss) -> bool:
    """Whether the number that the setting must reach stands in what is said of the miss, as exactly as it is needed."""
    step = 0.0 if isinstance(fix.after, int) else 1.5 * KNOBS[fix.name].step
    numbers = (float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", miss.finding.sentence))
    return any(abs(number - fix.after) <= step for number in numbers)


def _counted(miss: Miss, name: str, value: float, kind: str) -> Change | None:
    """A change, tried; None where it is none."""
    there, knob = miss.there, KNOBS[name]
    before = getattr(there.settings, name)
    after = _rounded(knob, value, before)
    if after == before:
        return None
    changed = there.at(**{name: after})
    found = changed.trace.detections
    outcomes = judge_picture(found.boxes_in_image, found.labels, there.truth, there.classes)
    alarms = int(outcomes.false_alarms.sum()) - int(miss.autopsy.outcomes.false_alarms.sum())
    return Change(name, before, after, bool(outcomes.found[miss.object]), alarms, kind)


def _rounded(knob: Knob, value: float, before: float) -> float:
    """A value as the setting takes it, not past the knob's end."""
    value = min(value, knob.end) if knob.direction > 0 else max(value, knob.end)
    return round(value) if isinstance(before, int) else round(value, 3)


def _lettered(changes: list[Change], rng: Random) -> dict[str, Change]:
    return dict(zip(ascii_uppercase, rng.sample(changes, len(changes)), strict=False))


def _alternatives(shown: dict[str, Change]) -> tuple[Alternative, ...]:
    return tuple(Alternative(letter, one.label) for letter, one in shown.items())


def _smallest(scene: Scene, miss: Miss, rng: Random, changes: list[Change]) -> Question:
    shown, best = _lettered(changes, rng), changes[0]
    letters = {one: letter for letter, one in shown.items()}
    alarms = int(miss.autopsy.outcomes.false_alarms.sum())
    return Question(
        name="smallest",
        text=f"The marked {miss.name} is missed. {_told(miss)} There {_alarms(alarms)}. "
        "Which is the smallest change that finds it and adds no false alarm?",
        form=ChooseOne(_alternatives(shown)),
        right=letters[best],
        wrong=tuple(Wrong(letters[one], *_why_not(one, miss)) for one in changes[1:]),
        hints=(
            "Which setting does the stage that lost it have, and with what number is it compared?",
            f"It is {best.name}; of its values take the nearest that is enough.",
        ),
        why=f"With {best.label} it is found, and there {_alarms(alarms + best.alarms)}; "
        "one step less does not find it.",
        code=_code(miss, shown, best)
        + f"""
good = [key for key in changes if counted[key] == (True, min(counted[key][1], {alarms}))]
answer = min(good, key=lambda key: abs(changes[key][1] - changes[key][2]) / abs(changes[key][1] or 1))
""",
        marks=(Mark(miss.box, miss.name),),
        screen=_screen(scene, miss, best),
    )


def _which(scene: Scene, miss: Miss, rng: Random, changes: list[Change]) -> Question:
    shown, best = _lettered(changes, rng), changes[0]
    right = [letter for letter, one in shown.items() if one.finds]
    of_kind = {kind: [letter for letter, one in shown.items() if one.kind == kind] for kind in ("short", "other")}
    return Question(
        name="which",
        text=f"The marked {miss.name} is missed. {_told(miss)} Which of these changes find it, each made alone?",
        form=ChooseSome(_alternatives(shown)),
        right=right,
        wrong=(
            *added(
                right,
                of_kind["other"],
                "turned a setting of another stage",
                "What the stage that lost it is not asked for changes nothing for this object.",
            ),
            *added(
                right,
                of_kind["short"],
                "turned it too little",
                "That is the right setting, but its value is still short of the number it is compared with.",
            ),
            Wrong(
                right[1:],
                "left out one that finds it",
                "Another that finds it is among them; more than one setting can.",
                lambda answer: not {*right} <= {*answer},
            ),
        ),
        hints=(
            "Which settings act at the stage that lost it, or give it other boxes to choose from?",
            f"{len(right)} of them find{'s' * (len(right) == 1)} it; {best.name} is the setting to look at first.",
        ),
        why="; ".join(one.label for one in changes if one.finds) + ": each was run, and so were the others.",
        code=_code(miss, shown, best)
        + """
answer = [key for key, (finds, _) in counted.items() if finds]
""",
        marks=(Mark(miss.box, miss.name),),
        screen=_screen(scene, miss, best),
    )


def _alarms(count: int) -> str:
    return f"{'is' if count == 1 else 'are'} {count} false alarm{'s' * (count != 1)}"


def _told(miss: Miss) -> str:
    """The verdict's sentence, as far as there is room for it."""
    return miss.finding.sentence if len(miss.finding.sentence) <= 300 else f"It was {miss.finding.verdict}."


def _screen(scene: Scene, miss: Miss, best: Change) -> Screen:
    mended = miss.there.at(**{best.name: best.after})
    return Screen(selected=(("object", miss.object),), settings=scene.changes(mended))


def _code(miss: Miss, changes: dict[str, Change], best: Change) -> str:
    """Every change, tried: whether it finds the object, and how many false alarms there are."""
    listed = {key: (one.name, one.before, one.after) for key, one in changes.items()}
    return f"""{truth_code(miss.there.truth, miss.autopsy.labels)}
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.trace import Trace

changes, memory = {listed}, Memory(max_bytes=2**28)
before = trace.settings.replace({best.name}={best.before!r})   # as it was, when the object was missed
counted = {{}}
for key, (name, _, value) in changes.items():
    found = Trace(model, image, before.replace(**{{name: value}}), memory=memory).detections
    pairs = judge(found.boxes_in_image, found.labels, boxes, labels, 0.5, crowd, difficult)
    counted[key] = bool(pairs.found[{miss.object}]), int(pairs.false_alarms.sum())
"""


def _why_not(change: Change, miss: Miss) -> tuple[str, str]:
    """Reason and sentence for a change that is not right."""
    if change.kind == "short":
        return "turned it too little", "It is the right setting, but with this value the object is still missed."
    if change.kind == "other":
        return (
            "turned a setting of another stage",
            f"The object was lost elsewhere, and is still missed with this: {miss.finding.verdict}.",
        )
    if change.alarms > 0:
        alarms = f"{change.alarms} more false alarm{'s' * (change.alarms != 1)}"
        return "paid with false alarms", f"It is found so, but with {alarms}."
    return "turned it further than needed", "It is found so, but a smaller change of the same setting does as well."


LESSON = Lesson(
    number=14,
    name="mend",
    title="Mend it",
    goal="Choose the smallest change that finds a missed object without a new false alarm.",
    page="autopsy",
    ask=ask,
    transfer=ask_which,
    needs=(needs.known_objects,),
)
