"""What a browser and the server say to each other, said by hand: requests byte by byte, and Streamlit's messages."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

LONGEST = 60
"""Seconds that a script may take."""
URL = re.compile(rb"(?:img|array|thumbnail|frame|media)/[\w/.-]+\.(?:png|jpg|jpeg|bin|json|csv|zip|html)")


@dataclass(frozen=True)
class Answer:
    """Of the server: its status, and all its bytes, head and body."""

    status: int
    content: bytes

    @property
    def body(self) -> bytes:
        """What follows the head."""
        return self.content.partition(b"\r\n\r\n")[2]


def ask(
    address: str,
    target: str | bytes,
    cookie: str | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """Send a request as it is written, and read until the server has nothing more to say.

    Args:
        target: the path as it goes over the wire, which no client makes proper. cookie: the header's value.
    """
    where = urlsplit(address)
    target = target.encode() if isinstance(target, str) else target
    told = {"Host": where.netloc, "Connection": "close", **(headers or {})}
    told |= {"Cookie": cookie} if cookie is not None else {}
    told |= {"Content-Length": str(len(body))} if body else {}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items()).encode("latin-1")
    with socket.create_connection((where.hostname, where.port), timeout=LONGEST) as wire:
        wire.sendall(method.encode() + b" " + target + b" HTTP/1.1\r\n" + head + b"\r\n" + body)
        content = b"".join(iter(lambda: wire.recv(1 << 16), b""))
    return Answer(int(content.split(b" ", 2)[1]), content)


class Tab:
    """A tab of a browser on the app: what its script run last sent, and what can be answered.

    Attributes:
        session: Streamlit's id of it. received: every byte of the last run. widgets: those seen in it, by id.
        fragments: those of its parts that can run alone.
    """

    def __init__(self, address: str, cookie: str = "", session: str = "") -> None:
        """Open it with a cookie, and go on with another tab's session where that is named."""
        head = {"Cookie": cookie} if cookie else {}
        protocols = ["streamlit", "PLACEHOLDER_AUTH_TOKEN", *([session] if session else [])]
        place = f"ws{address.removeprefix('http')}/_stcore/stream"
        self.address, self.cookie, self.session, self.received = address, cookie, "", b""
        self.widgets: dict[str, Any] = {}
        self.fragments: set[str] = set()
        self._page = ""
        plain = {"compression": None, "max_size": None, "proxy": None}
        self._connecting = connect(place, additional_headers=head, subprotocols=protocols, **plain)

    def __enter__(self) -> Self:
        self._wire = self._connecting.__enter__()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._wire.close()

    @property
    def urls(self) -> set[str]:
        """Where the last run sent the browser for more."""
        return {url.decode() for url in URL.findall(self.received)}

    def open(self, page: str = "", **link: str) -> bytes:
        """Follow a link; all that was received."""
        said = BackMsg()
        said.rerun_script.page_name, said.rerun_script.query_string = page, urlencode(link)
        return self._run(said)

    def answer(self, states: Iterable[WidgetState], fragment: str = "") -> bytes:
        """Run the page again, its widgets in these states; all that was received."""
        said = BackMsg()
        said.rerun_script.page_script_hash, said.rerun_script.fragment_id = self._page, fragment
        said.rerun_script.widget_states.widgets.extend(states)
        return self._run(said)

    def press(self, key: str, *states: WidgetState) -> bytes:
        """Press a button, while others are in these states; all that was received."""
        return self.answer([WidgetState(id=self.find(key), trigger_value=True), *states])

    def find(self, key: str) -> str:
        """The id of a widget by the end of its key."""
        return next(name for name in self.widgets if name.endswith(f"-{key}"))

    def upload(self, key: str, files: Mapping[str, bytes]) -> WidgetState:
        """Put files into an uploader, under any names, and run the page; the state in which the uploader is then."""
        state = WidgetState(id=self.find(key))
        said = BackMsg()
        said.file_urls_request.file_names.extend(files)
        said.file_urls_request.session_id = self.session
        self._wire.send(said.SerializeToString())
        urls = next(m for m in self._messages() if m.WhichOneof("type") == "file_urls_response").file_urls_response
        for url, (name, content) in zip(urls.file_urls, files.items(), strict=True):
            assert put(self.address, url, self.cookie, name, content).status == 204
            state.file_uploader_state_value.uploaded_file_info.add(
                file_id=url.file_id, name=name, size=len(content), file_urls=url
            )
        self.answer([state])
        return state

    def _run(self, said: BackMsg) -> bytes:
        self._wire.send(said.SerializeToString())
        received, self.widgets, self.fragments = [], {}, set()
        for message in self._messages():
            received.append(message.SerializeToString())
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._page = message.new_session.page_script_hash
                self.session = message.new_session.initialize.session_id
            elif kind == "navigation":
                self._page = message.navigation.page_script_hash
            elif kind == "delta":
                self.fragments |= {message.delta.fragment_id} - {""}
                self._keep(message.delta)
            elif kind == "script_finished" and message.script_finished not in EARLY:
                break
        self.received = b"".join(received)
        return self.received

    def _keep(self, delta: Any) -> None:
        if delta.WhichOneof("type") == "new_element":
            element = delta.new_element
            inner = getattr(element, element.WhichOneof("type"))
            if getattr(inner, "id", ""):
                self.widgets[inner.id] = inner

    def _messages(self) -> Iterable[ForwardMsg]:
        while True:
            message = ForwardMsg()
            message.ParseFromString(self._wire.recv(LONGEST))
            yield message


EARLY = (ForwardMsg.FINISHED_EARLY_FOR_RERUN,)
"""A script that runs again at once has not finished."""


def put(address: str, url: FileURLs, cookie: str, name: str, content: bytes) -> Answer:
    """Upload a file under a name that need not be one, with the token that the app's own page has."""
    given = ask(address, "/_stcore/health").content
    token = re.search(rb"_streamlit_xsrf=([^;]+)", given)[1].decode()
    edge = "edge-of-the-file"
    name = name.replace("\\", "\\\\").replace('"', '\\"')
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return ask(
        address,
        url.upload_url,
        f"{cookie}; _streamlit_xsrf={token}",
        "PUT",
        {"X-Xsrftoken": token, "Content-Type": f"multipart/form-data; boundary={edge}"},
        head.encode() + content + f"\r\n--{edge}--\r\n".encode(),
    )
