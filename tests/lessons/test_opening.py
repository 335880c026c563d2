"""A student's picture, detector and settings are found again, wherever the picture is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.sample_clips import SAMPLE_CLIPS
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.lessons import Stage
from frcnn_viz.lessons.grade import grade
from frcnn_viz.lessons.opening import open_scene
from frcnn_viz.lessons.record import Record, Row, open_row
from frcnn_viz.lessons.shelf import BUILT_IN
from frcnn_viz.models.entry import ModelError
from frcnn_viz.paths import ASSETS
from frcnn_viz.pipeline.settings import SettingsError
from tests.lessons.scenes import MEMORY, scene

RESIZE = BUILT_IN[1]
ROW = Row("resize", Stage.PREDICT, "object", "fog", "", "street-c4", "", settings={"min_size": "200"})


def test_a_row_gives_the_scene_it_was_made_on() -> None:
    where = scene("fog", "street-c4").at(min_size=200)
    question = RESIZE.questions(where, "7")[1]
    row = open_row("resize", Stage.PREDICT, question, where).answered(question, question.right, 1.0, 1.0)
    (one,) = grade(Record("Ada", "7", (row,)), BUILT_IN, lambda row: open_scene(row, "cpu", MEMORY))
    assert (one.score, one.agrees, one.row) == (1.0, True, row)
    assert open_scene(row, "cpu").settings == where.settings


def test_frames_and_ones_own_pictures_are_found(workspace: Path) -> None:
    frame = open_scene(replace(ROW, picture=f"clip:{next(iter(SAMPLE_CLIPS))}@3"), "cpu")
    assert len(frame.objects)
    kept = Workspace(workspace)
    key, _ = kept.add((ASSETS / "icon.png").read_bytes(), "icon.png")
    row = replace(ROW, picture=key)
    assert open_scene(row, "cpu").truth is None
    assert len(open_scene(row, "cpu").objects) == 0
    kept.save(key, [Object((1.0, 1.0, 20.0, 30.0), "ball")])
    assert open_scene(row, "cpu").objects.names == ("ball",)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"picture": "0123456789abcdef"}, DataError),
        ({"picture": "../fog"}, DataError),
        ({"picture": "clip:none@0"}, DataError),
        ({"detector": "mine"}, ModelError),
        ({"settings": {"min_size": "1e9"}}, SettingsError),
        ({"settings": {"nothing": "1"}}, SettingsError),
    ],
)
def test_what_is_not_here_is_told(workspace: Path, changes: dict, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"\.$"):
        open_scene(replace(ROW, **changes), "cpu")
