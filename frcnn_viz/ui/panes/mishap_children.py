"""The processes in which the mishaps happen that were clicked, and beside them their control."""

from __future__ import annotations

from frcnn_viz.data.child import Child
from frcnn_viz.training.mishaps import CONTROL
from frcnn_viz.ui import view


def children() -> dict[str, Child]:
    """By the name of the mishap."""
    return view.kept("mishaps", dict)


def is_any_running() -> bool:
    """Whether one of them is at it."""
    return any(child.is_running for child in children().values())


def begin(name: str) -> None:
    """Let it happen, and the control beside it, unless they did; another that is under way ends."""
    known = children()
    for other in set(known) - {name, CONTROL.name}:
        if known[other].is_running:
            known.pop(other).stop()
    for one in (CONTROL.name, name):
        if one not in known or known[one].failure:
            known[one] = Child("frcnn_viz.training.mishaps_child", one)


def end() -> None:
    """Stop what is under way, and forget it."""
    for name in [name for name, child in children().items() if child.is_running]:
        children().pop(name).stop()
