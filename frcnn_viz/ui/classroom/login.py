"""How the teacher comes in, by the token that was printed when the server began, and goes out again."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from frcnn_viz.ui.classroom.door import TEACHER_COOKIE, is_secure, visitors
from frcnn_viz.words import word

MOST_BYTES = 1_000
"""Of what the form sends."""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>frcnn-viz</title><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<style>body {{ font: 1rem/1.5 system-ui; max-width: 30rem; margin: 15vh auto; padding: 0 1rem }}
input, button {{ font: inherit; padding: .4rem .6rem; width: 100%; box-sizing: border-box; margin-top: .5rem }}</style>
<h1>{title}</h1><p>{sentence}</p><p role="alert">{told}</p>
<form method="post"><input name="token" type="password" aria-label="{field}" placeholder="{field}" required autofocus>
<button>{button}</button></form>
<script>if (location.hash) {{ document.forms[0].token.value = location.hash.slice(1);
history.replaceState(null, "", location.pathname); document.forms[0].submit(); }}</script></html>"""


def routes() -> list[Route]:
    """The routes for `st.App` of a class's server."""
    return [Route("/class/teacher", _enter, methods=["GET", "POST"]), Route("/class/leave", _leave)]


async def _enter(request: Request) -> Response:
    if request.method == "GET":
        return _form()
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return _form(word("class.no_token").sentence, 413)
    token = parse_qs(body.decode("ascii", "replace")).get("token", [""])[0].strip()
    if not visitors().rules.is_teacher(token):
        return _form(word("class.no_token").sentence, 403)
    answer = RedirectResponse("/teacher", status_code=303)
    answer.set_cookie(TEACHER_COOKIE, token, httponly=True, samesite="lax", secure=is_secure(request.scope))
    return answer


async def _leave(_: Request) -> Response:
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(TEACHER_COOKIE, httponly=True, samesite="lax")
    return answer


def _form(told: str = "", status: int = 200) -> HTMLResponse:
    page, token, button = word("class.teacher"), word("class.token"), word("class.enter")
    text = PAGE.format(title=page.term, sentence=token.sentence, told=told, field=token.term, button=button.term)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})
