"""The frame around the pages: navigation, sidebar, and one sentence for what goes wrong."""

from __future__ import annotations

import asyncio
import gc
import io
import runpy
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from frcnn_viz import paths
from frcnn_viz.data.scenes import SAMPLES
from frcnn_viz.models import registry
from frcnn_viz.models.registry import DEFAULT_DETECTOR, EMBEDDED, ENTRIES, RANDOM
from frcnn_viz.paths import APP, ROOT
from frcnn_viz.ui import images, library
from frcnn_viz.ui.frame.pages import PAGES
from tests.pages.opening import as_read, open_app, seen


def test_every_page_has_a_title() -> None:
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == set(PAGES)


def test_the_app_opens_on_the_overview() -> None:
    test = open_app()
    assert not test.exception
    assert not test.error
    assert test.title[0].value == "Overview"
    assert test.sidebar.selectbox(key="choose_image").value == next(iter(SAMPLES))


def test_the_server_starts_where_the_weights_are_damaged_and_the_page_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cut.safetensors").write_bytes(b"no weights")
    damaged = replace(ENTRIES[DEFAULT_DETECTOR], file=tmp_path / "cut.safetensors")
    monkeypatch.setitem(ENTRIES, DEFAULT_DETECTOR, damaged)
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    monkeypatch.setattr(images, "_routed", images._routed)  # which the app sets for its process

    async def start() -> None:
        async with runpy.run_path(str(APP))["warm_up"](None):
            gc.unfreeze()

    with ThreadPoolExecutor(1) as thread:  # a browser of other tests may have a loop in this one
        thread.submit(asyncio.run, start()).result()
    (error,) = open_app().error
    assert "cut.safetensors" in as_read(error.value)


def test_another_model_brings_its_own_settings() -> None:
    test = open_app(box_score_thresh="0.4")
    assert dict(seen(test).changes) == {"box_score_thresh": "0.4"}
    other = next(name for name in EMBEDDED if name != seen(test).model)
    test.sidebar.selectbox(key="choose_model").select(other).run()
    assert seen(test).model == other
    assert seen(test).changes == ()
    assert EMBEDDED[other].note in [caption.value for caption in test.sidebar.caption]


def test_another_image_keeps_the_settings_and_drops_the_selection() -> None:
    test = open_app(box_score_thresh="0.4", detection="1")
    other = list(SAMPLES)[1]
    test.sidebar.selectbox(key="choose_image").select(other).run()
    assert seen(test).image == other
    assert dict(seen(test).changes) == {"box_score_thresh": "0.4"}
    assert seen(test).selected == ()


@pytest.mark.parametrize("error", [ValueError("the picture is empty."), RuntimeError("boom")])
def test_an_error_is_one_sentence(error: Exception) -> None:
    def script(error: Exception) -> None:
        from frcnn_viz.ui.errors import show_error

        assert show_error(error)

    test = AppTest.from_function(script, args=(error,)).run()
    (shown,) = test.error
    assert "boom" not in shown.value
    assert shown.value == str(error) or "RuntimeError" in shown.value


def grey(value: int, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (50, 40), value).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_image_of_the_workspace_is_offered_beside_the_samples() -> None:
    key, _ = library.workspace().add(grey(128, "L"), "mine.png")
    test = open_app(image=key)
    assert not test.exception
    assert "Yours: mine.png" in test.sidebar.selectbox(key="choose_image").options
    assert "Converted from greyscale to RGB." in [caption.value for caption in test.sidebar.caption]
    assert seen(test).image == key


def test_next_and_previous_go_round_what_is_shown() -> None:
    test = open_app()
    test.sidebar.button(key="previous").click().run()
    assert seen(test).image == list(SAMPLES)[-1]  # of the street scenes, to which the first picture belongs
    test.sidebar.button(key="next").click().run()
    assert seen(test).image == next(iter(SAMPLES))
    keys = [library.workspace().add(grey(value), f"{value}.png")[0] for value in ("red", "green", "blue")]
    test = open_app(image=keys[0])
    test.session_state["kept_shown"] = keys[:2]
    for expected in (keys[1], keys[0]):
        test.sidebar.button(key="next").click().run()
        assert seen(test).image == expected
        assert not test.exception


def test_a_picture_that_was_removed_gives_way_to_a_sample() -> None:
    key, _ = library.workspace().add(grey(77, "L"), "gone.png")
    test = open_app(image=key)
    library.workspace().remove(key)
    test.run()
    assert not test.exception
    assert seen(test).image in SAMPLES
    assert "no longer in the workspace" in test.warning[0].value


def test_a_detector_whose_weights_are_missing_is_told_and_the_old_one_stays() -> None:
    test = open_app()
    before = seen(test).model
    test.sidebar.selectbox(key="choose_model").select("fasterrcnn_resnet50_fpn_v2").run()
    assert not test.exception
    assert (
        "is not here: fetch it on the page Model, or run `frcnn-viz models fetch fasterrcnn_resnet50_fpn_v2`"
        in as_read(test.warning[0].value)
    )
    assert seen(test).model == before
    assert test.sidebar.selectbox(key="choose_model").value == before


def test_random_weights_are_asked_for_said_on_the_page_and_kept_in_the_link() -> None:
    test = open_app()
    test.sidebar.toggle(key="choose_random").set_value(True).run()
    assert not test.exception
    assert test.warning[0].value == RANDOM
    assert seen(test).link()["weights"] == "random"
    test.sidebar.toggle(key="choose_random").set_value(False).run()
    assert not test.warning
    assert not seen(test).random


def test_a_picture_that_cannot_be_shown_leaves_the_sidebar_to_choose_another() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (20_000, 1)).save(buffer, "PNG")
    key, _ = library.workspace().add(buffer.getvalue(), "thin.png")
    test = open_app(image=key)
    assert not test.exception
    assert "is too thin for this detector" in test.error[0].value
    test.sidebar.selectbox(key="choose_image").select(list(SAMPLES)[1]).run()
    assert not test.error
    assert test.title[0].value == "Overview"


@pytest.mark.parametrize("script", ["st.stop()", "raise RuntimeError('boom')", "raise KeyError", "1 +"])
def test_the_sidebar_outlives_any_page(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pages").mkdir()
    for name in PAGES:
        (tmp_path / "pages" / f"{name}.py").write_text(f"import streamlit as st\nst.title('Broken')\n{script}\n")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    test = open_app()
    assert [box.key for box in test.sidebar.selectbox] == [
        "choose_image",
        "choose_set",
        "choose_model",
        "choose_device",
    ]
