"""The app with weights that come slowly, from a server within this process: for the test of the Stop button."""

import http.server
import os
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["TORCH_HOME"] = os.environ.get("FETCHING_HUB") or tempfile.mkdtemp(prefix="frcnn-viz-tests-")

import streamlit as st
from starlette.routing import Route

from app import health, warm_up
from frcnn_viz.models.hub import HubFile
from frcnn_viz.models.registry import ENTRIES
from frcnn_viz.paths import FRAME
from frcnn_viz.ui import images, library
from frcnn_viz.ui.errors import show_error

MEGABYTES = 40
FIRST = "fasterrcnn_resnet50_fpn"
"""Of those that can be fetched, as the page offers them."""


class Slow(http.server.BaseHTTPRequestHandler):
    """A file of 40 MB at 2 MB a second."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(MEGABYTES * 2**20))
        self.end_headers()
        for _ in range(MEGABYTES):
            self.wfile.write(bytes(2**20))
            time.sleep(0.5)

    def log_message(self, *_: object) -> None:
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
threading.Thread(target=server.serve_forever, daemon=True).start()
slow = HubFile(f"http://127.0.0.1:{server.server_port}/slow-00000000.pth", MEGABYTES)
ENTRIES[FIRST] = replace(ENTRIES[FIRST], hub=slow)
app = st.App(
    FRAME,
    lifespan=warm_up,
    routes=[Route("/health", health), *images.routes(), *library.routes()],
    on_script_error=show_error,
)
