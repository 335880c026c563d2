"""Everything a notebook shows, of a trace on the double: the same messages, pictures and words as of one on the CPU."""

from __future__ import annotations

import pytest
import torch

from frcnn_viz import GroundTruth, autopsy, compare, load_detector, trace
from frcnn_viz.notebook.stages import KINDS, SCENES
from frcnn_viz.notebook.story import Story
from frcnn_viz.pipeline.settings import Settings
from tests.conftest import make_image

TRUTH = GroundTruth(torch.tensor([[20.0, 20.0, 60.0, 70.0]]), ("car",))
STAGES = [stage for stage in SCENES if stage not in ("masks", "keypoints")]


def story_on(device: str) -> Story:
    detector = load_detector("street-fpn", device)
    settings = Settings.of(detector.model).replace(min_size=128, max_size=128, box_score_thresh=0.0)
    return trace(detector, make_image(96, 128), settings)


@pytest.mark.usefixtures("device")
def test_all_that_is_shown_is_that_of_the_cpu() -> None:
    there, here = story_on("auto"), story_on("cpu")
    assert there.device.type != here.device.type
    for stage in STAGES:
        views = [story.show(stage) for story in (there, here)]
        for view in views:
            view.selected = (KINDS.get(stage, ""), 3)
        assert views[0].messages == views[1].messages
        assert views[0]._repr_mimebundle_()[0]["image/png"] == views[1]._repr_mimebundle_()[0]["image/png"]
        if stage != "overview":
            assert repr(getattr(there, stage)) == repr(getattr(here, stage))
    verdicts = [autopsy(story, TRUTH) for story in (there, here)]
    assert repr(verdicts[0]) == repr(verdicts[1])
    assert verdicts[0].show().messages == verdicts[1].show().messages
    pairs = [compare(story, story.at(box_nms_thresh=0.2)) for story in (there, here)]
    assert repr(pairs[0]) == repr(pairs[1])
