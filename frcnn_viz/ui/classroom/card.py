"""In the sidebar of a visitor of a class: how much is kept and how long, and how to take it away and bring it back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from frcnn_viz.classroom.bringing import Brought, bring
from frcnn_viz.classroom.bundle import FILE_NAME, take_away
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.room import own_room
from frcnn_viz.data.tenant import tenant
from frcnn_viz.ui import library, view
from frcnn_viz.ui.classroom.door import is_class, visitors
from frcnn_viz.ui.progress import progress
from frcnn_viz.words import word

PATH = "class/workspace.zip"
MOST_MB = 1_000
MOST_TOLD = 12
"""Sentences on what was not taken."""


def workspace_card() -> None:
    """Show it; nothing where there are no limits, as for the teacher."""
    room = own_room()
    if not is_class() or not room.has_limits:
        return
    held, most = room.held(), room.limits
    until = date.today() + timedelta(days=visitors().rules.days)
    line = (
        f"{held.images:,} of {most.images:,} pictures, {held.nbytes / 1e6:,.0f} of {most.nbytes / 1e6:,.0f} MB; "
        f"kept until {until.day}\N{NO-BREAK SPACE}{until:%B}"
    )
    with st.container(key="workspace_card"), st.popover(line, type="tertiary"):
        st.markdown(f"{word('class.kept').sentence} {word('class.key').sentence}")
        away = word("class.take_away")
        st.link_button(away.term, PATH, icon=":material/download:", help=away.sentence)
        _bring()


def routes() -> list[Route]:
    """The routes for `st.App` of a class's server."""
    return [Route(f"/{PATH}", _take_away)]


async def _take_away(_: Request) -> Response:
    try:
        pieces = take_away(tenant().folder)
    except DataError as error:  # of nobody
        return Response(str(error), status_code=403)
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


def _bring() -> None:
    counted, told = view.kept("bring", dict), word("class.bring")
    round_ = counted.get("round", 0)  # another key empties the chooser
    most = own_room().upload_mb(MOST_MB)
    file = st.file_uploader(told.term, "zip", key=f"bring_{round_}", max_upload_size=most, help=told.sentence)
    if file and st.button(word("class.bring_it").term, key="bring_it", type="primary"):
        counted["round"] = round_ + 1
        for sentence in _brought(file):
            view.tell(sentence)
        st.rerun()


def _brought(file: Any) -> list[str]:
    try:
        with progress("bring", word("class.bring_stop").sentence) as tell:
            done = bring(tenant(), library.workspace(), file, lambda at, total: tell(at, total, f"{at:,} of {total:,}"))
    except DataError as error:
        return [f"Nothing was brought back: {error}"]
    more = len(done.told) - MOST_TOLD
    return [_summary(done), *done.told[:MOST_TOLD], *([f"And {more:,} more were left out."] if more > 0 else [])]


def _summary(done: Brought) -> str:
    parts = [f"{count:,} {kind}{'s' * (count > 1)}" for kind, count in done.new.items() if count]
    parts += ["the answers to lessons"] * done.answers
    stay = f" {done.here:,} {'thing was' if done.here == 1 else 'things were'} here already." if done.here else ""
    return f"Brought back: {', '.join(parts) or 'nothing new'}.{stay}"
