"""The server answers to its own names alone, over HTTP and WebSockets."""

from __future__ import annotations

import socket

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from frcnn_viz.paths import HOSTS_VARIABLE
from frcnn_viz.ui.hosts import OwnHosts

OWN = ["localhost", "LOCALHOST:8501", "localhost.", "127.0.0.1:80", "127.9.9.9", "[::1]:8501", "[0:0::1]"]
OWN += [socket.gethostname(), "10.1.2.3:9", "lab.example:8501", "second.example"]
STRANGE = ["evil.example", "evil.example:8501", "10.1.2.4", "[::2]", "localhost.evil.example", "", "a b"]
STRANGE += [
    "localhost:80:80",
    "evil.example:80@localhost",
    "localhost/evil",
    "::1",
    "127.0.0.1.evil.example",
    "[localhost]",
]


async def page(_: object) -> PlainTextResponse:
    return PlainTextResponse("here")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Of a server that was reached at 10.1.2.3."""
    monkeypatch.setenv(HOSTS_VARIABLE, "Lab.example, second.example,")
    app = Starlette(
        routes=[Route("/", page), WebSocketRoute("/stream", stream)], middleware=[Middleware(OwnHosts)], debug=True
    )
    return TestClient(app, "http://10.1.2.3")


@pytest.mark.parametrize("host", OWN)
def test_it_answers_to_its_own_names(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).text == "here"
    with client.websocket_connect("ws://10.1.2.3/stream", headers={"Host": host}):
        pass


@pytest.mark.parametrize("host", STRANGE)
def test_it_does_not_answer_to_another(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "--allow-host" in answer.text
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect("ws://10.1.2.3/stream", headers={"Host": host}),
    ):
        pass
    assert refused.value.status_code == 400
