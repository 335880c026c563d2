"""Components whose script a browser fetches once; Streamlit by itself sends it with each of their messages."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_modules: dict[str, str] = {}
_routed = False


def routes() -> list[Route]:
    """The route for `st.App`; without it every script travels in the messages."""
    global _routed
    _routed = True
    return [Route("/module/{digest}.js", _serve)]


def component(name: str, *, html: str, js: str, css: str = "") -> Any:
    """Declare a component: what `st.components.v2.component` returns.

    Args:
        name: without the program's.
        html: where it begins.
        js: an ES module whose default export mounts it.
        css: within it.
    """
    digest = hashlib.sha256(js.encode()).hexdigest()
    if _routed:
        _modules[digest] = js
        js = (
            f'const {{ default: show }} = await import(new URL("module/{digest}.js", document.baseURI));\n'
            "export default show;\n"
        )
    return st.components.v2.component(f"frcnn_viz_{name}", html=html, css=css, js=js)


async def _serve(request: Request) -> Response:
    module = _modules.get(request.path_params["digest"])
    if module is None:
        return PlainTextResponse("There is no such script any more; reload the page.\n", status_code=404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(module, media_type="text/javascript", headers=headers)
