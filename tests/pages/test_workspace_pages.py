"""The pages about your own images, on a workspace with all that can be in one."""

from __future__ import annotations

import io
import json
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
from PIL import Image

from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.formats import FORMATS, read_dataset, written_files, zip_dataset
from frcnn_viz.data.importing import import_source
from frcnn_viz.data.sources import from_bytes
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.ui import library, survey
from frcnn_viz.ui.export import coco_ids
from tests.pages.opening import open_app, open_page, seen
from tests.pictures import picture

CAR, CAT = Object((10, 10, 90, 60), "car"), Object((20, 30, 100, 110), "cat")
FLAT, OUTSIDE = Object((5, 5, 5, 9), "car"), Object((80, 80, 400, 200), "car")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    return library.workspace()


def add(workspace: Workspace, seed: int, *objects: Object) -> str:
    workspace.add_classes(one.label for one in objects)
    return workspace.add(picture(seed, 160, 120), f"{seed}.png", objects)[0]


def test_a_picture_too_thin_is_left_out_of_the_set(workspace: Workspace) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (1, 20_000)).save(buffer, "PNG")
    workspace.add(buffer.getvalue(), "thin.png", [CAR])
    add(workspace, 1, CAR, CAT)
    for name in ("lab/whole_set", "autopsy/waterfall", "metrics"):
        test = open_page(name, set="yours")
        assert not test.error
        assert "left out: 1 of 2." in " ".join(caption.value for caption in test.caption)


@pytest.mark.parametrize("text", ["[" * 2000, "3", '{"car": 1}', '["cat"', '[["car"]]'])
def test_classes_that_a_link_names_badly_are_left_out(text: str, workspace: Workspace) -> None:
    add(workspace, 1, CAR, CAT)
    test = open_page("images", **{"images.labels": text})
    assert set(test.multiselect[0].value) <= {"car"}


def test_findings_are_mended_only_when_asked(workspace: Workspace) -> None:
    key = add(workspace, 3, CAR, FLAT, OUTSIDE)
    test = open_page("images/draw", image=key)
    assert [w.value.split(" at ")[0] for w in test.warning] == ["3.png: object 1 (car)", "3.png: object 2 (car)"]
    assert workspace.item(key).objects == (CAR, FLAT, OUTSIDE)
    test.button(key="mend_1").click().run()
    assert workspace.item(key).objects == (CAR, FLAT, Object((80, 80, 160, 120), "car"))
    test.button(key="mend_0").click().run()
    assert workspace.item(key).objects == (CAR, Object((80, 80, 160, 120), "car"))
    test.button(key="restore").click().run()
    assert FLAT in workspace.item(key).objects
    assert not test.exception


def test_a_whole_kind_is_mended_at_once(workspace: Workspace) -> None:
    first, second = add(workspace, 4, CAR, FLAT), add(workspace, 5, FLAT, CAT)
    test = open_page("images/check")
    assert test.warning[0].value.startswith("2 findings.")
    test.button(key="mend_DEGENERATE").click().run()
    assert not test.exception
    assert "Nothing is wrong" in test.success[0].value
    assert [workspace.item(key).objects for key in (first, second)] == [(CAR,), (CAT,)]


def test_a_finding_is_shown_on_its_image(workspace: Workspace) -> None:
    _, second = add(workspace, 1, CAR, FLAT), add(workspace, 2, CAR, OUTSIDE)
    test = open_page("images/check")
    test.session_state["findings_2"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    test.run().button(key="show_finding").click().run()
    assert not test.exception
    assert (seen(test).image, dict(seen(test).options)["images.tab"]) == (second, "draw")


def test_a_sample_is_copied_to_be_drawn_on(workspace: Workspace) -> None:
    test = open_page("images/draw")
    test.button(key="draw_copy").click().run()
    (item,) = workspace.items()
    assert seen(test).image == item.id
    assert item.objects
    assert not test.exception


def test_the_detections_are_a_start(workspace: Workspace) -> None:
    test = open_page("images/draw")
    test.button(key="draw_copy").click().run()
    (item,) = workspace.items()
    workspace.save(item.id, [])
    test.run()
    test.button(key="start").click().run()
    assert len(workspace.item(item.id).objects) > 3
    assert not test.exception


def test_a_change_of_another_tab_is_shown(workspace: Workspace) -> None:
    key = add(workspace, 6, CAR)
    test = open_page("images/draw", image=key)
    assert test.session_state["kept_drawn"][key].epoch == 0
    workspace.save(key, [CAR, CAT])
    test.run()
    assert test.session_state["kept_drawn"][key].epoch == 1


def test_a_removed_image_gives_way_to_the_next(workspace: Workspace) -> None:
    first, second = add(workspace, 7), add(workspace, 8)
    test = open_page("images/draw", image=first)
    test.button(key="remove").click().run()
    assert workspace.ids == (second,)
    assert seen(test).image == second
    assert not test.exception


def test_misses_are_counted_once_and_filtered(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_DONE", OrderedDict())
    missed, empty = add(workspace, 9, CAR, CAT), add(workspace, 10)
    test = open_page("images")
    test.button(key="survey").click().run()
    told = [caption.value for caption in test.caption]
    start = told.index("The detector does not know 1 of the 2 classes drawn here.")
    assert told[start + 1].startswith("1 of 1 objects missed, ")
    assert "left out: 1." in told[start + 2]
    assert len(survey._DONE) == 2
    test.selectbox(key="option_images.state").set_value("with misses").run()
    assert test.session_state["kept_shown"] == [missed]
    test.selectbox(key="option_images.state").set_value("without objects").run()
    assert test.session_state["kept_shown"] == [empty]
    workspace.save(missed, [])
    test.selectbox(key="option_images.state").set_value("with misses").run()
    assert test.session_state["kept_shown"] == []


@pytest.mark.parametrize("format_", ["voc", "coco", "cvat"])
def test_the_export_brings_everything_back(workspace: Workspace, tmp_path: Path, format_: str) -> None:
    add(workspace, 11, CAR, CAT)
    add(workspace, 12)
    content = zip_dataset(workspace.dataset(), format_, workspace.picture)
    source = from_bytes({"export.zip": content})
    other = Workspace(tmp_path / "other")
    import_source(other, source, read_dataset(source))
    strip = lambda item: (item.id, item.name, item.objects)  # noqa: E731
    assert [strip(item) for item in other.items()] == [strip(item) for item in workspace.items()]


def test_images_of_one_name_are_told_apart_in_an_export(workspace: Workspace) -> None:
    for seed in (13, 14):
        content = workspace.picture_path(add(workspace, seed)).read_bytes()
        workspace.remove(workspace.ids[-1])
        workspace.add(content, "same.png", [CAR])
    names = zipfile.ZipFile(io.BytesIO(zip_dataset(workspace.dataset(), "voc"))).namelist()
    assert len(set(names)) == 2


def test_an_unusable_workspace_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "file" / "workspace"))
    test = open_page("images")
    assert "cannot be made" in test.error[0].value
    assert not open_app().exception


