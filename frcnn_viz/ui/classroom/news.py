"""The route that browsers of a class ask every few seconds: the number of what the teacher showed last."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from frcnn_viz.classroom.news import News
from frcnn_viz.classroom.news import latest as latest_of
from frcnn_viz.ui.classroom.door import visitors

URL = "class/news"


def latest() -> News | None:
    """What the teacher of this server's class showed last."""
    return latest_of(visitors().base)


def routes() -> list[Route]:
    """The route for `st.App` of a class's server; it tells nothing of anybody."""
    return [Route(f"/{URL}", _number)]


async def _number(_: Request) -> JSONResponse:
    one = latest()
    return JSONResponse({"number": one.number if one else 0}, headers={"Cache-Control": "no-store"})
