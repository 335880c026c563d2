"""The detector of blood cells is the one of street scenes but for its classes and its anchors, which fit cells."""

from __future__ import annotations

import torch

from frcnn_viz.analysis.anchor_fit import fit_anchors, place_objects
from frcnn_viz.data.samples import sample_picture, samples_of
from frcnn_viz.models.cells import NUM_CLASSES, RATIOS, SIZES, cells_fpn
from frcnn_viz.models.street import street_fpn


def test_weights_of_the_street_fit_but_for_the_predictor() -> None:
    ours, street = (model.state_dict() for model in (cells_fpn(), street_fpn()))
    assert ours.keys() == street.keys()
    other = {name for name in ours if ours[name].shape != street[name].shape}
    assert other == {
        f"roi_heads.box_predictor.{part}"
        for part in ("cls_score.weight", "cls_score.bias", "bbox_pred.weight", "bbox_pred.bias")
    }
    assert ours["roi_heads.box_predictor.cls_score.bias"].shape == (NUM_CLASSES,)


def test_a_level_has_one_size_and_three_ratios() -> None:
    generator = cells_fpn().rpn.anchor_generator
    assert generator.sizes == tuple((size,) for size in SIZES)
    assert generator.aspect_ratios == (RATIOS,) * 5


def test_anchors_reach_cells_of_every_class() -> None:
    truths = [sample_picture(name)[1] for name in samples_of("cells")]
    model = cells_fpn()
    objects = place_objects(
        model,
        torch.cat([truth.boxes_in_image for truth in truths]),
        [name for truth in truths for name in truth.names],
        torch.cat([torch.full((len(truth),), index) for index, truth in enumerate(truths)]),
        [(480, 640)] * len(truths),
        min_size=240,
        max_size=427,
    )
    sizes, ratios = ((tuple(map(float, level)) for level in of) for of in (((s,) for s in SIZES), (RATIOS,) * 5))
    best = fit_anchors(objects, tuple(sizes), tuple(ratios))
    for name in ("RBC", "WBC", "Platelets"):
        of = best.iou[torch.from_numpy(objects.labels == name)]
        assert (of >= 0.5).float().mean() >= 0.9, name
    assert best.recall(0.7) >= 0.8