def test_a_file_is_made_and_offered(workspace: Workspace) -> None:
    for seed, name in ((17, "stop\tsign"), (18, "x" * 99)):
        add(workspace, seed, Object(CAR.box, name))
    test = open_page("images")
    for format_ in FORMATS:
        test.selectbox(key="export_format").set_value(format_).run()
        test.button(key="export").click().run()
        assert not test.exception
        assert [e.value for e in test.error] == []
        (save,) = test.get("download_button")
        assert save.proto.label == f"Save frcnn-viz-{format_}.zip"


@pytest.mark.parametrize(("key", "ending"), [("export_csv", "csv"), ("export_coco", "json")])
def test_the_boxes_of_a_stage_are_made_and_offered(workspace: Workspace, key: str, ending: str) -> None:
    test = open_page("detections/export", image=add(workspace, 25, CAR))
    test.button(key=key).click().run()
    assert not test.exception
    (save,) = test.get("download_button")
    assert save.proto.label == f"Save 25-street-fpn-detections.{ending}"


def test_what_goes_wrong_in_making_a_file_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    add(workspace, 19, CAR)
    test = open_page("images")
    monkeypatch.setattr(Workspace, "dataset", lambda self: (_ for _ in ()).throw(DataError("the disk is on fire.")))
    test.button(key="export").click().run()
    assert [e.value for e in test.error] == ["the disk is on fire."]
    assert not test.get("download_button")
    assert test.text_area(key="workspace_notes")  # the page goes on below


def test_damaged_images_are_told_and_can_be_removed(workspace: Workspace) -> None:
    keys = [add(workspace, seed, CAR) for seed in (20, 21, 22)]
    (workspace.folder / "annotations" / f"{keys[0]}.json").write_text("[]")
    workspace.picture_path(keys[1]).unlink()
    test = open_page("images", image=keys[1])
    told = [w.value for w in test.warning]
    assert sum(f"image {keys[0]}" in sentence for sentence in told) == 1
    assert sum("The picture of 21.png" in sentence for sentence in told) == 1
    assert seen(test).image == "first-street"
    for key in keys[:2]:
        test.button(key=f"remove_{key}").click().run()
        assert not test.exception
    assert workspace.ids == (keys[2],)
    assert not test.warning


def test_an_index_made_again_is_told_until_dismissed(workspace: Workspace) -> None:
    add(workspace, 23, CAR)
    (workspace.folder / "workspace.json").write_text("null")
    test = open_page("images")
    assert "workspace.json.damaged-" in test.warning[0].value
    test.button(key="told").click().run()
    assert not test.warning


def test_a_change_that_cannot_be_made_is_told(workspace: Workspace) -> None:
    key = add(workspace, 24, CAR, FLAT)
    test = open_page("images/draw", image=key)
    (workspace.folder / "annotations" / f"{key}.json").write_text("[]")
    test.button(key="mend_0").click().run()
    assert not test.exception
    assert "The annotations of image" in test.warning[0].value


def test_results_go_with_the_ground_truths_export(workspace: Workspace) -> None:
    add(workspace, 15, CAT)
    key = add(workspace, 16, CAR)
    ((_, content),) = written_files(workspace.dataset(), "coco")
    truth = json.loads(content)
    image_id, categories = coco_ids(workspace.item(key), ("background", "person", "car"))
    assert [image["file_name"] for image in truth["images"] if image["id"] == image_id] == ["16.png"]
    assert list(categories) == [2]
    assert [c["name"] for c in truth["categories"] if c["id"] == categories[2]] == ["car"]
