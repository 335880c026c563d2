"""Laziness, reuse and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torchvision.models.detection import FasterRCNN
from torchvision.transforms.v2.functional import to_dtype

from frcnn_viz.pipeline.memory import Memory, count_bytes, digest
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import build_tiny_c4, build_tiny_fpn, make_image

PARTS = ("backbone", "rpn.head", "roi_heads.box_head")


class Counts(dict):
    """How often each part of a model has run."""

    def __init__(self, model: FasterRCNN) -> None:
        super().__init__(dict.fromkeys(PARTS, 0))
        for part in PARTS:
            model.get_submodule(part).register_forward_hook(lambda *_, part=part: self.update({part: self[part] + 1}))


@pytest.mark.parametrize(
    ("change", "runs"),
    [
        ({}, (1, 1, 1)),
        ({"box_score_thresh": 0.3}, (1, 1, 1)),
        ({"box_nms_thresh": 0.7, "box_detections_per_img": 5}, (1, 1, 1)),
        ({"rpn_nms_thresh": 0.2}, (1, 1, 2)),  # proposals not seen before go through the head
        ({"rpn_post_nms_top_n": 10}, (1, 1, 1)),  # fewer of the same proposals
        ({"anchor_sizes": ((10.0,), (20.0,), (40.0,), (80.0,))}, (1, 1, 2)),
        ({"min_size": 100}, (2, 2, 2)),
    ],
    ids=str,
)
def test_a_change_reruns_only_what_follows_it(change: dict, runs: tuple[int, int, int]) -> None:
    model, image, memory = build_tiny_fpn(), make_image(200, 260), Memory(10**9)
    counts, settings = Counts(model), Settings.of(model)
    first = Trace(model, image, settings, memory=memory)
    assert sum(counts.values()) == 0, "nothing runs before it is asked for"
    assert len(first.detections) > 0
    second = Trace(model, image.clone(), settings.replace(**change), memory=memory)
    assert len(second.detections) > 0
    assert tuple(counts.values()) == runs
    assert (second.features is first.features) == (runs[0] == 1)


@pytest.mark.parametrize(
    "change", [{"rpn_nms_thresh": 0.5}, {"rpn_post_nms_top_n": 300}, {"rpn_pre_nms_top_n": 90}], ids=str
)
def test_reuse_equals_a_fresh_run_to_rounding(tiny: FasterRCNN, change: dict) -> None:
    image, memory, settings = make_image(200, 260), Memory(10**9), Settings.of(tiny)
    assert len(Trace(tiny, image, settings, memory=memory).rois.scores) > 0
    settings = settings.replace(**change)
    reused, fresh = Trace(tiny, image, settings, memory=memory), Trace(tiny, image, settings)
    assert torch.equal(reused.proposals.boxes, fresh.proposals.boxes)
    torch.testing.assert_close(reused.rois.scores, fresh.rois.scores, rtol=0, atol=1e-5)
    torch.testing.assert_close(reused.rois.boxes, fresh.rois.boxes, rtol=0, atol=1e-3)
    again = Trace(tiny, image, Settings.of(tiny), memory=memory)
    assert torch.equal(again.detections.scores, Trace(tiny, image).detections.scores)


def test_a_bound_memory_changes_no_result(tiny: FasterRCNN) -> None:
    memory, image = Memory(200_000), make_image(200, 260)
    for thresh in (0.7, 0.5, 0.7):
        settings = Settings.of(tiny).replace(rpn_nms_thresh=thresh)
        got, expected = Trace(tiny, image, settings, memory=memory), Trace(tiny, image, settings)
        torch.testing.assert_close(got.detections.scores, expected.detections.scores, rtol=0, atol=1e-5)
        assert memory.nbytes <= 200_000


def test_many_sessions_at_once() -> None:
    """Threads share a model and a memory: same image at several settings, and other images."""
    model, memory = build_tiny_c4(), Memory(10**8)
    counts, settings = Counts(model), Settings.of(model)
    images = [make_image(90, 120, seed) for seed in range(3)]
    cases = [(i, settings.replace(box_nms_thresh=t)) for i in range(3) for t in (0.2, 0.4, 0.6)]
    expected = [Trace(model, images[i], s).detections for i, s in cases]
    counts.update(dict.fromkeys(PARTS, 0))

    def work(job: int) -> bool:
        case = job % len(cases)
        i, s = cases[case]
        got, want = Trace(model, images[i], s, memory=memory).detections, expected[case]
        return torch.equal(got.boxes, want.boxes) and torch.equal(got.scores, want.scores)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(72)))
    assert set(counts.values()) == {3}, "each image once, whatever the number of threads"


def test_eight_bits_are_traced_as_the_image_they_stand_for(tiny: FasterRCNN) -> None:
    pixels = (make_image(90, 120) * 255).to(torch.uint8)
    image = to_dtype(pixels, torch.float32, scale=True)
    trace = Trace(tiny, pixels)
    assert torch.equal(trace.image, image)
    assert trace.image.dtype == torch.float32
    assert torch.equal(trace.detections.boxes, Trace(tiny, image).detections.boxes)


def test_no_result_holds_the_image(tiny: FasterRCNN) -> None:
    """One of 24 megapixels is 288 MB as float, and every setting of the resize has an input of its own."""
    trace = Trace(tiny, make_image(700, 900), memory=Memory(10**8))
    assert count_bytes(trace.input) < trace.source.nbytes / 2


def test_image_keys() -> None:
    image = make_image(30, 40)
    assert digest(image) == digest(image.clone())
    others = [image + 1e-6, image.reshape(3, 40, 30), image.double(), image.flip(2)]
    assert len({digest(other) for other in [image, *others]}) == 5
    model, memory = build_tiny_c4(), Memory(10**8)
    named = [Trace(model, make_image(30, 40, seed), memory=memory, image_key=f"image {seed}") for seed in (0, 1)]
    assert not torch.equal(named[0].input.resized, named[1].input.resized)
    assert Trace(model, make_image(30, 40), memory=memory, image_key="image 0").input is named[0].input


def test_stages_report_counts_and_times(tiny: FasterRCNN) -> None:
    trace = Trace(tiny, make_image(90, 120))
    stages = {stage.name: stage for stage in trace.stages}
    assert list(stages) == ["input", "features", "anchors", "rpn", "decoded", "proposals", "rois", "detections"]
    assert all(stage.ms > 0 for stage in stages.values())
    assert stages["anchors"].count == stages["rpn"].count == len(trace.anchors)
    assert stages["detections"].count == len(trace.detections)


def test_results_refuse_to_be_written_to(tiny: FasterRCNN) -> None:
    with pytest.raises(RuntimeError, match=r"[Ii]nference"):
        Trace(tiny, make_image(30, 40)).detections.scores.mul_(2)
