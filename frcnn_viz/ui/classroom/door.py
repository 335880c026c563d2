"""The door of a class: every request and every script run is one visitor's, known by a cookie, or nobody's.

The cookies are `HttpOnly` and `SameSite=Lax`, so that no script and no foreign page has them; they are in no link, and
nothing writes them to a log.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.scriptrunner import get_script_run_ctx

from frcnn_viz.classroom.rules import Rules, line_of, rules
from frcnn_viz.classroom.visitors import Visitors
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.tenant import Limits, Tenant, acting_as, default_folder, find_by
from frcnn_viz.ui.checkpoints import is_for_this_computer
from frcnn_viz.ui.classroom.sessions import SESSIONS, may_ask, noting_files, own_only
from frcnn_viz.ui.errors import show_error

COOKIE, TEACHER_COOKIE = "frcnn_viz", "frcnn_viz_teacher"
NOBODY = "this is done for no visitor of the class; open the app in a browser that keeps cookies."


@cache
def visitors() -> Visitors:
    """Those of this server.

    Raises:
        ValueError: it is none for a class.
    """
    held = rules()
    if held is None:
        raise ValueError("this server is not for a class; start it with --class.")
    return Visitors(default_folder(), held)


def is_class() -> bool:
    """Whether this server is for a class."""
    return rules() is not None


def is_teacher() -> bool:
    """Whether this script runs for the teacher of a class."""
    return is_class() and _is_teacher(visitors().rules, st.context.cookies.to_dict())


def tenant_of(cookies: dict[str, str]) -> Tenant:
    """Whose cookies these are.

    Raises:
        DataError: nobody's.
    """
    known = visitors()
    if _is_teacher(known.rules, cookies):
        limits = Limits(run_seconds=60 * known.rules.run_minutes)  # none but this: the class has its turns, too
        return Tenant(known.base, limits, opens_paths=is_for_this_computer(), line=line_of(known.base))
    return known.tenant(cookies.get(COOKIE, ""))


def _is_teacher(held: Rules, cookies: dict[str, str]) -> bool:
    return held.is_teacher(cookies.get(TEACHER_COOKIE, ""))


def _of_script() -> Tenant:
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        raise DataError(NOBODY)
    one = tenant_of(st.context.cookies.to_dict())
    SESSIONS.keep(context.session_id, one)
    return one


def open_door() -> None:
    """From now on, what a script does is done for the visitor whose browser runs it."""
    find_by(_of_script)


def turn_away_nobody() -> None:
    """End the script, with a sentence, where the browser brought no cookie of this class."""
    try:
        _of_script()
    except DataError as error:
        show_error(error)
        st.stop()


class Door:
    """Middleware: gives a browser that comes without one its secret, and acts for whoever asks.

    A secret is given with a page alone, not with pictures or checks of health. A request without one is nobody's: what
    needs a workspace is refused by `tenant`.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it in. What the scripts behind a WebSocket do, `_of_script` finds by the same cookies."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            one = tenant_of(HTTPConnection(scope).cookies)
            visitors().roll.note(one.folder.name)
        except DataError:
            one = None
        if scope["type"] == "websocket":
            await self._app(own_only(scope, one), receive, noting_files(send, one) if one else send)
            return
        if not may_ask(scope["path"], one):
            await PlainTextResponse("This is not yours, or no longer here.", 404)(scope, receive, send)
            return
        if one is None and _asks_for_page(scope):
            send = _with_cookie(send, visitors().issue(), is_secure(scope))
        with acting_as(one) if one else nullcontext():
            await self._app(scope, receive, send)


def is_secure(scope: Scope) -> bool:
    """Whether the browser came by HTTPS, as the connection or a proxy says; who forges that harms only themselves."""
    return "https" in (scope["scheme"], Headers(scope=scope).get("x-forwarded-proto", "").partition(",")[0].strip())


def _asks_for_page(scope: Scope) -> bool:
    """Whether a page of the app is asked for; who comes in as the teacher needs no workspace besides."""
    is_page = scope["method"] == "GET" and not scope["path"].startswith("/class/")
    return is_page and "text/html" in Headers(scope=scope).get("accept", "")


def _with_cookie(send: Send, secret: str, secure: bool) -> Send:
    seconds = 400 * 24 * 60 * 60  # browsers keep no cookie longer; the cleaning is what ends a workspace
    giver = Response()
    giver.set_cookie(COOKIE, secret, seconds, httponly=True, samesite="lax", secure=secure)

    async def with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.append("set-cookie", giver.headers["set-cookie"])
            headers["cache-control"] = "no-store"
        await send(message)

    return with_cookie
