"""The pipeline and every analysis on the double: nothing meets across devices, and all is equal to the CPU's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
import torch
from torchvision.models.detection import FasterRCNN, KeypointRCNN, MaskRCNN
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.analysis.anchor_fit import place_objects
from frcnn_viz.analysis.anchor_report import report
from frcnn_viz.analysis.architecture import modules_of
from frcnn_viz.analysis.attribution import Kind, Target, gradient_times_input, integrated_gradients
from frcnn_viz.analysis.conventions import snap_to_grid
from frcnn_viz.analysis.deletion import delete
from frcnn_viz.analysis.equality import compare_with_model
from frcnn_viz.analysis.examination import examine_image
from frcnn_viz.analysis.export import BOX_STAGES, as_coco_results, as_csv, stage_boxes
from frcnn_viz.analysis.family import crop_regions, fast_rcnn, rcnn, time_stages
from frcnn_viz.analysis.feature_views import ORDERS, channel_order, pca_to_rgb
from frcnn_viz.analysis.fixes import fixes
from frcnn_viz.analysis.frames import examine_frame
from frcnn_viz.analysis.lineage import follow, source_of, steps
from frcnn_viz.analysis.loss_variants import variants
from frcnn_viz.analysis.marks import small_marks, start_from_detections
from frcnn_viz.analysis.metrics import evaluate
from frcnn_viz.analysis.nms import FINAL, RPN, Court, court_of, keep_across_groups, keep_with, soft_nms
from frcnn_viz.analysis.outcomes import judge
from frcnn_viz.analysis.probe import probe
from frcnn_viz.analysis.report import describe_trace
from frcnn_viz.analysis.selective_search import Regions
from frcnn_viz.analysis.sightings import to_json
from frcnn_viz.analysis.stress import AXES, stress
from frcnn_viz.analysis.tracks import link
from frcnn_viz.analysis.verdicts import Verdict
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.backbone import receptive_field
from frcnn_viz.pipeline.configure import configured
from frcnn_viz.pipeline.losses import Aim
from frcnn_viz.pipeline.memory import Memory, count_bytes, digest
from frcnn_viz.pipeline.roi_sampling import points_in_image
from frcnn_viz.pipeline.rois import assign_levels, pool_rounded
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import SMALL, build_tiny_c4, build_tiny_fpn, make_image
from tests.device.double import DEVICE, models_move
from tests.device.same import assert_same

IMAGE = make_image(120, 160)
BOXES = torch.tensor([[30.0, 40.0, 90.0, 100.0], [5.0, 5.0, 12.0, 13.0], [100.0, 20.0, 150.0, 110.0]])
LABELS = torch.tensor([1, 2, 4])
FEW = {"min_size": 96, "max_size": 160, "rpn_pre_nms_top_n_test": 200, "rpn_pre_nms_top_n_train": 200}
"""From 1,000 boxes on, torchvision's NMS works another way on the CPU than elsewhere, with another rounding."""
CLASSES = ("background", "person", "car", "ball", "tree")
TRUTH = GroundTruth(BOXES, tuple(CLASSES[label] for label in LABELS.tolist()))
OBJECTS = [Object(tuple(box), name) for box, name in zip(BOXES.tolist(), TRUTH.names, strict=True)]
PICTURE = LoadedImage("picture", (IMAGE * 255).byte())


def build_third(kind: type[FasterRCNN], **options: object) -> FasterRCNN:
    """The tiny detector with a third head."""
    body = build_tiny_fpn()
    parts = {"rpn_anchor_generator": body.rpn.anchor_generator, "box_roi_pool": body.roi_heads.box_roi_pool}
    few = {"box_detections_per_img": 5, "box_score_thresh": 0.0}
    return kind(body.backbone, **parts, **{**SMALL, **FEW, **few, **options}).eval().requires_grad_(False)


BUILT: dict[str, Callable[[], FasterRCNN]] = {
    "fpn": partial(build_tiny_fpn, **FEW),
    "c4": partial(build_tiny_c4, **FEW),
    "masks": partial(build_third, MaskRCNN),
    "keypoints": partial(build_third, KeypointRCNN, num_classes=2),
}


def away(model: GeneralizedRCNN) -> GeneralizedRCNN:
    with models_move():
        return model.to(DEVICE)


@pytest.fixture(scope="module", params=BUILT)
def pair(request: pytest.FixtureRequest) -> tuple[Trace, Trace]:
    """A trace on the CPU, and the same on the device."""
    build = BUILT[request.param]
    return Trace(build(), IMAGE), Trace(away(build()), IMAGE)


@pytest.fixture(scope="module")
def fpn() -> tuple[Trace, Trace]:
    return Trace(BUILT["fpn"](), IMAGE), Trace(away(BUILT["fpn"]()), IMAGE)


