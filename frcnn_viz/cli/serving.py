"""`frcnn-viz [FILE]...`, `frcnn-viz app`: the app in the browser or a window, on the server that runs or a new one."""

from __future__ import annotations

import _thread
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Annotated

import typer
from click import Abort
from filelock import FileLock, Timeout

from frcnn_viz.classroom.rules import Rules
from frcnn_viz.cli.others import begin_class, check_host, teacher_link
from frcnn_viz.cli.output import console
from frcnn_viz.cli.window import show_window, window_command
from frcnn_viz.extras import lacking
from frcnn_viz.paths import APP, HOSTS_VARIABLE, LESSONS_VARIABLE, MODEL_VARIABLE, PATHS_VARIABLE
from frcnn_viz.ui.budget import MEMORY_VARIABLE, parse_bytes
from frcnn_viz.ui.running import EVERYWHERE, Running, announce, find, free_port, is_free, withdraw

START_SECONDS = 60
"""How long a command waits for another that is starting the server of the same workspace."""
OTHERS = "Others"
"""The heading of the options that let them in."""
LOOK = 0.1
"""Seconds between two looks at whether the server answers."""


def app(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Pictures, videos, folders, zips, annotations: added to yours, shown."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port to listen on; else 8501 or the next that is free.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on; else localhost.")] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Another name it is reached by; can be repeated.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", "--headless", help="Open no browser; the link is printed.")
    ] = False,
    window: Annotated[bool, typer.Option("--window", help="Open in a window of its own; closing it ends all.")] = False,
    workspace: Annotated[Path | None, typer.Option(help="The folder of your images; made where it is not.")] = None,
    model: Annotated[str, typer.Option(help="package.module:factory of a model that your own code makes.")] = "",
    lessons: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Lessons of your own, each a .py file, which is run.")
    ] = None,
    allow_paths: Annotated[
        bool, typer.Option(help="Let visitors from elsewhere open checkpoints by their path on this computer.")
    ] = False,
    for_class: Annotated[
        bool, typer.Option("--class", help="For others: each has a workspace of their own.", rich_help_panel=OTHERS)
    ] = False,
    shared: Annotated[
        bool, typer.Option("--shared", help="For others: all see and change this one.", rich_help_panel=OTHERS)
    ] = False,
    images: Annotated[
        int, typer.Option(min=1, help="Pictures and clips that each may keep.", rich_help_panel=OTHERS)
    ] = Rules.images,
    megabytes: Annotated[
        int, typer.Option(min=10, help="Of all files that each may keep.", rich_help_panel=OTHERS)
    ] = Rules.megabytes,
    days: Annotated[
        int,
        typer.Option(
            min=1, help="After which, from the last visit, what each kept is removed.", rich_help_panel=OTHERS
        ),
    ] = Rules.days,
    run_minutes: Annotated[
        float, typer.Option(min=0.1, help="After which a run gives way to one that waits.", rich_help_panel=OTHERS)
    ] = Rules.run_minutes,
    memory: Annotated[
        str,
        typer.Option(
            help="How much to hold of images and results, such as 4G or 512M; else a quarter of all there is."
        ),
    ] = "",
) -> None:
    """Open the app (what plain `frcnn-viz` does), on pictures where some are named.

    Where the app runs already on the same workspace, that server is used, unless it would have to be another one.
    """
    from frcnn_viz.cli.opening import open_named
    from frcnn_viz.data.tenant import default_folder

    check_host(host, for_class, shared)
    if memory:
        parse_bytes(memory)
        os.environ[MEMORY_VARIABLE] = memory
    folder = (workspace or default_folder()).expanduser().resolve()
    os.environ["FRCNN_VIZ_WORKSPACE"] = str(folder)
    if allow_host:
        os.environ[HOSTS_VARIABLE] = ",".join(allow_host)
    if allow_paths:
        os.environ[PATHS_VARIABLE] = "1"
    if model:
        os.environ[MODEL_VARIABLE] = model
        sys.path.insert(0, os.getcwd())
    if lessons:
        folder_of_lessons = lessons.expanduser().resolve()
        if not folder_of_lessons.is_dir():
            raise ValueError(f"{lessons} is no folder; name one that holds lessons, each a .py file.")
        os.environ[LESSONS_VARIABLE] = str(folder_of_lessons)
    options = open_named(files, folder) if files else {}
    token = begin_class(images, megabytes, days, run_minutes) if for_class else ""
    own = bool(allow_host or allow_paths or memory or model or lessons or for_class)
    look = not no_browser and _has_display()

    def greet(server: Running, ended: Event) -> bool:
        return _show(server, options, ended, window, token) if look else _print(server, options, token)

    with _alone(folder) as let_others:
        found = find(folder)
        if found and not own and host in (None, found.host) and port in (None, found.port):
            let_others()
            greet(found, Event())
            return
        host = host or "localhost"
        if port and not is_free(host, port):
            raise ValueError(f"the port {port} is taken or not allowed; name another with --port, or none.")
        server = Running(host, port or free_port(host), os.getpid())

        def started(ended: Event) -> bool:
            if not found:
                announce(folder, server)
            let_others()
            return greet(server, ended)

        try:
            _serve(server, started, [f"--server.maxUploadSize={megabytes}"] if for_class else [])
        finally:
            withdraw(folder, server)


