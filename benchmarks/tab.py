"""A page open in a visitor's browser, without the browser: its cookies, Streamlit's messages, uploads and pictures."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import time
import uuid
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import websockets
from google.protobuf.message import Message
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX

SECONDS = 60
"""Longer than that nothing may take."""
KEPT_SECONDS = 3
"""So long a connection that nothing is asked on is used again; the server closes it after 5."""
FETCHED = re.compile(rb"(?:img|array|thumbnail|frame)/[\w/]+\.(?:png|bin|jpg)")
"""What a page tells the browser to fetch, wherever in a message."""
VALUES = {
    "button": "trigger_value",
    "checkbox": "bool_value",
    "number_input": "double_value",
    "radio": "string_value",
    "selectbox": "string_value",
    "text_input": "string_value",
}
"""The field of a widget's state, by the widget's kind."""


class Refused(Exception):
    """The server answered otherwise than a browser would need."""


@dataclass(frozen=True)
class Widget:
    """One that is shown: what kind it is, all that its message says, and the fragment it stands in."""

    kind: str
    told: Message
    fragment: str


@dataclass
class Tab:
    """One visitor's open page.

    Attributes:
        address: of the server. cookies: of the browser.
        page: the hash of the one that is open. pages: the hash of each, by its path. session: this tab's name.
        link: what the address bar shows, with the page. widgets: what is shown, by the key that the app gave it.
        texts: of the last run, in order. errors: every exception and error box that was ever shown.
        later: the fragment that the page asks to run again, and after how many seconds.
        fetched: URLs of this server that the browser has.
    """

    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    session: str = ""
    link: dict[str, str] = field(default_factory=dict)
    widgets: dict[str, Widget] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    later: tuple[str, float] | None = None
    fetched: set[str] = field(default_factory=set)
    _wanted: set[str] = field(default_factory=set)

    async def __aenter__(self) -> Tab:
        """Open the app as a browser does: its HTML, which may bring a cookie, then the stream of messages."""
        self._stack = AsyncExitStack()
        self._files = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=SECONDS)
        self._stack.callback(self._files.close)
        self._used = 0.0
        await self.get("/", Accept="text/html")
        await self.get("/_stcore/health")
        await self.get("/_stcore/host-config")
        stream = self.address.replace("http", "ws", 1) + "/_stcore/stream"
        token = self.cookies.get("_streamlit_xsrf")
        opening = websockets.connect(
            stream,
            max_size=2**28,
            open_timeout=SECONDS,
            origin=self.address,
            subprotocols=["streamlit", *([token] if token else [])],
            additional_headers=self._with_cookies(),
            compression=None,
        )
        self._socket = await self._stack.enter_async_context(opening)
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close it."""
        await self._stack.aclose()

    async def open(self, page: str, query: str = "") -> None:
        """The first run of the script, by a link."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        await self._run(message)

    async def go(self, page: str, query: str = "", is_back: bool = False) -> None:
        """Another page by the navigation, or by the browser's Back to the link `query`."""
        message = BackMsg()
        message.rerun_script.page_script_hash = self.pages[page]
        message.rerun_script.query_string = query
        message.rerun_script.is_history_navigation = is_back
        await self._run(message)

    async def act(self, key: str, value: Any = True, **more: Any) -> None:
        """Turn the widget of this key to a value, or click it; `more` is turned with it, as a form's parts are."""
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.fragment_id = self.widgets[key].fragment
        for name, turned in {**more, key: value}.items():
            widget = self.widgets[name]
            state = message.rerun_script.widget_states.widgets.add(id=widget.told.id)
            _put(state, widget.kind, turned)
        await self._run(message)

    async def send(self, key: str, event: str, value: object) -> None:
        """An event of a component, such as the canvas."""
        widget = self.widgets[key]
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.fragment_id = widget.fragment
        states = message.rerun_script.widget_states.widgets
        states.add(id=widget.told.id, json_value="{}")
        trigger = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{widget.told.id}__events"
        states.add(id=trigger, json_trigger_value=json.dumps([{"event": event, "value": value}]))
        await self._run(message)

    async def run_later(self) -> None:
        """Run the fragment again that the page asked for, once its time has come."""
        fragment, seconds = self.later
        await asyncio.sleep(seconds)
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = True
        await self._run(message)

    async def upload(self, key: str, name: str, kind: str, content: bytes) -> None:
        """Choose a file in the uploader of this key."""
        message = BackMsg()
        message.file_urls_request.request_id = str(uuid.uuid4())
        message.file_urls_request.file_names.append(name)
        message.file_urls_request.session_id = self.session
        await self._socket.send(message.SerializeToString())
        while (answer := await self._next()).WhichOneof("type") != "file_urls_response":
            self._read(answer)
        (urls,) = answer.file_urls_response.file_urls
        await asyncio.to_thread(self._put_file, urls.upload_url, name, kind, content)
        widget = self.widgets[key]
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.fragment_id = widget.fragment
        state = message.rerun_script.widget_states.widgets.add(id=widget.told.id)
        state.file_uploader_state_value.uploaded_file_info.add(
            name=name, size=len(content), file_id=urls.file_id, file_urls=urls
        )
        await self._run(message)

    async def fetch(self) -> None:
        """What the page shows by URL and the browser does not have yet."""
        wanted, self._wanted = self._wanted - self.fetched, set()
        for url in sorted(wanted):
            await self.get(f"/{url}")
        self.fetched |= wanted

    async def get(self, path: str, **headers: str) -> bytes:
        """A file of the server.

        Raises:
            Refused: there is none.
        """
        return await asyncio.to_thread(self._request, "GET", path, None, headers)

    def _put_file(self, url: str, name: str, kind: str, content: bytes) -> None:
        parting = uuid.uuid4().hex
        head = f'--{parting}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}'
        body = head.encode() + b"\r\n\r\n" + content + f"\r\n--{parting}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={parting}"}
        if token := self.cookies.get("_streamlit_xsrf"):
            headers["X-Xsrftoken"] = token
        self._request("PUT", "/" + url.lstrip("/"), body, headers)

    def _request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        if time.monotonic() - self._used > KEPT_SECONDS:
            self._files.close()  # the next request opens it again
        self._files.request(method, path, body, {**headers, **self._with_cookies()})
        response = self._files.getresponse()
        content = response.read()
        self._used = time.monotonic()
        for line in response.headers.get_all("set-cookie") or ():
            self.cookies |= {name: one.value for name, one in SimpleCookie(line).items()}
        if response.status not in (200, 204):
            raise Refused(f"{method} {path}: {response.status} {content[:80]!r}")
        return content

    def _with_cookies(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    async def _run(self, message: BackMsg) -> None:
        """Send, and read until the script has run; a run that leads to another one is waited for."""
        self.texts, self.later = [], None
        await self._socket.send(message.SerializeToString())
        while True:
            answer = await self._next()
            self._read(answer)
            over = answer.WhichOneof("type") == "script_finished"
            if over and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return

    async def _next(self) -> ForwardMsg:
        async with asyncio.timeout(SECONDS):
            content = await self._socket.recv()
        self._wanted.update(map(bytes.decode, FETCHED.findall(content)))
        message = ForwardMsg()
        message.ParseFromString(content)
        return message

    def _read(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._begin(message)
        elif kind == "navigation":
            pages = message.navigation.app_pages
            self.pages = {page.url_pathname or "overview": page.page_script_hash for page in pages}
        elif kind == "auto_rerun":
            self.later = message.auto_rerun.fragment_id, message.auto_rerun.interval
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._show(message.delta.new_element, message.delta.fragment_id)

    def _begin(self, message: ForwardMsg) -> None:
        self.page = message.new_session.page_script_hash
        self.session = message.new_session.initialize.session_id or self.session
        run = set(message.metadata.run.fragment_ids)
        self.widgets = {key: one for key, one in self.widgets.items() if run and one.fragment not in run}

    def _show(self, element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        told = getattr(element, kind)
        if kind == "exception":
            self.errors.append(f"{told.type}: {told.message}")
        elif kind == "alert" and told.format == Alert.ERROR:
            self.errors.append(told.body)
        elif kind in ("alert", "markdown", "text"):
            self.texts.append(told.body)
        elif kind == "progress":
            self.texts.append(told.text)
        elif getattr(told, "id", ""):
            key = told.id.split("-", 2)[-1]
            self.widgets[key] = Widget(kind, told, fragment)
            if key == "address_bar":
                shown = json.loads(told.mixed.json or told.json)
                self.link = {"page": shown["page"], **dict(parse_qsl(shown["link"]))}


def _put(state: WidgetState, kind: str, value: Any) -> None:
    if kind == "slider":
        state.double_array_value.data.append(value)
    elif kind == "button_group":
        state.string_array_value.data.extend(value)
    else:
        setattr(state, VALUES[kind], value)


def ready(tab: Tab, keys: Iterable[str]) -> list[str]:
    """Those of the widgets that are shown and can be used."""
    return [key for key in keys if key in tab.widgets and not getattr(tab.widgets[key].told, "disabled", False)]
