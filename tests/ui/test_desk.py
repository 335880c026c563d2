"""Keys step through parts of the view; where that cannot be, nothing happens and the page goes on."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.ui.frame.desk import KEYS
from frcnn_viz.ui.view import View


def script(key: str) -> None:
    from types import SimpleNamespace

    from frcnn_viz.ui import session, view
    from frcnn_viz.ui.frame import desk

    if view.restored() == 0:
        session.arrive("detections")
    view.hold("desk", SimpleNamespace(press=key))
    desk._pressed()


def pressed(key: str, seen: View | None = None, **link: str) -> View:
    test = AppTest.from_function(script, default_timeout=60, args=(key,))
    test.query_params.update(link)
    if seen:
        test.session_state["view"], test.session_state["restored"] = seen, 1
    assert not test.run().exception
    return test.session_state["view"]


def test_detections_and_levels_are_gone_through_round_their_ends() -> None:
    ((kind, first),) = pressed("j").selected
    ((_, last),) = pressed("k", detection=str(first)).selected
    assert kind == "detection"
    assert first != last
    assert pressed("j", detection=str(last)).selected == ((kind, first),)
    assert dict(pressed("l").options) == {"stage.level": "1"}


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_can_do_nothing_does_nothing(key: str) -> None:
    unfit = pressed("", anchor_sizes="8_12|16|32|64|128")
    assert pressed(key, unfit).changes == unfit.changes
    gone = View("detections", image="0" * 16)
    assert pressed(key, gone).image in ("0" * 16, View.image)
