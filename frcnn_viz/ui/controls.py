"""Sliders and editors that read and write the session's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from frcnn_viz.canvas.scene import Dial
from frcnn_viz.pipeline.settings import Settings, SettingsError, from_text, to_text
from frcnn_viz.ui import session


@dataclass(frozen=True)
class Control:
    """A setting on the screen: its words and the slider's range (the setting itself may go further by link)."""

    label: str
    help: str
    low: float
    high: float
    step: float


CONTROLS = {
    "min_size": Control(
        "Shorter side after resize", "Pixels. The image is scaled until its shorter side has this.", 32, 1200, 8
    ),
    "max_size": Control(
        "Limit of the longer side", "Pixels. The scale is lowered until the longer side fits.", 32, 2000, 1
    ),
    "rpn_pre_nms_top_n": Control("Pre-NMS top-n", "Candidates kept by objectness, per level.", 1, 2000, 1),
    "rpn_nms_thresh": Control(
        "RPN NMS IoU", "A candidate overlapping a better one of its level more than this is suppressed.", 0.0, 1.0, 0.01
    ),
    "rpn_post_nms_top_n": Control("Post-NMS top-n", "Proposals kept after NMS, over all levels.", 1, 2000, 1),
    "rpn_min_size": Control("Least side", "Network-input pixels; smaller candidates are dropped.", 0.0, 64.0, 0.001),
    "rpn_score_thresh": Control("Least objectness", "Probability; candidates under it are dropped.", 0.0, 1.0, 0.005),
    "box_score_thresh": Control("Score threshold", "A detection needs a higher class probability.", 0.0, 1.0, 0.005),
    "box_nms_thresh": Control(
        "Detection NMS IoU", "A box overlapping a better one of its class more than this is suppressed.", 0.0, 1.0, 0.01
    ),
    "box_detections_per_img": Control("Most detections", "Kept after NMS, over all classes.", 1, 300, 1),
    "rpn_fg_iou_thresh": Control("Positive from IoU", "Anchors with at least this IoU are positive.", 0.0, 1.0, 0.01),
    "rpn_bg_iou_thresh": Control(
        "Negative under IoU",
        "Anchors whose best IoU is lower are negative; between the two they are ignored.",
        0.0,
        1.0,
        0.01,
    ),
    "rpn_batch_size_per_image": Control(
        "Anchors per image", "The size of the mini-batch for the RPN's losses.", 1, 1024, 1
    ),
    "rpn_positive_fraction": Control(
        "Positive fraction", "At most this part of the mini-batch is positive.", 0.0, 1.0, 0.01
    ),
    "box_fg_iou_thresh": Control(
        "Foreground from IoU", "Proposals with at least this IoU are of their object's class.", 0.0, 1.0, 0.01
    ),
    "box_bg_iou_thresh": Control("Background under IoU", "Proposals under this IoU are background.", 0.0, 1.0, 0.01),
    "box_batch_size_per_image": Control(
        "RoIs per image", "The size of the mini-batch for the box head's losses.", 1, 1024, 1
    ),
    "box_positive_fraction": Control(
        "Foreground fraction", "At most this part of the mini-batch is foreground.", 0.0, 1.0, 0.01
    ),
    "seed": Control("Seed", "The same seed draws the same sample.", 0, 1000, 1),
}


def setting_slider(name: str) -> None:
    """A slider for a number of the settings."""
    control, value = CONTROLS[name], getattr(st.session_state["settings"], name)
    key = f"slider_{name}"
    kind = int if isinstance(value, int) else float
    if st.session_state.get(key) != value:  # the settings are the truth; setting a widget makes it draw twice
        st.session_state[key] = value

    def changed() -> None:
        session.change_settings(**{name: kind(st.session_state[key])})

    st.slider(
        control.label,
        kind(min(control.low, value)),
        kind(max(control.high, value)),
        step=kind(control.step),
        key=key,
        help=f"{control.help} torchvision: `{name}`.",
        on_change=changed,
        format="%.3f" if control.step < 0.01 else None,
    )


def setting_dial(name: str) -> Dial:
    """The same as a slider of the canvas."""
    control, value = CONTROLS[name], getattr(st.session_state["settings"], name)
    told = f"{control.help} torchvision: {name}."
    return Dial(name, control.label, told, value, min(control.low, value), max(control.high, value), control.step)


def turn_dials(values: dict[str, float]) -> None:
    """Set what dials of the canvas were turned to."""
    settings = st.session_state["settings"]
    session.change_settings(**{name: type(getattr(settings, name))(value) for name, value in values.items()})


