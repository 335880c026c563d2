"""Who else may come to the app: nobody, a class of which each has a workspace, or all that reach it to the same one."""

from __future__ import annotations

import os
import secrets
from ipaddress import ip_address

from frcnn_viz.classroom.rules import CLASS_VARIABLE, Rules, digest_of
from frcnn_viz.ui.running import Running


def check_host(host: str | None, for_class: bool, shared: bool) -> None:
    """Others are let in on purpose only.

    Raises:
        ValueError: the address is reached from elsewhere and nothing was said of who then comes, or two things were.
    """
    if for_class and shared:
        raise ValueError("--class gives each visitor a workspace and --shared all the same one; choose one of the two.")
    if not (for_class or shared or _is_this_computer(host or "localhost")):
        raise ValueError(
            f"--host {host} lets others in: add --class, so that each has a workspace of their own, or --shared, so "
            "that all see and change yours."
        )


def begin_class(images: int, megabytes: int, days: int, run_minutes: float) -> str:
    """Make the server that is started one for a class; the teacher's token, which is nowhere else."""
    token = secrets.token_urlsafe(32)
    held = Rules(digest_of(token), images=images, megabytes=megabytes, days=days, run_minutes=run_minutes)
    os.environ[CLASS_VARIABLE] = held.to_text()
    return token


def teacher_link(server: Running, token: str) -> str:
    """Where the teacher comes in. What follows the # stays in the browser: it is in no request and no log."""
    return f"{server.link({'page': 'class/teacher'})}#{token}"


def _is_this_computer(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
