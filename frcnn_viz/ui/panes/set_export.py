"""The whole set as a file to take away."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from frcnn_viz.data.annotations import AnnotatedImage, DataError
from frcnn_viz.data.formats import FORMATS, zip_dataset
from frcnn_viz.data.workspace import Item
from frcnn_viz.ui import library
from frcnn_viz.ui.downloads import download
from frcnn_viz.words import word


def take_away(items: list[Item]) -> None:
    workspace = library.workspace()
    format_, pictures, button = st.columns([2, 2, 3], vertical_alignment="bottom")
    how, too = word("images.format"), word("images.with_pictures")
    wanted = format_.selectbox(how.term, list(FORMATS), format_func=FORMATS.get, key="export_format", help=how.hover)
    with_pictures = pictures.checkbox(too.term, key="export_pictures", help=too.hover)
    if wanted == "yolo":
        st.caption("YOLO text holds no flags: difficult, truncated and crowd are not written.")

    def picture(image: AnnotatedImage) -> bytes | None:
        with suppress(DataError):  # which is told above
            return workspace.picture(image) if with_pictures else None

    with button:
        download(
            f"Pack {len(items):,} images' ground truth",
            lambda: zip_dataset(workspace.dataset(), wanted, picture),
            f"frcnn-viz-{wanted}.zip",
            "application/zip",
            "export",
        )
