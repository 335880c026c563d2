"""What the server sends waits for no acknowledgement."""

from __future__ import annotations

import socket

from frcnn_viz.ui.at_once import send_at_once


def test_connections_that_a_listening_socket_accepts_send_at_once() -> None:
    # made as Streamlit makes its own: without the protocol's name, by which asyncio would know it
    with socket.socket(socket.AF_INET) as listening, socket.socket(socket.AF_INET) as unused:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert send_at_once() >= 1
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not unused.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
