"""Connections that do not behave."""

from __future__ import annotations

import socket
import threading

import pytest

from safety_detector.appearance.fonts import find_fonts
from safety_detector.web.app import WebOptions, create_app
from safety_detector.web.server import ApiServer
from tests.api_server import Api


@pytest.mark.parametrize("sent", [b"", b"GET /livez HTTP/1.1\r\nHost: local"])
def test_connection_without_a_whole_request_is_closed(api: Api, sent: bytes) -> None:
    """One that says nothing, or stops in the middle of a head, gives its place back."""
    app = create_app(api.service, WebOptions(), find_fonts=find_fonts, broker_problem=lambda: None)
    server = ApiServer(app)
    server.config.timeout_keep_alive = 1
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        with socket.create_connection(listener.getsockname(), timeout=60) as connection:
            connection.sendall(sent)
            assert connection.recv(100) == b""
    finally:
        server.should_exit = True
        thread.join(60)
