"""Every page on the double: nothing meets across devices, and what is shown is what the CPU shows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz.models import registry
from frcnn_viz.ui import survey
from frcnn_viz.ui.memory import MEMORY
from tests.device.double import DEVICE, models_move
from tests.pages.opening import contents, open_app, open_page, places

SMALL = {"min_size": "120", "max_size": "160", "rpn_pre_nms_top_n": "200"}
SELECTED = {"image": "football", "cell": "3", "anchor": "40", "candidate": "5", "proposal": "2", "object": "1"}
THIRD = {
    "weights": "random",
    "min_size": "64",
    "max_size": "96",
    "box_score_thresh": "0",
    "box_detections_per_img": "3",
}
HEADS = ("maskrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn")


@pytest.fixture(autouse=True, scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The double is the device that `auto` prefers; nothing was examined before, and nothing of it is left after."""
    with pytest.MonkeyPatch.context() as patch, models_move():
        patch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path_factory.mktemp("workspace")))
        patch.setattr(registry, "available_devices", lambda: [DEVICE.type, "cpu"])
        patch.setattr(registry, "_LOADED", OrderedDict())
        yield
        MEMORY.clear()


@pytest.fixture(autouse=True)
def nothing_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_DONE", OrderedDict())


def open_twice(name: str, then: Callable[[AppTest], object] = lambda test: None, **link: str) -> AppTest:
    """The page on the device, after a check that on the CPU it shows the same."""
    shown = []
    for where in ("cpu", "auto"):
        test = open_page(name, device=where, **link) if where == "cpu" else open_page(name, **link)
        then(test)
        assert not test.exception
        assert not test.error
        shown.append(list(contents(test)))
    assert shown[0] == shown[1]
    assert registry.load_detector(test.session_state["view"].model, random_weights="weights" in link).device == DEVICE
    return test


@pytest.mark.parametrize("name", sorted({*places()} - {"experiments/begin"}))  # a run knows no double
def test_page_shows_the_same(name: str) -> None:
    open_twice(name, **SMALL, **SELECTED)


@pytest.mark.parametrize("name", ["overview", "proposals", "rois", "detections", "court", "autopsy", "probe"])
def test_nothing_found_is_shown_the_same(name: str) -> None:
    open_twice(name, **SMALL, box_score_thresh="1.0", rpn_score_thresh="1.0")


@pytest.mark.parametrize("model", HEADS)
def test_the_third_head_shows_the_same(model: str) -> None:
    for name in ("third_head", "third_head/maps", "model", "model/modules"):
        open_twice(name, model=model, **THIRD)


def test_the_rpns_nms_is_judged_the_same() -> None:
    open_twice("court", lambda test: test.button_group(key="option_court.stage").set_value("rpn").run(), **SMALL)


def test_matches_with_the_switches_turned_are_the_same() -> None:
    def turn(test: AppTest) -> None:
        test.toggle(key="option_training.inside").set_value(True)
        test.toggle(key="option_training.snap").set_value(True).run()

    open_twice("training", turn, **SMALL, **SELECTED)


def test_losses_of_a_new_head_are_the_same() -> None:
    test = open_twice("training/losses", model=HEADS[0], **THIRD)
    assert any(warning.value.startswith("The head for") for warning in test.warning)


def test_the_app_itself_opens_there() -> None:
    test = open_app(**SMALL)
    assert not test.exception
    assert any(f"Running on {DEVICE.type}" in caption.value for caption in test.sidebar.caption)