def test_every_stage_is_equal(pair: tuple[Trace, Trace]) -> None:
    here, there = pair
    assert_same(here, there)
    assert len(there.detections)
    assert there.detections.boxes.device == there.features.maps["0"].device == there.device == DEVICE
    assert [one.count for one in here.stages] == [one.count for one in there.stages]
    assert here.funnel == there.funnel
    assert compare_with_model(there).is_zero
    if there.masks:
        assert_same(here.masks.in_image(), there.masks.in_image())


def test_a_picture_may_come_on_either_device(fpn: tuple[Trace, Trace]) -> None:
    here, there = fpn
    assert_same(here.detections, Trace(there.model, IMAGE.to(DEVICE)).detections)
    assert_same(here.detections, Trace(here.model, IMAGE.to(DEVICE)).detections)
    assert digest(IMAGE.to(DEVICE)) == digest(IMAGE)


def test_what_changes_is_equal_too(fpn: tuple[Trace, Trace]) -> None:
    def moved(trace: Trace) -> Iterator[object]:
        memory = Memory(2**28)
        for changes in ({}, {"rpn_nms_thresh": 0.5}, {"rpn_nms_thresh": 0.8}, {"box_score_thresh": 1.0}):
            yield Trace(trace.model, IMAGE, trace.settings.replace(**changes), memory=memory).detections
        assert memory.nbytes >= count_bytes(trace.features)

    for one, other in zip(*map(moved, fpn), strict=True):
        assert_same(one, other)


def test_training_is_equal_to_the_models_own(fpn: tuple[Trace, Trace]) -> None:
    """As far as the losses: the mini-batches are drawn on the CPU, for every device the same."""
    for boxes, labels in ((BOXES, LABELS), (BOXES[:0], LABELS[:0])):
        assert_same(*(trace.losses(boxes, labels) for trace in fpn))
    assert_same(*(float(trace.losses(BOXES, LABELS).total) for trace in fpn))
    assert_same(*(variants(trace.losses(BOXES, LABELS), 800) for trace in fpn))


def family(trace: Trace) -> list[object]:
    regions = Regions(BOXES, 1.0, (120, 160))
    crops = crop_regions(trace, regions, None, 2)
    ways = rcnn(trace, regions, crops), fast_rcnn(trace, regions, time_stages(trace))
    return [crops.class_logits, crops.box_regression, *(way.detections for way in ways)]


def stressed(trace: Trace, name: str) -> list[object]:
    axis = AXES[name]
    few = replace(axis, values=(axis.neutral, axis.values[2]))
    trace_of = partial(Trace, trace.model)
    return list(stress(trace_of, IMAGE, BOXES[0], int(LABELS[0]), few, trace.settings))


def ways(court: Court) -> list[object]:
    kept = [keep_with(court, 0.3), keep_across_groups(court, 0.5, 10), soft_nms(court, most=10)]
    return [court, court.iou(0, court.kept[:3]), *kept]


def fixed(trace: Trace) -> object:
    """How an object is found that lies where the detector finds its tenth, if a little less is asked of the score."""
    found, memory = trace.detections, Memory(2**28)
    score, truth = float(found.scores[9]), GroundTruth(found.boxes_in_image[9:10].cpu(), (CLASSES[found.labels[9]],))
    trace_of = partial(Trace, trace.model, IMAGE, memory=memory, image_key="image")
    settings = trace.settings.replace(box_score_thresh=score + 0.004)
    return fixes(trace_of, settings, 0, Verdict.UNDER_SCORE, truth, CLASSES, ["box_score_thresh"])


def examined(trace: Trace) -> object:
    detector = Detector("tiny", "tiny", "", trace.model, CLASSES)
    return replace(examine_image(detector, trace, TRUTH), ms={})


def seen_in_a_frame(trace: Trace) -> object:
    """The objects, and some on detections and beside them: lost in both stages, suppressed, and found."""
    found = trace.detections
    rows = [0, 1, 9]
    boxes = torch.cat([BOXES, found.boxes_in_image[rows].cpu(), found.boxes_in_image[rows].cpu() + 4])
    names = (*TRUTH.names, *(CLASSES[found.labels[row]] for row in [*rows, *rows]))
    identities = [str(place) for place in range(len(names))]
    one = examine_frame(trace, GroundTruth(boxes, names), identities, CLASSES, 0)
    tracks = link([(found.boxes_in_image, found.labels), (found.boxes_in_image + 2, found.labels)])
    return to_json(one), tracks


