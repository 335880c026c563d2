"""Adding images and annotations on the page: chosen files, a folder or a zip, with progress, a stop and a summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.images import SUFFIXES, ImageError
from frcnn_viz.data.importing import import_source
from frcnn_viz.data.room import FullError, left_out, own_room
from frcnn_viz.data.sources import ANNOTATION_SUFFIXES, Source, from_bytes, suffix
from frcnn_viz.data.video_facts import SUFFIXES as VIDEO_SUFFIXES
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

MOST_MB = 1000
VIDEOS = tuple(ending for ending in VIDEO_SUFFIXES if ending not in SUFFIXES)
"""A GIF among a set's pictures is one of them."""
PROBLEMS_SHOWN = 12


def import_form() -> None:
    """Two choosers and a button."""
    types = [*SUFFIXES, *VIDEOS, *ANNOTATION_SUFFIXES, "zip"]
    files, folder = st.columns(2)
    counted = view.kept("import", dict)
    round_ = counted.get("round", 0)  # another key empties the choosers
    chosen = files.file_uploader(
        word("images.files").term,
        types,
        accept_multiple_files=True,
        key=f"import_files_{round_}",
        max_upload_size=own_room().upload_mb(MOST_MB),
    )
    chosen += folder.file_uploader(
        word("images.folder").term,
        types,
        accept_multiple_files="directory",
        key=f"import_folder_{round_}",
        max_upload_size=own_room().upload_mb(MOST_MB),
    )
    st.caption(
        "Pictures, and ground truth as Pascal VOC, COCO, YOLO or CVAT for images 1.1, told apart by content. "
        "Annotations alone go to the pictures of the same name that are here already. Videos become clips."
    )
    if chosen and st.button(f"Add {len(chosen):,} file{'s' * (len(chosen) > 1)}", type="primary", key="import"):
        _add(chosen, counted)
        counted["round"] = round_ + 1
        st.rerun()


def _add(chosen: Sequence[Any], counted: dict[str, Any]) -> None:
    report: dict[str, Any] = {"added": 0, "known": 0, "problems": [], "full": []}
    counted["report"] = report  # a stop leaves what is in it

    def told(done: int, total: int) -> bool:
        report["looked"] = f"{done:,} of {total:,} images were looked at."
        if done % 5 == 0 or done == total:
            tell(done, total, f"{done:,} of {total:,} images")
        return True

    report["looked"] = "no image was looked at yet."
    with progress("import", "What was added until then stays.") as tell:
        tell(0, 1, "Reading ...")
        try:
            videos = [file for file in chosen if suffix(file.name) in VIDEOS]
            report["clips"] = _add_clips(videos, report)
            for source in _sources([file for file in chosen if suffix(file.name) not in VIDEOS]):
                dataset = read_dataset(source)
                done = import_source(library.workspace(), source, dataset, told)
                report["added"] += len(done.added)
                report["known"] += len(done.known)
                report["problems"] += done.problems
                report["full"] += done.full
        except (DataError, ImageError) as error:
            report["problems"].append(str(error))
    report.pop("looked", None)


def _add_clips(files: Sequence[Any], report: dict[str, Any]) -> int:
    """Keep videos, and look at the last; how many could be kept. What is wrong with the others goes to the report."""
    kept, full = 0, []
    for file in files:
        try:
            session.choose_image(library.add(file.getvalue(), file.name))
            kept += 1
        except FullError as error:
            full.append(error)
        except DataError as error:
            report["problems"].append(str(error))
    report["full"] += left_out(full, "clip")
    return kept


def _sources(chosen: Sequence[Any]) -> list[Source]:
    """Each zip by itself, and all other files together."""
    contents: dict[str, bytes] = {}
    zips = []
    for file in chosen:
        if file.name.lower().endswith(".zip"):
            zips.append(from_bytes({file.name: file.getvalue()}))
        else:
            contents[file.name] = file.getvalue()
    return [*zips, *([from_bytes(contents)] if contents else [])]


def tell_import() -> None:
    """What the last import did, until it is dismissed."""
    report: dict[str, Any] | None = view.kept("import", dict).get("report")
    if report is None:
        return
    if report.get("looked"):
        st.warning(f"Stopped: {report['looked']} What was added until then is here.")
        _dismiss()
        return
    added = f"{report['added']:,} new image{'s' * (report['added'] != 1)}"
    known = f", {report['known']:,} that {'was' if report['known'] == 1 else 'were'} here already" * bool(
        report["known"]
    )
    problems = report["problems"]
    clips = f", {report['clips']:,} clip{'s' * (report['clips'] != 1)}" * bool(report.get("clips"))
    (st.warning if problems or report["full"] else st.success)(f"Added {added}{known}{clips}.")
    for sentence in report["full"]:
        st.warning(plain(sentence))
    if problems:
        more = len(problems) - PROBLEMS_SHOWN
        with st.expander(f"{len(problems):,} left out", expanded=True):
            for sentence in problems[:PROBLEMS_SHOWN]:
                st.text(sentence)
            if more > 0:
                st.caption(f"and {more:,} more")
    _dismiss()


def _dismiss() -> None:
    st.button(
        word("action.dismiss").term, key="import_told", on_click=view.kept("import", dict).pop, args=("report", None)
    )


def add_uploads(files: Sequence[Any]) -> None:
    """Keep uploaded pictures and videos, and look at the last; what cannot be used is told."""
    keys, full = [], []
    for file in files:
        try:
            keys.append(library.add(file.getvalue(), file.name))
        except FullError as error:
            full.append(error)
        except (ImageError, DataError) as error:
            view.tell(str(error))
    for sentence in left_out(full, "file"):
        view.tell(sentence)
    if keys and keys[-1] != view.now().image:
        session.choose_image(keys[-1])
