"""Links made bad on purpose open the app all the same, with what was good in them."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.settings import FIELD_NAMES, Settings, SettingsError
from tests.fuzz import COUNT, bad_link, bounded

OTHERS = ("model", "weights", "image", "device", "proposal", "detection", "anchor")


def script() -> None:
    from frcnn_viz.ui import session, view

    session.arrive("overview")
    session.current()
    for sentence in view.told():
        assert sentence.encode()


def test_settings_of_a_bad_link_are_taken_or_refused_in_a_sentence() -> None:
    defaults = Settings.of(load_detector().model)
    make = bad_link(FIELD_NAMES)
    for number in range(4 * COUNT):
        with bounded("settings", number), suppress(SettingsError):
            changed = defaults.with_text(make(Random(f"settings {number}")))
            assert defaults.with_text(changed.changes(defaults)) == changed


@pytest.mark.parametrize("number", range(COUNT // 30))
def test_a_bad_link_opens_the_app(number: int) -> None:
    test = AppTest.from_function(script, default_timeout=60)
    test.query_params.update(bad_link((*OTHERS, *OTHERS, *FIELD_NAMES))(Random(f"link {number}")))
    assert not test.run().exception
