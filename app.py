"""The app: `streamlit run app.py`. Warms the detector up before the first visitor comes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.models.registry import ModelError, load_detector
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.paths import FRAME
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import components, images, library
from frcnn_viz.ui.at_once import send_at_once
from frcnn_viz.ui.classroom import card, login, news
from frcnn_viz.ui.classroom.door import Door, is_class, open_door
from frcnn_viz.ui.classroom.upkeep import keep_clean
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.hosts import OwnHosts
from frcnn_viz.ui.overlap import mend_overlaps
from frcnn_viz.ui.quiet import collect_when_quiet
from frcnn_viz.ui.running import words


@asynccontextmanager
async def warm_up(_: object) -> AsyncIterator[None]:
    """Load the detector and run it once, then spare its objects all collections."""
    send_at_once()  # before the first connection
    mend_overlaps()
    image = from_pil(sample_scene("first-street").image, "warm-up")
    with suppress(ModelError, WeightsError):  # the page says it
        Trace(load_detector().model, image.tensor).detections  # noqa: B018
    gc.collect()
    gc.freeze()
    tasks = [asyncio.create_task(collect_when_quiet())]
    if is_class():
        tasks.append(asyncio.create_task(keep_clean()))
    yield
    for task in tasks:
        task.cancel()


async def health(_: Request) -> PlainTextResponse:
    """Say that the server answers, and which it is."""
    return PlainTextResponse(words())


middleware = [Middleware(OwnHosts)]
routes = [Route("/health", health), *components.routes(), *images.routes(), *library.routes()]
if is_class():
    open_door()
    middleware.append(Middleware(Door))
    routes += [*login.routes(), *news.routes(), *card.routes()]
app = st.App(
    FRAME,
    lifespan=warm_up,
    routes=routes,
    middleware=middleware,
    on_script_error=show_error,
)