def setting_levels(name: str, label: str, help: str, level_names: list[str]) -> None:
    """One text field per level for its anchor sizes or ratios, such as `8, 16`."""
    levels = getattr(st.session_state["settings"], name)
    columns = st.columns(len(levels))
    for level, (column, values) in enumerate(zip(columns, levels, strict=True)):
        key = f"text_{name}_{level}"
        st.session_state[key] = ", ".join(f"{value:g}" for value in values)
        title = f"{label}, level {level_names[level]}" if level < len(level_names) else f"{label} {level}"
        column.text_input(title, key=key, help=help, on_change=_levels_changed, args=(name, level, key))


def _levels_changed(name: str, level: int, key: str) -> None:
    text = st.session_state[key].replace(",", " ").split()
    try:
        (values,) = from_text(name, "_".join(text))
    except SettingsError:
        session.tell(f"{name} of level {level} is {st.session_state[key][:40]!r}; write numbers such as 8, 16.")
        return
    levels = list(getattr(st.session_state["settings"], name))
    levels[level] = values
    session.change_settings(**{name: tuple(levels)})


LEVEL_SLIDERS = {
    "anchor_sizes": ("size", 2, 640, 1, "Anchor size: square root of the area, resized pixels."),
    "aspect_ratios": ("ratio", 0.1, 8.0, 0.05, "Anchor ratio: height / width."),
}
"""Of each field of levels: its word, the slider's range and step, and what it says on hover."""


def level_sliders(name: str, level_names: Sequence[str]) -> None:
    """One slider for each anchor size or ratio, level by level."""
    word, low, high, step, told = LEVEL_SLIDERS[name]
    levels = getattr(st.session_state["settings"], name)
    places = [(level, number) for level, values in enumerate(levels) for number in range(len(values))]
    for start in range(0, len(places), 6):
        row = places[start : start + 6]
        for column, (level, number) in zip(st.columns(max(len(row), 3)), row, strict=False):
            value, key = levels[level][number], f"{word}_{level}_{number}"
            value = round(value) if isinstance(step, int) else float(value)
            if st.session_state.get(key) != value:
                st.session_state[key] = value
            title = level_names[level] if level < len(level_names) else str(level)
            column.slider(
                f"Level {title}",
                min(low, value),
                max(high, value),
                step=step,
                key=key,
                on_change=_level_changed,
                args=(name, level, number, key),
                help=told,
            )


def _level_changed(name: str, level: int, number: int, key: str) -> None:
    levels = [list(values) for values in getattr(st.session_state["settings"], name)]
    levels[level][number] = float(st.session_state[key])
    session.change_settings(**{name: tuple(map(tuple, levels))})


def level_table(level_names: Sequence[str]) -> None:
    """Sizes and ratios of every level as text in a table that can be edited."""
    settings = st.session_state["settings"]
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
    st.data_editor(rows, key=key, disabled=["level"], hide_index=True, on_change=_table_changed, args=(key,))


def _table_changed(key: str) -> None:
    columns = {"sizes": "anchor_sizes", "ratios": "aspect_ratios"}
    changes: dict[str, list] = {}
    for row, cells in st.session_state[key]["edited_rows"].items():
        for column, text in cells.items():
            name = columns[column]
            levels = changes.setdefault(name, list(getattr(st.session_state["settings"], name)))
            try:
                (levels[int(row)],) = from_text(name, "_".join(str(text).replace(",", " ").split()))
            except SettingsError:
                session.tell(f"{name} of level {row} is {str(text)[:40]!r}; write numbers such as 8, 16.")
                return
    session.change_settings(**{name: tuple(levels) for name, levels in changes.items()})


def draw_again_button(settings: Settings) -> None:
    """Draw the mini-batches with the next seed."""
    st.button(
        "Draw again",
        icon=":material/casino:",
        key="draw_again",
        on_click=session.change_settings,
        kwargs={"seed": (settings.seed + 1) % 1000},
    )


def reset_button(settings: Settings, defaults: Settings) -> None:
    """Back to the model's own settings, where some differ; tells which."""
    changed = settings.changes(defaults)
    if not changed:
        return
    st.button("Reset settings", key="reset", on_click=session.reset_settings, icon=":material/restart_alt:")
    lines = [f"`{name}` {text} (model: {to_text(getattr(defaults, name))})" for name, text in changed.items()]
    st.caption("Changed: " + "; ".join(lines))