def _serve(server: Running, started: Callable[[Event], bool], more: Sequence[str]) -> None:
    """Run the server in this process, so that what ends this ends it; call `started` once it answers.

    `started` is given what tells that the server ends; if it returns True, the server is no longer needed. `more` are
    settings of Streamlit's.
    """
    ended, unneeded = Event(), Event()

    def wait() -> None:
        while not server.answers():
            if ended.wait(LOOK):
                return
        if started(ended) and not ended.is_set():
            unneeded.set()
            _thread.interrupt_main()

    os.chdir(APP.parent)  # where Streamlit looks for its settings
    from streamlit.web.cli import main as streamlit

    quiet = ["--browser.gatherUsageStats=false", "--server.headless=true", "--logger.hideWelcomeMessage=true"]
    waiting = Thread(target=wait, daemon=True)
    waiting.start()
    try:
        with _sigterm_unwinds():
            place = [f"--server.port={server.port}", f"--server.address={server.host}"]
            streamlit(["run", str(APP), *quiet, *place, *more], prog_name="streamlit", standalone_mode=False)
    except (KeyboardInterrupt, Abort):  # Ctrl+C, or the window is closed
        if not unneeded.is_set():
            raise typer.Exit(128 + signal.SIGINT) from None
    finally:
        ended.set()
        waiting.join(1)


def _print(server: Running, options: dict[str, str], token: str = "") -> bool:
    print(f"The app is at {server.link(options)}", flush=True)
    if token:
        print(f"Its teacher comes in at {teacher_link(server, token)}", flush=True)
    if server.pid == os.getpid():
        if server.host in EVERYWHERE:
            print(f"For other computers it is at http://{_own_address()}:{server.port}/", flush=True)
        print("Ctrl+C ends it.", flush=True)
    return False


def _show(server: Running, options: dict[str, str], ended: Event, window: bool, token: str = "") -> bool:
    """Open the link, of a class the teacher's; whether that was a window, and it is closed."""
    _print(server, options, token)
    link = teacher_link(server, token) if token else server.link(options)
    if not window:
        webbrowser.open(link)
        return False
    command = window_command(link, server.port)
    if command is None:
        told = f"{lacking('window')} A browser shows the same."
    elif show_window(command, ended):
        return True
    else:
        told = f"The window could not be opened by {command[0]}; open the link in a browser."
    console.print(told, style="yellow", markup=False, highlight=False, soft_wrap=True)
    return False


@contextmanager
def _alone(folder: Path) -> Iterator[Callable[[], None]]:
    """Look for a server and start one while no other command does so; gives what lets the others go on."""
    lock = FileLock(folder / ".server.lock", timeout=START_SECONDS, thread_local=False)
    with suppress(OSError, Timeout):  # then two servers may be started, which harms nothing
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield lock.release
    finally:
        lock.release()


@contextmanager
def _sigterm_unwinds() -> Iterator[None]:
    """SIGTERM leaves the process by way of every `finally`, as Ctrl+C does."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _has_display() -> bool:
    """Whether a browser could be opened: on Linux only where there is a display."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _own_address() -> str:
    """This computer's address in its network; nothing is sent."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # of documentation's own range
        return str(probe.getsockname()[0])
    return socket.gethostname()
