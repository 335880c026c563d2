"""The widget of each way to answer, in the card; what is made on the picture is in `drafts.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import singledispatch
from typing import Any

import streamlit as st

from frcnn_viz.lessons import ChooseOne, ChooseSome, DrawBox, GiveNumbers, PickAnchor, PutInOrder
from frcnn_viz.lessons.forms import Form
from frcnn_viz.ui import view
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.lessons.asked import Asked
from frcnn_viz.ui.lessons.drafts import change_level, draft
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

SHORT = 5
"""Characters of a label beside which others have room."""
Lock = Callable[[Asked, Any], None]


def answer_form(of: Asked, lock: Lock) -> None:
    """Show how the question is answered; `lock` is called with what was given, before the script runs again."""
    _show(of.question.form, of, lock)


@singledispatch
def _show(form: Form, of: Asked, lock: Lock) -> None:
    raise TypeError(f"there is no widget for {type(form).__name__}")


@_show.register
def _(form: GiveNumbers, of: Asked, lock: Lock) -> None:
    keys = [f"{of.key}_{place}" for place in range(len(form.fields))]
    with st.form(f"{of.key}_form", border=False):
        for field, key in zip(form.fields, keys, strict=True):
            label = f"{field.label} ({field.unit})" if field.unit else field.label
            st.number_input(plain(label), value=None, step=None, format="%.9g", key=key)
        _lock_in(lambda: lock(of, list(map(view.held, keys))), st.form_submit_button)


@_show.register
def _(form: ChooseOne, of: Asked, lock: Lock) -> None:
    labels = {one.key: plain(one.label) for one in form.alternatives}
    with st.form(f"{of.key}_form", border=False):
        told = word("lesson.choose_one").term
        st.radio(
            told,
            list(labels),
            index=None,
            format_func=labels.get,
            key=of.key,
            label_visibility="collapsed",
            horizontal=_are_short(labels.values()),
        )
        _lock_in(lambda: lock(of, view.held(of.key)), st.form_submit_button)


@_show.register
def _(form: ChooseSome, of: Asked, lock: Lock) -> None:
    keys = {one.key: f"{of.key}_{place}" for place, one in enumerate(form.alternatives)}
    with st.form(f"{of.key}_form", border=False):
        st.caption(word("lesson.choose_some").sentence)
        short = _are_short(one.label for one in form.alternatives)
        with st.container(horizontal=short):
            for one in form.alternatives:
                st.checkbox(plain(one.label), key=keys[one.key], width="content" if short else "stretch")
        _lock_in(lambda: lock(of, [name for name, key in keys.items() if view.held(key)]), st.form_submit_button)


@_show.register
def _(form: PutInOrder, of: Asked, lock: Lock) -> None:
    chosen: list[str] = draft(of).value

    def locked() -> None:
        lock(of, list(chosen))
        chosen.clear()

    st.caption(word("lesson.order").sentence)
    for place, key in enumerate(chosen, start=1):
        st.markdown(f"**{place}.** {plain(form.by_key[key].label)}")
    for place, one in enumerate(form.alternatives):
        if one.key not in chosen:
            st.button(plain(one.label), key=f"{of.key}_{place}", on_click=chosen.append, args=(one.key,))
    with st.container(horizontal=True):
        _lock_in(locked, disabled=len(chosen) < len(form.alternatives))
        act_button("lesson.again", chosen.clear, disabled=not chosen)


@_show.register
def _(form: PickAnchor, of: Asked, lock: Lock) -> None:
    now = draft(of)
    level, row, column, shape = now.value
    level_key, shape_key = f"{of.key}_level", f"{of.key}_shape_{level}"  # each level has other shapes
    st.caption(word("lesson.pick").sentence)
    view.hold(level_key, level)
    st.selectbox(
        word("term.level").term.capitalize(),
        range(len(form.names)),
        level,
        format_func=lambda n: plain(f"{form.names[n]}: {form.grid_sizes[n][0]} x {form.grid_sizes[n][1]} cells"),
        key=level_key,
        help=word("term.level").hover,
        on_change=lambda: change_level(of, view.held(level_key)),
    )
    shapes = [plain(name) for name in form.shapes[level]]
    view.hold(shape_key, shape)

    def shaped() -> None:
        now.value[3] = view.held(shape_key)

    st.radio(
        word("lesson.shape").term,
        range(len(shapes)),
        shape,
        format_func=shapes.__getitem__,
        key=shape_key,
        on_change=shaped,
        help=word("lesson.shape").hover,
    )
    st.caption(f"Row {row}, column {column}")
    _lock_in(lambda: lock(of, list(now.value)))


@_show.register
def _(form: DrawBox, of: Asked, lock: Lock) -> None:
    st.caption(word("lesson.drag").sentence)
    st.caption(form.words(draft(of).value).capitalize())
    _lock_in(lambda: lock(of, list(draft(of).value)))


def _are_short(labels: Iterable[str]) -> bool:
    """Whether several fit side by side."""
    return max(map(len, labels)) <= SHORT


def _lock_in(act: Callable[[], None], button: Callable[..., Any] = st.button, **more: Any) -> None:
    told = word("lesson.lock")
    button(told.term, key="lesson_lock", help=told.hover, type="primary", icon=":material/lock:", on_click=act, **more)
