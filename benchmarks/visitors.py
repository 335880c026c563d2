"""A class at work: visitors who move a slider of the canvas, by Streamlit's own protocol, without browsers."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass

import websockets
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX

from benchmarks.measure import Row
from benchmarks.served import served
from frcnn_viz.paths import APP, ROOT

VISITORS, SECONDS = 30, 40
PAUSE = (0.5, 1.5)
"""Seconds between a visitor's moves: 30 visitors who never wait make 30 moves a second."""
PAGE, SETTING = "proposals", "rpn_nms_thresh"
MOST_MS = 400


@dataclass
class Seen:
    """What the messages of a run told: the page's hash, the canvas's id and the fragment it stands in."""

    page: str = ""
    canvas: str = ""
    fragment: str = ""


def visitor_rows() -> list[Row]:
    """How long 30 visitors wait for a slider at their 95th percentile, on a server whose pages have all been opened."""
    with served(APP) as address:
        stream = address.replace("http", "ws") + "/_stcore/stream"
        waits = asyncio.run(_class(stream, [path.stem for path in sorted((ROOT / "pages").glob("*.py"))]))
    waits.sort()
    rate = len(waits) / SECONDS
    what = f"{VISITORS} visitors move the RPN's NMS slider {rate:.0f} times a second: p95, of {MOST_MS} ms"
    return [Row(what, "street-fpn", waits[int(0.95 * (len(waits) - 1))] * 1000, MOST_MS, 1.0)]


async def _class(stream: str, pages: list[str]) -> list[float]:
    for page in pages:
        async with _open(stream) as socket:
            await _run(socket, Seen(), page)
    generator = random.Random(0)
    stop = time.perf_counter() + SECONDS
    visits = [_visit(stream, stop, random.Random(generator.random())) for _ in range(VISITORS)]
    return [wait for waits in await asyncio.gather(*visits) for wait in waits]


async def _visit(stream: str, stop: float, generator: random.Random) -> list[float]:
    waits = []
    async with _open(stream) as socket:
        await asyncio.sleep(generator.uniform(0, 3))
        seen = Seen()
        await _run(socket, seen, PAGE)
        while time.perf_counter() < stop:
            await asyncio.sleep(generator.uniform(*PAUSE))
            message = BackMsg()
            message.rerun_script.page_script_hash = seen.page
            message.rerun_script.fragment_id = seen.fragment
            message.rerun_script.widget_states.widgets.add(id=seen.canvas, json_value="{}")
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{seen.canvas}__events"
            moved = {"event": "dials", "value": {"values": {SETTING: round(generator.uniform(0.3, 0.9), 2)}}}
            widget.json_trigger_value = json.dumps([moved])
            start = time.perf_counter()
            await socket.send(message.SerializeToString())
            await _until_done(socket, seen)
            waits.append(time.perf_counter() - start)
    return waits


def _open(stream: str) -> websockets.connect:
    return websockets.connect(stream, max_size=2**28, open_timeout=60, subprotocols=["streamlit"])


async def _run(socket: websockets.ClientConnection, seen: Seen, page: str) -> None:
    message = BackMsg()
    message.rerun_script.query_string = ""
    message.rerun_script.page_name = page
    await socket.send(message.SerializeToString())
    await _until_done(socket, seen)


async def _until_done(socket: websockets.ClientConnection, seen: Seen) -> None:
    """Read until the script has run.

    Raises:
        RuntimeError: the page failed.
    """
    while True:
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(socket.recv(), 60))
        kind = message.WhichOneof("type")
        if kind == "new_session":
            seen.page = message.new_session.page_script_hash
        elif kind == "script_finished":
            return
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "bidi_component" and element.bidi_component.id.endswith(f"{PAGE}_canvas"):
                seen.canvas, seen.fragment = element.bidi_component.id, message.delta.fragment_id
            elif element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR:
                raise RuntimeError(element.alert.body)
