"""What can be shown of a story, and how it looks where no widget runs."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models.detection import FasterRCNN, KeypointRCNN, MaskRCNN
from torchvision.ops import MultiScaleRoIAlign

from frcnn_viz import Detector, GroundTruth, autopsy, compare, trace
from frcnn_viz.canvas.pictures import data_url, png
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Overlay
from frcnn_viz.extras import lacking
from frcnn_viz.notebook.stages import KINDS, SCENES, StageView
from frcnn_viz.notebook.still import Still, picture
from frcnn_viz.notebook.story import Story
from frcnn_viz.pipeline.settings import SettingsError
from tests.conftest import SMALL, build_tiny_fpn, liven, make_image

BOXES_ONLY = [stage for stage in SCENES if stage not in ("masks", "keypoints")]


def opened(text: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where anywidget is not installed."""
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.warns(UserWarning, match="This is a still picture.") as told:
        yield
    assert str(told[0].message).endswith(lacking("notebook"))


@pytest.mark.parametrize("stage", BOXES_ONLY)
@pytest.mark.usefixtures("without")
def test_without_the_extra_there_is_a_picture_and_text(stage: str, story: Story) -> None:
    still = story.show(stage)
    assert isinstance(still, Still)
    bundle = still._repr_mimebundle_()
    height, width = story.input.padded_size if stage == "input" else story.input.image_size
    assert opened(bundle["image/png"]).shape == (height, width, 3)
    result = story.detections if stage == "overview" else getattr(story, stage)
    assert bundle["text/plain"] == repr(still) == f"{story!r}\n{result!r}"


def test_a_widget_has_the_picture_too(story: Story) -> None:
    data, _ = story.show("proposals")._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    assert opened(data["image/png"]).shape == (120, 160, 3)


def test_a_still_has_the_boxes_that_are_shown_at_first_and_the_overlay() -> None:
    grey, red = np.full((40, 60, 3), 100, np.uint8), np.array([[[255, 0, 0]]], np.uint8)
    boxes = torch.tensor([[30.0, 10, 50, 30], [5.0, 5, 15, 15], [20.0, 20, 25, 25]])
    scores, legend = torch.tensor([0.9, 0.2, 0.9]), [("a", "#00FF00"), ("b", "#0000FF")]
    layer = BoxLayer("l", boxes, legend, torch.tensor([0, 0, 1]), scores=scores, width=1.0, hidden_groups=(1,))
    overlay = Overlay(data_url(png(red)), (0.0, 0.0, 10.0, 40.0), 0.5)
    drawn = opened(picture([CanvasScene(data_url(png(grey)), 60, 40, [layer], overlay=overlay, score_from=0.5)]))
    expected = grey.copy()
    expected[:, :10] = [178, 50, 50]  # half of red over it
    expected[10:31, 30:51] = [0, 255, 0]
    expected[11:30, 31:50] = 100
    np.testing.assert_allclose(drawn.astype(int), expected.astype(int), atol=1)


@pytest.mark.parametrize("stage", [stage for stage in BOXES_ONLY if stage in KINDS])
def test_what_is_chosen_and_not_there_is_taken_for_nothing(stage: str, story: Story) -> None:
    view = StageView(story, stage)
    ((plain,), *others) = (view.scenes(chosen) for chosen in (None, (KINDS[stage], 10**9), ("object", 0)))
    for (scene,) in others:
        assert [layer.name for layer in scene.layers] == [layer.name for layer in plain.layers]


@pytest.mark.parametrize(
    ("stage", "level", "told"),
    [
        ("nms", None, "there is no stage 'nms' to show; choose one of overview, input"),
        ("masks", None, "tiny has no masks; its last stage is detections."),
        ("anchors", 4, "there is no level 4; the levels are 0 to 3."),
        ("anchors", -1, "there is no level -1; the levels are 0 to 3."),
    ],
)
def test_what_cannot_be_shown_is_refused(stage: str, level: int | None, told: str, story: Story) -> None:
    with pytest.raises(ValueError, match=told):
        story.show(stage, level=level)


