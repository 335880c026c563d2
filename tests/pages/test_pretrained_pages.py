"""Every page on a detector of torchvision's: three maps, 15 anchors a cell, 91 labels, on a checkpoint made here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import pytest
import torch

from frcnn_viz.models import registry
from frcnn_viz.models.pretrained import PRETRAINED
from tests.conftest import liven
from tests.models.publishing import publish
from tests.pages.opening import open_page, places, seen

NAME = "fasterrcnn_mobilenet_v3_large_320_fpn"


@pytest.fixture(scope="module", autouse=True)
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A random one in a hub folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.hub, "_hub_dir", str(tmp_path_factory.mktemp("hub")))
        patch.setattr(registry, "_LOADED", OrderedDict())
        torch.manual_seed(5)
        model = liven(PRETRAINED[NAME].build(91))
        with torch.no_grad():
            model.roi_heads.box_predictor.cls_score.weight.mul_(3000)
        publish(patch, NAME, model.state_dict())
        yield


@pytest.mark.parametrize("name", places())
def test_page_opens(name: str) -> None:
    test = open_page(name, model=NAME, image="crowd")
    assert not test.error
    assert seen(test).model == NAME
