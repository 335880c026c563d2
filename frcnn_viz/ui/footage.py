"""The clip in view, examined frame by frame: when asked, with progress, kept for as long as nothing changes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import streamlit as st

from frcnn_viz.analysis.flicker import Gap, gaps
from frcnn_viz.analysis.footage import Footage, Wanted
from frcnn_viz.analysis.sightings import FrameRecord
from frcnn_viz.analysis.sums import strange_classes
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import library, session
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

MOST = 8
"""Clips whose records are held; those of 3,000 frames are some 60 MB."""
_HELD: OrderedDict[tuple, Study] = OrderedDict()


@dataclass(frozen=True, eq=False)
class Study:
    """A clip whose frames are all examined.

    Attributes:
        footage: the clip and the detector. wanted: what is to be found in each frame.
        by_truth: whether ground truth says so; else the detector's own tracks.
        records: of each frame, in order. gaps: in which objects are lost.
        strange: a sentence on classes that the detector does not know; empty where it knows all.
    """

    footage: Footage
    wanted: list[Wanted]
    by_truth: bool
    records: list[FrameRecord]
    gaps: list[Gap]
    strange: str

    @classmethod
    def of(cls, footage: Footage) -> Study | None:
        """None where not all frames are examined."""
        wanted, by_truth = footage.wanted()
        known = footage.known(wanted)
        if not wanted or len(known) < len(wanted):
            return None
        records = [known[frame] for frame in range(len(wanted))]
        strange = strange_classes((one.truth for one in wanted), footage.detector.classes)
        return cls(footage, wanted, by_truth, records, gaps(records), strange)


def footage_of(here: Session) -> Footage:
    """The clip in view, through the detector in view."""
    clip = here.clip
    return Footage(clip, here.detector, here.settings, lambda frame: library.picture(clip.key(frame)).pixels)


def held(here: Session) -> Study | None:
    """The study of the clip in view, where all its frames are examined as it is now."""
    clip, detector = here.clip, here.detector
    holder = library.holder_of(detector, here.view.image)
    key = (holder, detector.name, detector.fingerprint, here.settings, clip.name, library.drawn_on(clip))
    study = _HELD.pop(key, None) or Study.of(footage_of(here))  # in one step: other sessions take and drop, too
    if study is not None:
        _HELD[key] = study
        while len(_HELD) > MOST:
            _HELD.popitem(last=False)
    return study


def trace_of(here: Session, frame: int) -> Trace:
    """Of a frame of the clip in view, at the present settings; shared with the pages that open on that frame."""
    image = library.picture(here.clip.key(frame))
    return Trace(here.detector.model, image.pixels, here.settings, memory=MEMORY, image_key=image.sha256)


def examined(here: Session, key: str) -> Study | None:
    """The study of the clip in view; a button where there is none yet, or where another picture is in view."""
    if here.clip is None:
        lead_to_clip()
        return None
    study = held(here) or _examine(here, key)
    if study and study.strange:
        st.warning(plain(study.strange))
    return study


def _examine(here: Session, key: str) -> Study | None:
    told, place = word("film.examine"), st.empty()
    label = f"{told.term} ({here.clip.count:,})"
    with place.container():
        asked = st.button(label, key=f"{key}_run", type="primary")
        st.caption(told.sentence)
    if not asked:
        return None
    place.empty()
    try:
        with progress(key) as tell:
            footage_of(here).examine(lambda done, total: tell(done, total, f"{done:,} of {total:,} frames"))
    except ValueError as error:
        show_error(error)
        return None
    return held(here)


def lead_to_clip() -> None:
    """Where the picture in view is no clip's frame: which clips there are."""
    st.info(word("film.none").sentence)
    with st.container(horizontal=True):
        for key, title in library.clips().items():
            st.button(
                title, key=f"to_{key}", icon=":material/movie:", on_click=session.choose_image, args=(f"{key}@0",)
            )


def page_buttons(study: Study, frame: int, identity: str, key: str) -> None:
    """Ways on from a frame of an object."""
    identities = study.wanted[frame].identities
    object_ = identities.index(identity) if study.by_truth and identity in identities else None
    with st.container(horizontal=True):
        for page in ("autopsy", "proposals"):
            told = word(f"page.{page}")
            args = (study.footage.clip.key(frame), page, object_)
            st.button(told.term, key=f"{key}_{page}", help=told.sentence, on_click=session.look_at, args=args)
