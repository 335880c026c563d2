"""Downloads of a stage's boxes, made only when asked for."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from frcnn_viz.analysis.export import BOX_STAGES, as_coco_results, as_csv, stage_boxes
from frcnn_viz.data.workspace import Item
from frcnn_viz.ui import library
from frcnn_viz.ui.downloads import download
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word

OF_PAGE = {"anchors": "anchors", "proposals": "candidates", "rois": "rois", "detections": "detections"}
"""What a page's code stage offers first."""


def export_form(here: Session, page_stage: str) -> None:
    """CSV and COCO results of any stage."""
    names = list(BOX_STAGES)
    chosen, csv_button, coco_button = st.columns([2, 1, 1], vertical_alignment="bottom")
    stage = chosen.selectbox(
        word("export.of").term,
        names,
        names.index(OF_PAGE.get(page_stage, "detections")),
        format_func=BOX_STAGES.get,
        key="export_of",
        help=word("export.of").hover,
    )
    stem = f"{here.image.name.rsplit('.', 1)[0]}-{here.detector.name}-{stage}"
    with csv_button:
        download(
            "CSV",
            lambda: as_csv(stage_boxes(here.trace, stage), here.detector.classes),
            f"{stem}.csv",
            "text/csv",
            "export_csv",
        )
    item = here.item if here.item and library.is_own(here.item.id) else None
    image_id, category_ids = coco_ids(item, here.detector.classes)
    with coco_button:
        download(
            "COCO results",
            lambda: as_coco_results(stage_boxes(here.trace, stage), image_id, category_ids),
            f"{stem}.json",
            "application/json",
            "export_coco",
        )
    st.caption(
        f"Boxes in pixels of the image, at the present settings. In COCO results the image is {image_id}, and classes "
        + ("are numbered as in your images' COCO export." if item else "have the detector's labels.")
        + (" Detections have their masks there." if here.detector.model.roi_heads.has_mask() else "")
    )


def coco_ids(item: Item | None, classes: Sequence[str]) -> tuple[int, dict[int, int]]:
    """An image's id and each label's category, as the workspace's COCO export numbers them."""
    if item is None:
        return 1, {label: label for label in range(1, len(classes))}
    workspace = library.workspace()
    places = {name: place for place, name in enumerate(workspace.classes, start=1)}
    labels = {label: places[name] for label, name in enumerate(classes) if name in places}
    return workspace.ids.index(item.id) + 1, labels