def test_at_other_settings_only_what_depends_on_them_is_computed_again(story: Story) -> None:
    url, other = story.url, story.at(box_score_thresh=0.9)
    assert other.url is url
    assert other.proposals is story.proposals
    assert other.settings == story.settings.replace(box_score_thresh=0.9)
    assert story.at(other.settings).detections is other.detections
    with pytest.raises(SettingsError, match="there is no setting 'nms'"):
        story.at(nms=1)


def test_a_comparison_counts_every_detection_once(story: Story) -> None:
    fewer = story.at(box_detections_per_img=3)
    told = repr(compare(story, fewer))
    counts = dict(line.strip().rsplit(maxsplit=1) for line in told.splitlines()[3:])
    assert counts == {
        "the same": "3",
        "moved": "0",
        "rescored": "0",
        "only in A": str(len(story.detections) - 3),
        "only in B": "0",
    }


def test_pictures_that_differ_are_not_compared(story: Story, tiny_fpn: FasterRCNN) -> None:
    other = trace(story.detector, (make_image(120, 160, seed=1) * 255).byte())
    with pytest.raises(ValueError, match="are different pictures; compare two traces of one"):
        compare(story, other)


def test_an_autopsy_tells_each_object_and_shows_its_evidence(story: Story) -> None:
    truth = GroundTruth(torch.tensor([[10.0, 10, 60, 60], [80.0, 20, 90, 100]]), ("ant", "zebra"))
    verdicts = autopsy(story, truth)
    lines = repr(verdicts).splitlines()
    assert len(lines) == 4
    assert {finding.sentence for finding in verdicts.examination.findings} == {
        line[lines[1].index("why") :] for line in lines[2:]
    }
    view = verdicts.show()
    before = len(view._scenes[0].layers)
    view.selected = ("object", 0)
    assert len(view._scenes[0].layers) > before
    view.pick = {"panel": 0, "layer": "false alarm", "id": int(verdicts.examination.alarms[0].detection)}
    assert view.selected is None


def test_a_model_that_finds_nothing_can_be_shown() -> None:
    model = build_tiny_fpn(box_score_thresh=1.0)
    story = trace(Detector("none", "None", "", model, tuple("_abcd")), make_image(60, 80))
    for stage in BOXES_ONLY:
        assert story.show(stage)._repr_mimebundle_()
    assert repr(story.detections).startswith("Detections: 0 of ")


@pytest.mark.parametrize(("stage", "form"), [("masks", MaskRCNN), ("keypoints", KeypointRCNN)])
def test_a_third_head_is_shown_with_its_detections(stage: str, form: type, tiny_fpn: FasterRCNN) -> None:
    heads, pool = tiny_fpn.roi_heads, {f"{stage[:-1]}_roi_pool": MultiScaleRoIAlign(["0", "1", "2"], 14, 2)}
    parts = {"rpn_anchor_generator": tiny_fpn.rpn.anchor_generator, "box_roi_pool": heads.box_roi_pool, **pool}
    model = liven(form(tiny_fpn.backbone, **parts, **SMALL, box_score_thresh=0.2, box_detections_per_img=5))
    story = trace(Detector("three", "Three", "", model, tuple("_abcd")), make_image(60, 80))
    view = StageView(story, stage)
    last = int(story.detections.kept[-1])
    (scene,) = view.scenes(("detection", last))
    assert scene.layers[0].ids.tolist() == story.detections.kept.tolist()
    if stage == "masks":
        assert scene.overlay.extent == (0, 0, 80, 60)
    else:
        points = story.keypoints.points_in_image[-1, :, :2]
        corners = scene.layers[1].boxes_in_image
        torch.testing.assert_close((corners[:, :2] + corners[:, 2:]) / 2, points)
    assert opened(story.show(stage)._repr_mimebundle_()[0]["image/png"]).shape == (60, 80, 3)
