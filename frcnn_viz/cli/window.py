"""A window of its own for the app: a Chromium's, without tabs and address bar, or pywebview's."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Event

from platformdirs import user_cache_path

BROWSER_VARIABLE = "CHROMIUM"
NAMES = ("chromium", "google-chrome", "google-chrome-stable", "microsoft-edge", "microsoft-edge-stable", "chrome")
NAMES += ("chromium-browser", "brave-browser", "msedge")
MAC = ("Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser")
WINDOWS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
SIZE = (1280, 720)
"""Of the first window, pixels; fits every screen."""
WEBVIEW = (
    "import sys, webview; webview.create_window('frcnn-viz', sys.argv[1], width={}, height={}); webview.start()".format(
        *SIZE
    )
)
LOOK = 0.1
"""Seconds between two looks at whether the window is closed."""


def window_command(link: str, port: int) -> list[str] | None:
    """What opens a window on `link` and runs until it is closed; None where this machine has nothing for it.

    The browser's profile is of the server at this port alone, so the user's own browser is not disturbed, and closing
    the window of one server says nothing of another's.
    """
    if browser := find_browser():
        profile = user_cache_path("frcnn-viz", appauthor=False) / "windows" / str(port)
        quiet = ["--no-first-run", "--no-default-browser-check", "--disable-background-mode"]
        size = [] if profile.is_dir() else ["--window-size={},{}".format(*SIZE)]  # later as the user left it
        return [browser, f"--app={link}", f"--user-data-dir={profile}", *quiet, *size]
    if importlib.util.find_spec("webview"):
        return [sys.executable, "-c", WEBVIEW, link]
    return None


def find_browser() -> str | None:
    """A Chromium, Chrome, Edge or Brave: that which the environment names as CHROMIUM, else the first that is there."""
    if named := os.environ.get(BROWSER_VARIABLE):
        return shutil.which(named)
    return next(filter(None, map(shutil.which, (*NAMES, *_usual_places()))), None)


def _usual_places() -> list[str]:
    if sys.platform == "darwin":
        return [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in MAC]
    roots = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    return [str(Path(root, place)) for root in roots if root for place in WINDOWS]


def show_window(command: list[str], ended: Event) -> bool:
    """Open the window and wait until it is closed; it is closed when `ended` is set.

    Returns:
        Whether there was a window: False where the command failed.
    """
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        window = subprocess.Popen(command, **quiet)
    except OSError:
        return False
    try:
        while window.poll() is None and not ended.wait(LOOK):
            pass
        return window.poll() in (None, 0)
    finally:
        if window.poll() is None:
            window.terminate()
