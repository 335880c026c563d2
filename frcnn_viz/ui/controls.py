"""Sliders and editors of the settings, and widgets of the pages' own options; the view is the truth behind them all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from frcnn_viz.canvas.sieve import Dial
from frcnn_viz.figures.dials import SLIDERS, dial_of, turned
from frcnn_viz.pipeline.settings import Settings, from_text
from frcnn_viz.ui import session, view
from frcnn_viz.ui.tables import headings
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word


def setting_slider(name: str) -> None:
    """A slider for a number of the settings."""
    if not view.offers(name):
        return
    (low, high, step), value, told = SLIDERS[name], getattr(session.settings(), name), word(name)
    key = f"slider_{name}"
    kind = int if isinstance(value, int) else float
    view.hold(key, value)

    def changed() -> None:
        session.change_settings(**{name: kind(view.held(key))})

    st.slider(
        told.term,
        kind(min(low, value)),
        kind(max(high, value)),
        kind(value),
        step=kind(step),
        key=key,
        help=told.hover,
        on_change=changed,
        format="%.3f" if step < 0.01 else None,
    )


def setting_dial(name: str) -> Dial:
    """The same as a slider of the canvas."""
    return replace(dial_of(session.settings(), name), shown=view.offers(name))


def turn_dials(values: dict[str, float]) -> None:
    """Set what dials of the canvas were turned to."""
    session.change_settings(**turned(session.settings(), values))


def setting_levels(name: str, level_names: Sequence[str]) -> None:
    """One text field per level for its anchor sizes or ratios, such as `8, 16`."""
    if not view.offers(name):
        return
    levels = getattr(session.settings(), name)
    columns = st.columns(len(levels))
    for level, (column, values) in enumerate(zip(columns, levels, strict=True)):
        key = f"text_{name}_{level}"
        told = word(name)
        title = f"{told.term}, level {level_names[level] if level < len(level_names) else level}"
        text = ", ".join(f"{value:g}" for value in values)
        view.hold(key, text, typed=True)
        column.text_input(title, text, key=key, help=told.hover, on_change=_levels_changed, args=(name, level, key))


def _levels_changed(name: str, level: int, key: str) -> None:
    _change_levels([(name, level, view.held(key))])


def _change_levels(typed: Iterable[tuple[str, int, str]]) -> None:
    """Set fields of levels to what was typed for some of them; what is no list of numbers is told, and nothing set."""
    changed: dict[str, list[tuple[float, ...]]] = {}
    for name, level, text in typed:
        try:
            (values,) = from_text(name, "_".join(text.replace(",", " ").split()))
        except ValueError:  # `|` would make several levels of it
            session.tell(f"{name} of level {level} is {text[:40]!r}; write numbers such as 8, 16.")
            return
        changed.setdefault(name, list(getattr(session.settings(), name)))[level] = values
    session.change_settings(**{name: tuple(levels) for name, levels in changed.items()})


LEVEL_SLIDERS = {
    "anchor_sizes": ("size", 2, 640, 1),
    "aspect_ratios": ("ratio", 0.1, 8.0, 0.05),
}
"""Of each field of levels: what its widgets are called, and the slider's range and step."""


def level_sliders(name: str, level_names: Sequence[str], across: int = 6) -> None:
    """One slider for each anchor size or ratio, level by level, `across` of them side by side."""
    if not view.offers(name):
        return
    prefix, low, high, step = LEVEL_SLIDERS[name]
    levels = getattr(session.settings(), name)
    places = [(level, number) for level, values in enumerate(levels) for number in range(len(values))]
    for start in range(0, len(places), across):
        row = places[start : start + across]
        for column, (level, number) in zip(st.columns(max(len(row), min(across, 3))), row, strict=False):
            value, key = levels[level][number], f"{prefix}_{level}_{number}"
            value = round(value) if isinstance(step, int) else float(value)
            view.hold(key, value)
            title = level_names[level] if level < len(level_names) else str(level)
            which = prefix if len(levels[level]) == 1 else f"{prefix} {number + 1}"
            column.slider(
                f"Level {title}, {which}",
                min(low, value),
                max(high, value),
                value,
                step=step,
                key=key,
                on_change=_level_changed,
                args=(name, level, number, key),
                help=word(name).hover,
            )


def _level_changed(name: str, level: int, number: int, key: str) -> None:
    levels = [list(values) for values in getattr(session.settings(), name)]
    levels[level][number] = float(view.held(key))
    session.change_settings(**{name: tuple(map(tuple, levels))})


