"""A server of the app, or of another script, for as long as something is measured on it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from frcnn_viz.paths import APP


@contextmanager
def served(script: Path, **environment: str) -> Iterator[str]:
    """The address of a Streamlit server of `script` of its own, with these environment variables."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        command, cwd=APP.parent, env={**os.environ, **environment}, start_new_session=True, **quiet
    )
    try:
        address = f"http://127.0.0.1:{port}"
        while not _answers(address):
            time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def process_of(address: str) -> psutil.Process:
    """The server that answers there."""
    with urllib.request.urlopen(f"{address}/health") as answer:
        return psutil.Process(int(answer.read().split()[-1]))


def _answers(address: str) -> bool:
    """A connection alone is accepted before the app is there."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health") as answer:
            return answer.status == 200
    except OSError:
        return False
