"""A detector run over images, each examined once for as long as picture, ground truth, weights and settings stay."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

import streamlit as st

from frcnn_viz.analysis.archive import key_of, open_archive
from frcnn_viz.analysis.examination import Examination, examine_image
from frcnn_viz.data.samples import SAMPLE_SETS, SAMPLES
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import library
from frcnn_viz.ui.memory import FOR_SURVEYS, MEMORY
from frcnn_viz.ui.progress import Tell, progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import Subject, of_items, of_samples
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

_DONE: OrderedDict[tuple[Path | None, str], Examination] = OrderedDict()
"""What was examined or read from disk in this process, by whose it is and its key; the longest unused first."""
_MOST = FOR_SURVEYS // 20_000
"""An examination of ten objects takes about 20 kB."""


def known(detector: Detector, settings: Settings, subjects: Sequence[Subject]) -> dict[str, Examination]:
    """What was examined as it is now, in this process or before, by the subject's key."""
    keys = {subject.key: _key(detector, settings, subject) for subject in subjects}
    found = {key: one for key in keys.values() if (one := _DONE.get(key))}
    kept = open_archive().get([key for whole in keys.values() if whole not in found for key in whole[1:]])
    found |= {whole: kept[whole[1]] for whole in keys.values() if whole[1] in kept}
    for key, one in found.items():
        _keep(key, one)
    return {name: found[key] for name, key in keys.items() if key in found}


def run(detector: Detector, settings: Settings, subjects: Sequence[Subject], tell: Tell) -> list[str]:
    """Examine what was not examined yet; returns sentences about images that cannot be; one alone raises ValueError.

    What is done is on disk at once: stopped within `tell`, it goes on from there the next time.
    """
    done = known(detector, settings, subjects)
    waiting = [subject for subject in subjects if subject.key not in done]
    memory = MEMORY if len(waiting) == 1 else None  # many would push out what the pages look at
    problems = []
    for count, subject in enumerate(waiting):
        tell(count, len(waiting), f"{count:,} of {len(waiting):,} images")
        try:
            image = subject.load()
            trace = Trace(detector.model, image.pixels, settings, memory=memory, image_key=image.sha256)
            one = examine_image(detector, trace, subject.truth)
        except ValueError as error:  # unreadable, or nothing for this detector
            if len(subjects) == 1:
                raise
            problems.append(str(error))
            continue
        key = _key(detector, settings, subject)
        open_archive().put(key[1], one)
        _keep(key, one)
    return problems


def examined(here: Session, subjects: Sequence[Subject], key: str) -> dict[str, Examination]:
    """Their examinations at the present settings: one image is examined at once, many when asked."""
    return examined_by([(here.detector, here.settings)], subjects, key)[0]


def examined_by(
    sides: Sequence[tuple[Detector, Settings]], subjects: Sequence[Subject], key: str
) -> list[dict[str, Examination]]:
    """The same for each of some detectors and settings, which are all asked for at once."""
    done = [known(*side, subjects) for side in sides]
    waiting = [len(subjects) - len(one) for one in done]
    if not any(waiting):
        return done
    asked = max(waiting) > 1
    place = st.empty()
    more = {"key": f"{key}_run", "type": "primary", "help": word("action.examine").hover}
    if asked and not place.button(f"Examine {max(waiting):,} images", **more):
        told = " and ".join(f"{len(one):,} of {len(subjects):,}" for one in done)
        st.caption(f"{told} images are examined at these settings.")
        return done
    place.empty()
    with progress(key) if asked else nullcontext(lambda *_: None) as tell:
        problems = [sentence for side in sides for sentence in run(*side, subjects, tell)]
    for sentence in dict.fromkeys(problems):
        st.warning(plain(sentence))
    return [known(*side, subjects) for side in sides]


def where_missed(here: Session, tell: Tell) -> str | None:
    """Another image on which an object is missed at the present settings: one that was examined, else a sample.

    The samples whose classes the detector knows are examined one by one until there is one; None where there is none.
    """
    samples = [subject for set in SAMPLE_SETS for subject in of_samples(set)]
    of_its_kind = [subject for subject in samples if {*subject.truth.names} & {*here.detector.classes}]
    looked = [*of_items(library.items()), *of_items(library.class_items()), *of_its_kind]
    done = known(here.detector, here.settings, looked)
    others = [subject for subject in looked if subject.key != here.view.image]
    if found := next((one.key for one in others if one.key in done and done[one.key].missed), None):
        return found
    waiting = [subject for subject in others if subject.key in SAMPLES and subject.key not in done]
    for count, subject in enumerate(waiting):
        tell(count, len(waiting), f"{count:,} of {len(waiting):,} samples looked through")
        with suppress(ValueError):  # it cannot be run at these settings
            run(here.detector, here.settings, [subject], lambda *_: None)
            if known(here.detector, here.settings, [subject])[subject.key].missed:
                return subject.key
    return None


def _key(detector: Detector, settings: Settings, subject: Subject) -> tuple[Path | None, str]:
    """Whose an examination is, and its key in the archive."""
    return library.holder_of(detector, subject.key), key_of(detector, settings, subject.key, subject.truth)


def _keep(key: tuple[Path | None, str], one: Examination) -> None:
    _DONE.pop(key, None)  # to the end
    _DONE[key] = one
    while len(_DONE) > _MOST:
        _DONE.popitem(last=False)
