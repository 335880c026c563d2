"""The card of the open lesson, in the sidebar beside every page."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.lessons import Stage
from frcnn_viz.lessons.record import TRIES, Row
from frcnn_viz.ui import view
from frcnn_viz.ui.children import act_button
from frcnn_viz.ui.errors import show_error
from frcnn_viz.ui.lessons import answers
from frcnn_viz.ui.lessons.asked import NUMBER, STAGE, Asked, asked
from frcnn_viz.ui.lessons.drafts import drafts
from frcnn_viz.ui.lessons.forms import answer_form
from frcnn_viz.ui.lessons.shelf import shelf
from frcnn_viz.ui.lessons.steps import (
    find_picture,
    go_on,
    is_begun,
    leave,
    lock_in,
    next_lesson,
    read_hint,
    reveal,
    seconds_shown,
    show_question,
    waiting,
)
from frcnn_viz.ui.progress import progress
from frcnn_viz.ui.text import plain
from frcnn_viz.words import word

MOST_WORDS = 60
"""Characters of an answer that is repeated."""


def lesson_card() -> None:
    """Show the lesson that is open; nothing where none is."""
    if not view.now().lesson:
        return
    with st.container(key="lesson_card", border=True):
        _head()
        try:
            with st.spinner(word("lesson.working").term):
                of = asked()
        except (RuntimeError, ValueError) as error:
            show_error(error)
            lesson = shelf().find(view.now().lesson)
            if lesson and not is_begun(lesson):
                act_button("lesson.find", find_picture, lesson)
            return
        seconds_shown(of)
        _question(of)
        if of.key in waiting():
            _work_out(of)
        elif of.question.later and of.row.tries:
            act_button("lesson.work_out", waiting().setdefault, of.key, None)
        elif of.row.is_done:
            _done(of, of.row)
        elif of.is_here:
            _tries(of, of.row)
            answer_form(of, lock_in)
            if of.row.tries and of.row.hints < len(of.question.hints):
                act_button("lesson.hint", read_hint, of, type="tertiary", icon=":material/lightbulb:")
        else:
            st.info(word("lesson.elsewhere").sentence)
            act_button("lesson.back", show_question, of, type="primary")


def card_state() -> tuple[object, ...]:
    """What the card shows, as far as a page can change it."""
    now = view.now()
    if not now.lesson:
        return ()
    return now.lesson, STAGE.value, NUMBER.value, now.changes, answers.stamp(), str(drafts())


def _head() -> None:
    known, record = list(shelf()), answers.record()
    over = sum(record.is_over(one.name) for one in known)
    tried = len({row.lesson for row in record.rows if row.tries} & {one.name for one in known})
    lesson = shelf().find(view.now().lesson)
    with st.container(key="lesson_head", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(f'{lesson.number}. {lesson.title}' if lesson else view.now().lesson[:40])}**")
        told = word("lesson.leave")
        st.button(
            told.term, key="lesson_leave", help=told.hover, type="tertiary", icon=":material/close:", on_click=leave
        )
    if answers.SEED.value not in ("", record.seed):
        st.caption(word("lesson.other_seed").sentence)
    st.progress(over / max(1, len(known)), f"Lessons done: {over} of {len(known)}, tried: {tried}")


def _question(of: Asked) -> None:
    where = word(f"lesson.stage.{of.stage}").term
    if len(of.questions) > 1:
        where += f", question {of.number + 1} of {len(of.questions)}"
    st.caption(where, help=plain(of.lesson.goal))
    st.markdown(plain(of.question.text))


def _work_out(of: Asked) -> None:
    """Run what the answer needs, then judge what was given."""
    stop = lambda: waiting().pop(of.key, None)  # noqa: E731
    try:
        with progress("lesson_work", word("lesson.work_stop").sentence, stop) as tell:
            of = of.settled(tell)
    except (RuntimeError, ValueError) as error:
        stop()
        show_error(error)
        return
    if (given := stop()) is not None:
        lock_in(of, given)
    st.rerun()


def _tries(of: Asked, row: Row) -> None:
    """What was wrong so far and why, as far as that is known, and the hints that were read."""
    for answer in map(of.read, row.tries):
        if answer is None or of.question.is_right(answer):
            continue
        mistake, words = of.question.mistake(answer), of.question.form.words(answer)
        reason = mistake.reason if mistake else word("lesson.not_yet").term
        said = f"{plain(words)}: " if len(words) <= MOST_WORDS else ""
        reason = reason if said else reason[:1].upper() + reason[1:]
        sentence = mistake.sentence if mistake else word("lesson.not_yet").sentence
        st.warning(f"{said}**{plain(reason)}.** {plain(sentence)}")
    for hint in of.question.hints[: row.hints]:
        st.info(plain(hint))
    if row.tries and not row.is_done:
        st.caption(f"Answers left: {TRIES - len(row.tries)}")


def _done(of: Asked, row: Row) -> None:
    question = of.question
    if row.is_right:
        st.success(f"**{word('lesson.right').term}**: {plain(question.solution)}")
    else:
        st.info(f"**{word('lesson.solution').term}**: {plain(question.solution)}")
    st.markdown(plain(question.why))
    if question.code:
        with st.expander(word("tab.code").term):
            st.code(question.code.strip())
    with st.container(horizontal=True):
        act_button(_next_word(of), go_on, of, type="primary")
        act_button("lesson.show", reveal, of)
    if row.hints or not row.tries[0].right:
        with st.expander(word("lesson.tries").term):
            _tries(of, row)


def _next_word(of: Asked) -> str:
    if of.next_open is not None:
        return "lesson.next_question"
    if of.stage is Stage.PREDICT:
        return "lesson.transfer"
    return "lesson.next_lesson" if next_lesson(of) else "lesson.finish"
