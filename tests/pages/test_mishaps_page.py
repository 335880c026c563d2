"""The page of trainings side by side."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.opening import open_page


def told(test: AppTest) -> str:
    return " ".join(element.value for kind in ("caption", "markdown") for element in test.get(kind))


def test_a_mishap_is_a_click_and_its_outcome_stands_beside_the_control() -> None:
    test = open_page("experiments/fails")
    assert "click its button" in told(test)
    test.button(key="mishap_background").click().run()
    assert not test.exception
    children = test.session_state["kept_mishaps"]
    assert set(children) == {"control", "background"}
    for child in children.values():
        child.wait(100)
    test.run()
    assert not test.exception
    assert not test.error
    assert "Nothing can be learnt from these 16 images" in told(test)
    (table,) = [frame.value for frame in test.dataframe if "measured" in frame.value.columns]
    captions = {scene.caption for scene in test.session_state["kept_canvases"].values()}
    assert captions == {"Background only, Picture 4", "Control, Picture 4"}
    figures = table.set_index("measured")
    spoilt, control = figures["Background only"], figures["Control"]
    assert spoilt["Positive anchors"] == "0"
    assert spoilt["Found by their class"].startswith("0 of ")
    assert not control["Found by their class"].startswith("0 of ")


def test_another_mishap_ends_the_one_that_is_under_way() -> None:
    test = open_page("experiments/fails")
    test.button(key="mishap_rate").click().run()
    first = dict(test.session_state["kept_mishaps"])
    test.button(key="mishap_label").click().run()
    assert not test.exception
    children = test.session_state["kept_mishaps"]
    assert set(children) == {"control", "label"}
    assert children["control"] is first["control"]
    assert not first["rate"].is_running
    for child in children.values():
        child.stop()


def test_stopped_it_is_forgotten_and_can_be_begun_again() -> None:
    test = open_page("experiments/fails")
    test.button(key="mishap_rate").click().run()
    children = list(test.session_state["kept_mishaps"].values())
    test.button(key="mishap_stop").click().run()
    assert not test.exception
    assert not any(child.is_running for child in children)
    assert test.session_state["kept_mishaps"] == {}
    assert [one.key for one in test.button if one.key == "mishap_stop"] == []
