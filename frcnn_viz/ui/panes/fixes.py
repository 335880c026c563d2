"""What would mend a miss: every setting that could, really tried, with its price."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.fixes import TRIED, Fix, fixes
from frcnn_viz.analysis.verdicts import Finding
from frcnn_viz.figures.autopsy import fix_rows, name_of
from frcnn_viz.ui import session, survey, view
from frcnn_viz.ui.panes.verdict import chosen_object, examined_here
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import chosen_subjects
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word


def body(here: Session) -> None:
    """The smallest changes of settings that recover the object in question."""
    examined = examined_here(here)
    object_ = chosen_object(examined)
    if object_ is not None:
        finding, name = examined.findings[object_], plain(here.ground_truth.names[object_])
        st.markdown(f"**Object {object_}: {name}, {name_of(finding.verdict)}.** {plain(finding.sentence)}")
    if object_ is None or not finding.missed:
        st.info("Choose a missed object on the picture; here settings that recover it are looked for.")
        return
    if finding.verdict not in TRIED:
        st.caption("No setting of the detector mends this; training would.")
        return
    told = tried(here, finding, object_)
    if told is None:
        return
    if not told:
        st.caption("No single setting recovers it, within the range that was tried; other anchors or training would.")
        return
    explained_table(fix_rows(told))
    st.caption("Each was tried: with it the object is found, one step less does not do.")
    with st.container(horizontal=True):
        for number, fix in enumerate(told):
            changes = fix.settings.changes(here.settings)
            st.button(
                f"Apply {fix.name} {fix.after:g}",
                key=f"apply_fix_{number}",
                on_click=session.change_settings,
                kwargs={name: getattr(fix.settings, name) for name in changes},
                help=word("fix.apply").hover,
            )
    show_price(here, told[0])


def tried(here: Session, finding: Finding, object_: int) -> list[Fix] | None:
    """What was found to recover it, once that was asked for; it is kept while nothing changes."""
    truth, asked = here.ground_truth, view.kept("fixes", dict)
    key = (here.detector.fingerprint, here.image.sha256, here.settings, object_, truth)
    if key not in asked:
        words = word("fix.try")
        if not st.button(words.term, key="try_fixes", help=words.hover, type="primary"):
            return None
        asked.clear()
        with progress("fixes", "Nothing is changed by it.") as tell:
            asked[key] = fixes(
                here.trace_with, here.settings, object_, finding.verdict, truth, here.detector.classes, progress=tell
            )
    return asked[key]


def show_price(here: Session, fix: Fix) -> None:
    """What the cheapest change costs on the set of images, when asked."""
    subjects = chosen_subjects(here)
    if len(subjects) < 2 or not st.button(
        f"Price of the first on the {len(subjects):,} images of the set", key="price", help=word("fix.price").hover
    ):
        return
    totals = []
    with progress("price") as tell:
        for settings in (here.settings, fix.settings):
            survey.run(here.detector, settings, subjects, tell)
            done = survey.known(here.detector, settings, subjects).values()
            totals.append((sum(one.missed for one in done), sum(len(one.alarms) for one in done)))
    (missed, alarms), (missed_then, alarms_then) = totals
    st.markdown(
        f"With {fix.name} {fix.after:g} on all of them: misses {missed:,} → {missed_then:,}, "
        f"false alarms {alarms:,} → {alarms_then:,}."
    )
