from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from frcnn_viz.analysis.metrics import evaluate
from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.models.registry import load_detector
from frcnn_viz.models.street import street_c4
from frcnn_viz.training.evaluation import evaluate_samples
from frcnn_viz.training.samples import Samples

CLASSES = load_detector("street-c4", "cpu").classes[1:]


@pytest.fixture(scope="module")
def samples() -> Samples:
    scenes = [sample_scene(name) for name in ("first-street", "crowd")]
    pixels = [np.asarray(scene.image.reduce(2)).transpose(2, 0, 1) for scene in scenes]
    return Samples(pixels, [scene.boxes_in_image / 2 for scene in scenes], [scene.labels for scene in scenes])


def plain(samples: Samples) -> list[tuple[Tensor, GroundTruth]]:
    names = [tuple(CLASSES[label - 1] for label in labels.tolist()) for labels in samples.labels]
    images = [torch.tensor(image) / 255 for image in samples.images]
    return list(zip(images, map(GroundTruth, samples.boxes, names), strict=True))


def test_figures_are_those_of_the_plain_model(samples: Samples) -> None:
    model = load_detector("street-c4", "cpu").model
    found = evaluate_samples(model, samples, CLASSES)
    same = evaluate(model, plain(samples), CLASSES)
    assert (found.ap, found.ap50) == (same.figures["AP"], same.figures["AP50"])
    assert found.per_class == pytest.approx({name: of["AP"] for name, of in same.per_class.items()}, nan_ok=True)
    assert found.objects == sum(map(len, samples.boxes))
    assert tuple(found.recall) == STAGES
    assert 0.8 < found.recall["pairing"] <= found.recall["limit on detections"] <= found.recall["final NMS"]
    assert sum(found.losses.values()) < 1


def test_looking_changes_nothing(samples: Samples) -> None:
    torch.manual_seed(0)
    model = street_c4().train()
    model.backbone.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    state = torch.get_rng_state()
    first = evaluate_samples(model, samples, CLASSES)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(5)
    again = evaluate_samples(model, samples, CLASSES)
    assert again.losses == first.losses
    assert set(first.losses) == {"loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg"}
