"""What a browser says of its widgets, believed or not as the runs follow each other."""

from __future__ import annotations

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.state import SessionState

from frcnn_viz.ui import overlap
from frcnn_viz.ui.overlap import CLOSE, is_to_be_sent_again, mend_overlaps, up_to_date


def of(key: str) -> str:
    """A widget's id."""
    return f"$$ID-0123456789abcdef-{key}"


def message(pressed: bool = False, **values: float) -> WidgetStates:
    widgets = [WidgetState(id=of(key), double_value=value) for key, value in values.items()]
    return WidgetStates(widgets=[*widgets, *([WidgetState(id=of("go"), trigger_value=True)] if pressed else [])])


def keys(states: WidgetStates) -> list[str]:
    return [one.id.removeprefix(of("")) for one in states.widgets]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> overlap._Browser:
    """One that has told nothing; what a test does to this thread and to Streamlit ends with it."""
    monkeypatch.setattr(overlap, "_run", overlap._Run())
    for name in ("on_script_will_rerun", "on_script_finished"):
        monkeypatch.setattr(SessionState, name, getattr(SessionState, name))
    return overlap._Browser()


def end(browser: overlap._Browser, seconds_ago: float = 0.0) -> None:
    browser.runs, browser.ended = False, overlap.monotonic() - seconds_ago


def test_all_is_believed_of_who_has_drawn_the_run_before(browser: overlap._Browser) -> None:
    assert keys(up_to_date(browser, message(a=1, b=2))) == ["a", "b"]
    end(browser, 2 * CLOSE)
    assert keys(up_to_date(browser, message(a=1, b=2))) == ["a", "b"]
    assert not is_to_be_sent_again("a")
    assert not is_to_be_sent_again("c")


@pytest.mark.parametrize("ended", [True, False])
def test_of_who_may_not_have_drawn_it_only_news_are_believed(ended: bool, browser: overlap._Browser) -> None:
    up_to_date(browser, message(True, a=1, b=2))
    if ended:
        end(browser)
    assert keys(up_to_date(browser, message(True, a=1, b=3))) == ["b", "go"], "what was pressed is pressed once more"
    assert [is_to_be_sent_again(key) for key in ("a", "b", "c")] == [True, False, True]
    typed = [is_to_be_sent_again(key, typed=True) for key in ("a", "b", "c")]
    assert typed == [False, False, True], "what is being typed is not told yet"


@pytest.mark.usefixtures("browser")
def test_what_is_shown_where_a_run_ends_by_asking_for_another_is_sent_again() -> None:
    mend_overlaps()
    mend_overlaps()
    assert not hasattr(SessionState.on_script_will_rerun.__wrapped__, "__wrapped__")
    state = SessionState()
    state.on_script_will_rerun(message(a=1))
    assert not is_to_be_sent_again("a")
    state.on_script_finished(frozenset())
    assert is_to_be_sent_again("a")
    assert not is_to_be_sent_again("a", typed=True)
    state.on_script_will_rerun(message(a=1, b=1))
    assert is_to_be_sent_again("a")
    assert not is_to_be_sent_again("b")
