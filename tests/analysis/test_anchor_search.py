"""The search: never worse than its start, the same for the same seed, stopped when asked, and ready to paste."""

from __future__ import annotations

import pytest
import torch
from torchvision.models.detection.anchor_utils import AnchorGenerator

from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids, fit_anchors, place_objects
from frcnn_viz.analysis.anchor_report import changed, report
from frcnn_viz.analysis.anchor_search import OBJECTIVES, generator_code, kmeans_shapes, search, value
from frcnn_viz.pipeline.settings import Settings
from tests.conftest import build_tiny_c4, build_tiny_fpn

FPN, C4 = build_tiny_fpn(), build_tiny_c4()
MODELS = {"fpn": FPN, "c4": C4}


def objects(model=FPN, count: int = 60) -> ObjectsOnGrids:  # noqa: ANN001
    """Two kinds: 10 x 20 and 60 x 60 after the resize, give or take."""
    generator = torch.Generator().manual_seed(0)
    sides = torch.where(
        (torch.arange(count) % 2 == 0)[:, None], torch.tensor([10.0, 20.0]), torch.tensor([60.0, 60.0])
    ) * (0.9 + 0.2 * torch.rand(count, 2, generator=generator))
    corner = torch.rand(count, 2, generator=generator) * (torch.tensor([320.0, 160.0]) - sides)
    names = ["thin" if n % 2 == 0 else "big" for n in range(count)]
    image = torch.arange(count) % 3
    return place_objects(
        model, torch.cat([corner, corner + sides], 1), names, image, [(160, 320)] * 3, min_size=160, max_size=320
    )


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", MODELS)
def test_a_search_is_better_and_repeatable(name: str, objective: str) -> None:
    settings = Settings.of(MODELS[name])
    start = (settings.anchor_sizes, settings.aspect_ratios)
    found = search(objects(MODELS[name]), *start, objective, steps=6, seed=1)
    again = search(objects(MODELS[name]), *start, objective, steps=6, seed=1)
    assert found == again
    assert found.after >= found.before == value(objects(MODELS[name]), *start, objective)
    assert found.after == value(objects(MODELS[name]), found.sizes, found.ratios, objective)
    assert [len(level) for level in found.sizes] == [len(level) for level in settings.anchor_sizes]
    assert [len(level) for level in found.ratios] == [len(level) for level in settings.aspect_ratios]


def test_mean_iou_rises_much_on_objects_of_two_kinds() -> None:
    settings = Settings.of(FPN)
    found = search(objects(), settings.anchor_sizes, settings.aspect_ratios, "mean", steps=15)
    assert found.after > found.before + 0.05


def test_what_cannot_be_bettered_is_kept() -> None:
    settings = Settings.of(FPN)
    found = search(objects(), settings.anchor_sizes, settings.aspect_ratios, "mean", steps=30)
    again = search(objects(), found.sizes, found.ratios, "mean", steps=1, seed=5)
    assert again.after >= found.after


def test_a_search_can_be_stopped_and_tells_how_far_it_is() -> None:
    settings = Settings.of(FPN)
    told: list[tuple[int, int, float]] = []

    def progress(step: int, steps: int, best: float, sizes: tuple, ratios: tuple) -> bool:
        told.append((step, steps, best))
        assert value(objects(), sizes, ratios, "mean") == best
        return step < 3

    found = search(objects(), settings.anchor_sizes, settings.aspect_ratios, "mean", steps=20, progress=progress)
    assert found.stopped
    assert [step for step, _, _ in told] == [1, 2, 3]
    assert [best for _, _, best in told] == sorted(best for _, _, best in told)


def test_bad_questions_are_told() -> None:
    settings = Settings.of(FPN)
    with pytest.raises(ValueError, match="no object to fit"):
        search(objects(count=0), settings.anchor_sizes, settings.aspect_ratios)
    with pytest.raises(ValueError, match="no objective 'luck'"):
        search(objects(), settings.anchor_sizes, settings.aspect_ratios, "luck")
    with pytest.raises(ValueError, match="different numbers of ratios"):
        search(objects(), settings.anchor_sizes, ((1.0,), (1.0, 2.0), (1.0,), (1.0,)))


def test_kmeans_finds_the_two_kinds() -> None:
    small, large = kmeans_shapes(objects(), 2)
    assert small.tolist() == pytest.approx([10, 20], rel=0.1)
    assert large.tolist() == pytest.approx([60, 60], rel=0.1)


def test_the_code_builds_the_anchors() -> None:
    settings = Settings.of(FPN)
    found = search(objects(), settings.anchor_sizes, settings.aspect_ratios, "mean", steps=2)
    names: dict[str, object] = {}
    exec(generator_code(found.sizes, found.ratios), names)
    built = names["anchor_generator"]
    assert isinstance(built, AnchorGenerator)
    assert (built.sizes, built.aspect_ratios) == (found.sizes, found.ratios)
    assert built.num_anchors_per_location() == FPN.rpn.anchor_generator.num_anchors_per_location()


def test_a_report_parts_the_objects() -> None:
    settings = Settings.of(FPN)
    made = report(objects(), settings.anchor_sizes, settings.aspect_ratios)
    rows = {row.name: row for row in made.rows}
    assert rows["all"].objects == rows["thin"].objects + rows["big"].objects == 60
    assert sum(rows[name].objects for name in ("small", "medium", "large")) == 60
    assert rows["all"].mean_iou == pytest.approx((rows["thin"].mean_iou + rows["big"].mean_iou) / 2)
    assert rows["all"].recall_70 == made.fit.recall(0.7)
    assert rows["all"].without == int((made.fit.iou < 0.7).sum())


def test_changed_tells_who_gains_and_who_loses() -> None:
    settings = Settings.of(FPN)
    before = fit_anchors(objects(), settings.anchor_sizes, settings.aspect_ratios)
    after = fit_anchors(objects(), ((200.0,), (210.0,), (220.0,), (60.0,)), settings.aspect_ratios)
    gained, lost = changed(before, after, 0.6)
    assert all(after.iou[i] >= 0.6 > before.iou[i] for i in gained.tolist())
    assert all(before.iou[i] >= 0.6 > after.iou[i] for i in lost.tolist())
    assert len(lost) > 0
    steps = (after.iou - before.iou)[lost].abs()
    assert torch.equal(steps, steps.sort(descending=True).values)
