"""Going through the steps of an NMS: by a slider, by buttons, by keys, and by itself."""

from __future__ import annotations

from itertools import count

import streamlit as st

from frcnn_viz.ui import view
from frcnn_viz.ui.controls import segments, slide
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

STEP, SPEED = Option("court.step", 1), Option("court.speed", 2)


def played_step(steps: int) -> int:
    """Show the controls; returns the step, from 1. While it plays, the page runs again with the next step."""
    step = min(slide(STEP, "court.step", 1, max(steps, 2), 1), steps)
    kept = view.kept("court_play", dict)
    plays = kept["plays"] = kept.get("plays", False) and step < steps

    def turn(to: int, plays: bool) -> None:
        STEP.set(to)
        kept["plays"] = plays

    def button(key: str, label: str, icon: str, help: str, shortcut: str, to: int, plays: bool, off: bool) -> None:
        icon = f":material/{icon}:"
        st.button(
            label,
            key,
            help,
            on_click=turn,
            args=(to, plays),
            icon=icon,
            shortcut=shortcut,
            disabled=off,
            width="stretch",
        )

    with st.container(horizontal=True, gap="small"):
        button("court_back", "", "skip_previous", "Step back", "A", step - 1, False, step == 1)
        words, icon = ("Pause", "pause") if plays else (word("court.play").term, "play_arrow")
        button(
            "court_play",
            words,
            icon,
            word("court.play").sentence,
            "S",
            1 if step == steps else step,
            not plays,
            steps < 2,
        )
        button("court_next", "", "skip_next", "Step", "D", step + 1, False, step == steps)
    if plays:
        _turn_in(1 / max(SPEED.value, 1), step + 1)
    return step


def speed_choice() -> None:
    """Ask for the steps a second."""
    segments(SPEED, "court.speed", {1: "1", 2: "2", 4: "4"})


def _turn_in(seconds: float, step: int) -> None:
    """Go to a step once that time is over."""
    runs = count()

    @st.fragment(run_every=seconds)
    def turn() -> None:
        if next(runs):  # the first is the page's own
            STEP.set(step)
            st.rerun()

    turn()