def explained(trace: Trace) -> object:
    ways = [
        gradient_times_input(trace, Target(Kind.LOGIT, 3, label=2)),
        gradient_times_input(trace, Target(Kind.OBJECTNESS, 200)),
    ]
    return ways, [delete(trace, way) for way in ways], integrated_gradients(trace, ways[1].target, most_steps=4)


def described(trace: Trace) -> object:
    told = describe_trace(Detector("tiny", "tiny", "", trace.model, CLASSES), PICTURE, trace)
    return told["detections"], told["image"]


def exported(trace: Trace) -> list[str]:
    tables = [stage_boxes(trace, stage) for stage in BOX_STAGES]
    return [text for of in tables for text in (as_csv(of, CLASSES), as_coco_results(of, 1, {1: 1, 2: 5}))]


def judged(trace: Trace) -> object:
    found = trace.detections
    return judge(found.boxes_in_image, found.labels, BOXES, LABELS, 0.3)


def placed(trace: Trace) -> object:
    sizes, ratios = trace.settings.anchor_sizes, trace.settings.aspect_ratios
    resize = {"min_size": 160, "max_size": 320}
    objects = place_objects(trace.model, BOXES, TRUTH.names, torch.zeros(3, dtype=torch.int64), [(120, 160)], **resize)
    return objects, report(objects, sizes, ratios)


def followed(trace: Trace) -> object:
    first = trace.detections
    anchors = [source_of(trace, kind, 3) for kind in ("anchor", "candidate", "proposal", "detection")]
    lives = [steps(trace, anchor, label, CLASSES) for anchor, label in anchors]
    return anchors, lives, follow(trace, int(first.roi[0]), int(first.labels[0]))


def featured(trace: Trace) -> object:
    first = trace.features.maps["0"][0]
    field = receptive_field(trace.model, trace.input, "1", 3, 4)
    return [channel_order(first, by) for by in ORDERS], pca_to_rgb(first), field


def pooled(trace: Trace) -> object:
    boxes, size = trace.proposals.boxes, trace.input.input_size
    points = points_in_image(trace.model, boxes[0], 0.25, trace.input)
    rounded = pool_rounded(trace.model, trace.features.maps["0"], boxes[0], 0.25)
    return assign_levels(trace.model, trace.features, boxes, size), points, rounded


def aimed(trace: Trace) -> list[Aim]:
    losses = trace.losses(BOXES, LABELS)
    return [Aim.of_anchor(trace.model, trace.anchors, losses.rpn, 3), Aim.of_roi(trace.model, losses.roi, 5)]


ASKED: dict[str, Callable[[Trace], object]] = {
    **{f"stress by {name}": partial(stressed, name=name) for name in AXES},
    "matches": lambda trace: [trace.match(BOXES, inside_only=inside) for inside in (False, True)],
    "samples": lambda trace: trace.sample(trace.match(BOXES)),
    "snapped": lambda trace: trace.match(snap_to_grid(BOXES.to(trace.device), (16, 16))),
    "the final NMS": lambda trace: ways(court_of(trace, FINAL)),
    "the RPN's NMS": lambda trace: ways(court_of(trace, RPN)),
    "a box probed": lambda trace: probe(trace, BOXES[0]),
    "a proposal probed": lambda trace: probe(trace, trace.input.boxes_in_image(trace.proposals.boxes[:1])[0]),
    "fixes": fixed,
    "examination": examined,
    "a frame": seen_in_a_frame,
    "report": described,
    "exports": exported,
    "outcomes": judged,
    "anchors": placed,
    "lineage": followed,
    "features": featured,
    "why": explained,
    "pooling": pooled,
    "aims": aimed,
    "modules": lambda trace: modules_of(trace),
    "the family": lambda trace: family(trace),
    "marks": lambda trace: small_marks(trace, OBJECTS),
    "a start": lambda trace: start_from_detections(trace.detections, CLASSES, OBJECTS, 0.3),
    "average precision": lambda trace: evaluate(trace.model, [(IMAGE, TRUTH)], CLASSES[1:]),
}


@pytest.mark.parametrize("what", ASKED)
def test_every_analysis_is_equal(fpn: tuple[Trace, Trace], what: str) -> None:
    here, there = fpn
    assert_same(ASKED[what](here), ASKED[what](there))


def test_other_settings_of_the_plain_model_run_there(fpn: tuple[Trace, Trace]) -> None:
    settings = Settings.of(fpn[0].model).replace(anchor_sizes=((10,), (20,), (40,), (80,)), rpn_pre_nms_top_n=50)
    with torch.inference_mode():
        (expected,) = configured(fpn[1].model, settings)([IMAGE.to(DEVICE)])
    assert_same(Trace(fpn[0].model, IMAGE, settings).detections.boxes_in_image, expected["boxes"])