def level_table(level_names: Sequence[str]) -> None:
    """Sizes and ratios of every level as text in a table that can be edited."""
    if not all(map(view.offers, LEVEL_SLIDERS)):
        return
    settings = session.settings()
    key = f"levels_{hash((settings.anchor_sizes, settings.aspect_ratios))}"  # a change from elsewhere makes it anew
    plain = lambda values: ", ".join(f"{value:g}" for value in values)  # noqa: E731
    rows = [
        {
            "level": level_names[number] if number < len(level_names) else str(number),
            "sizes": plain(s),
            "ratios": plain(r),
        }
        for number, (s, r) in enumerate(zip(settings.anchor_sizes, settings.aspect_ratios, strict=True))
    ]
    told = headings(rows[0])
    more = {"hide_index": True, "column_config": told, "on_change": _table_changed, "args": (key,)}
    st.data_editor(rows, key=key, disabled=["level"], **more)


def _table_changed(key: str) -> None:
    columns = {"sizes": "anchor_sizes", "ratios": "aspect_ratios"}
    rows = view.held(key)["edited_rows"].items()
    _change_levels((columns[column], int(row), str(text)) for row, cells in rows for column, text in cells.items())


def draw_again_button(settings: Settings) -> None:
    """Draw the mini-batches with the next seed."""
    if not view.offers("seed"):
        return
    st.button(
        word("action.draw_again").term,
        icon=":material/casino:",
        key="draw_again",
        on_click=session.change_settings,
        kwargs={"seed": (settings.seed + 1) % 1000},
    )


def terms(family: str, keys: Mapping[Any, str]) -> dict[Any, str]:
    """What options are called, by value: the terms of `FAMILY.KEY` in the word list."""
    return {value: word(f"{family}.{key}").term for value, key in keys.items()}


def segments(option: Option, key: str, titles: Mapping[Any, str], **more: Any) -> Any:
    """One of a few, side by side; returns what is chosen. `key` is its label's in the word list, as below."""
    names = list(titles)
    widget = partial(st.segmented_control, options=names, format_func=titles.get, required=True)
    return _bound(option, names, widget, "default", key, more)


def choice(option: Option, key: str, titles: Mapping[Any, str], **more: Any) -> Any:
    """One of many, in a box that opens."""
    names = list(titles)
    return _bound(option, names, partial(st.selectbox, options=names, format_func=titles.get), "index", key, more)


def toggle(option: Option, key: str, **more: Any) -> bool:
    """On or off."""
    return _bound(option, (False, True), st.toggle, "value", key, more)


def slide(option: Option, key: str, low: float, high: float, step: float, **more: Any) -> Any:
    """A number from a range."""
    widget = partial(st.slider, min_value=low, max_value=high, step=step)
    return _bound(option, _Range(low, high), widget, "value", key, more)


def number(option: Option, key: str, low: int, high: int, **more: Any) -> int:
    """A whole number, typed."""
    widget = partial(st.number_input, min_value=low, max_value=high)
    return _bound(option, _Range(low, high), widget, "value", key, more, typed=True)


def words(option: Option, key: str, **more: Any) -> str:
    """A line of text."""
    return _bound(option, (option.value,), partial(st.text_input, max_chars=80), "value", key, more, typed=True)


def several(option: Option, key: str, names: Sequence[str], **more: Any) -> list[str]:
    """Some of many; the option holds them as a JSON list."""
    try:
        chosen = [name for name in json.loads(option.value or "[]") if name in names]
    except (ValueError, TypeError, RecursionError):
        chosen = []
    widget, told = f"option_{option.name}", word(key)
    view.hold(widget, chosen)
    changed = lambda: option.set(json.dumps(view.held(widget)) if view.held(widget) else "")  # noqa: E731
    if view.offers(option.name):
        st.multiselect(told.term, names, key=widget, on_change=changed, help=told.hover, **more)
    return chosen


@dataclass(frozen=True)
class _Range:
    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __iter__(self) -> Iterator[float]:
        return iter((self.low, self.high))


def _bound(
    option: Option,
    offered: Iterable[Any],
    widget: Callable[..., Any],
    first: str,
    key: str,
    more: dict[str, Any],
    typed: bool = False,
) -> Any:
    """A widget that shows an option and sets it; what the view has and is not offered gives way to what is.

    `first`: its argument for what it shows at first, which `hold` may have put there too late for the browser.
    """
    name, told = f"option_{option.name}", word(key)
    value = next((one for one in (option.value, option.first) if one in offered), next(iter(offered)))
    view.hold(name, value, typed)
    more = {
        "label": told.term,
        "help": told.hover,
        first: list(offered).index(value) if first == "index" else value,
        **more,
    }
    if view.offers(option.name):
        widget(key=name, on_change=lambda: option.set(view.held(name)), **more)
    return value
