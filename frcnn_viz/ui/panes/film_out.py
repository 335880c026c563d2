"""A clip as files: its frames with boxes as a video, its examination as a table, its frames with ground truth."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import streamlit as st

from frcnn_viz.analysis.film_report import COLUMNS, film_rows, film_summary
from frcnn_viz.data.csv_rows import csv_bytes
from frcnn_viz.data.filming import write_video
from frcnn_viz.data.formats import FORMATS, zip_dataset
from frcnn_viz.figures.film import FILMED, filmed
from frcnn_viz.ui.controls import choice, number, segments
from frcnn_viz.ui.downloads import download
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.footage import Study, examined, footage_of, lead_to_clip
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

STAGE, TOP, FORMAT = Option("video.stage", FILMED[0]), Option("video.top", 100), Option("video.format", "coco")


def body(here: Session) -> None:
    """Three columns, one for each kind of file."""
    if here.clip is None:
        lead_to_clip()
        return
    films, tables, pictures = st.columns([6, 3, 4], gap="medium")
    with films:
        film_form(here)
    with tables:
        if study := examined(here, "film_out"):
            table_form(study)
    with pictures:
        dataset_form(here)


def film_form(here: Session) -> None:
    stage = segments(STAGE, "film_out.stage", {name: word(f"film_out.{name}").term for name in FILMED})
    top = number(TOP, "film_out.top", 1, 5_000) if stage == "proposals" else TOP.value
    told = word("film_out.make")
    if not st.button(told.term, key="film_make", help=told.hover, type="primary", icon=":material/movie:"):
        return
    footage, count = footage_of(here), here.clip.count
    try:
        with tempfile.TemporaryDirectory() as folder, progress("film_make", "Nothing is kept.") as tell:
            path = Path(folder) / "film.mp4"
            pictures = filmed(footage, stage, top, lambda done: tell(done, count, f"{done:,} of {count:,} frames"))
            write_video(path, pictures, here.clip.times)
            content = path.read_bytes()
    except ValueError as error:
        show_error(error)
        return
    st.video(content)
    st.download_button(word("film_out.save").term, content, f"{stage}.mp4", "video/mp4", on_click="ignore")


def table_form(study: Study) -> None:
    times = study.footage.clip.times

    table = lambda: csv_bytes(COLUMNS, film_rows(study.records, times))  # noqa: E731
    download(word("film_out.csv").term, table, "frames.csv", "text/csv", "film_csv")
    summary = lambda: json.dumps(film_summary(study.records), indent=2)  # noqa: E731
    download(word("film_out.json").term, summary, "gaps.json", "application/json", "film_json")


def dataset_form(here: Session) -> None:
    chosen = choice(FORMAT, "film_out.format", FORMATS)
    clip = here.clip
    make = lambda: zip_dataset(clip.dataset(), chosen, clip.picture)  # noqa: E731
    download(word("film_out.frames").term, make, f"frames-{chosen}.zip", "application/zip", "film_frames_zip")
