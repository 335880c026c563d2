"""What is wrong with the ground truth of a set, and its statistics."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from frcnn_viz.data import homes
from frcnn_viz.data.annotations import AnnotatedImage, Dataset
from frcnn_viz.data.checks import Finding, Kind, check, mend_dataset
from frcnn_viz.data.samples import SAMPLE_SETS, sample_picture, samples_of
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.changes import attempt
from frcnn_viz.ui.panes.statistics import show_statistics
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.subjects import SET_TITLES
from frcnn_viz.ui.tables import explained_table

SHOWN = 300


def samples(set: str) -> Dataset:
    images = []
    for name in samples_of(set):
        image, truth = sample_picture(name)
        height, width = image.size
        images.append(AnnotatedImage(image.name, truth.objects, width, height, source=image.name))
    return Dataset(tuple(images), ())


def of_class() -> Dataset:
    shared, keys = homes.shared(), {item.id for item in library.class_items()}
    whole = shared.dataset() if shared else Dataset((), ())
    return whole.with_images([image for image in whole.images if image.file in keys])


def mend(dataset: Dataset, findings: list[Finding]) -> None:
    workspace = library.workspace()
    mended = mend_dataset(dataset, findings, {})
    for before, after in zip(dataset.images, mended.images, strict=True):
        if before.objects != after.objects:
            workspace.save(str(before.file), after.objects)


def show_findings(dataset: Dataset, findings: list[Finding]) -> None:
    empty = sum(not image.objects for image in dataset.images)
    if empty:
        st.caption(f"{empty:,} of {len(dataset.images):,} images have no objects, which is allowed.")
    if not findings:
        st.success(f"Nothing is wrong with the ground truth of these {len(dataset.images):,} images.")
        return
    st.warning(f"{len(findings):,} finding{'s' * (len(findings) > 1)}. Nothing is changed unless you ask for it.")
    rows = [
        {
            "what": f.kind.value,
            "image": f.image,
            "object": f.object,
            "value": f.value,
            "mend": f.mend.value if f.mend else "",
            "in words": f.sentence,
        }
        for f in findings[:SHOWN]
    ]
    event = explained_table(rows, on_select="rerun", selection_mode="multi-row", key=f"findings_{len(findings)}")
    chosen = [findings[row] for row in event.selection.rows if row < len(findings)]
    one, some, *groups = st.columns(2 + len({f.kind for f in findings if f.mend}))

    def show_on_image() -> None:
        session.choose_image(next(str(image.file) for image in dataset.images if image.name == chosen[0].image))
        view.open_tab("images", "draw")

    shown = bool(chosen and chosen[0].image)
    one.button("Show on the image", key="show_finding", disabled=not shown, on_click=show_on_image)
    mendable = [f for f in chosen if f.mend]
    words = f"Mend the {len(mendable)} chosen" if mendable else "Mend the chosen"
    some.button(words, key="mend_chosen", disabled=not mendable, on_click=attempt, args=(mend, dataset, mendable))
    kinds = [kind for kind in Kind if any(f.kind is kind and f.mend for f in findings)]
    for column, kind in zip(groups, kinds, strict=True):
        of_kind = [f for f in findings if f.kind is kind and f.mend]
        says = "; ".join(sorted({f.mend.value for f in of_kind}))
        column.button(
            f"Mend all {len(of_kind)}: {kind.value}",
            key=f"mend_{kind.name}",
            on_click=attempt,
            args=(mend, dataset, of_kind),
            help=f"Mend: {says}.",
        )


def body(here: Session) -> None:
    """All images of the workspace, or the class's; samples where there are none, or those are the set in view."""
    if here.view.set == "class" and (drawn := of_class()).images:
        st.caption(f"Of the {SET_TITLES['class']}.")
        show_findings(drawn, [replace(finding, mend=None) for finding in check(drawn)])
        show_statistics(here, drawn)
        return
    if not library.items() or here.view.set in SAMPLE_SETS:
        chosen = here.view.set if here.view.set in SAMPLE_SETS else SAMPLE_SETS[0]
        st.caption(f"Of the {SET_TITLES[chosen]}.")
        drawn = samples(chosen)
        show_findings(drawn, check(drawn))
        show_statistics(here, drawn)
        return
    dataset = library.workspace().dataset()
    sizes = {image.name: (image.width, image.height) for image in dataset.images}
    show_findings(dataset, check(dataset, sizes))
    st.subheader("Statistics")
    show_statistics(here, dataset)
