"""The search: never worse than its start, the same for the same seed, stopped when asked, and ready to paste."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.vq import kmeans2
from torchvision.models.detection.anchor_utils import AnchorGenerator

from frcnn_viz.analysis.anchor_climb import Climber, Layout
from frcnn_viz.analysis.anchor_fit import ObjectsOnGrids, count_anchors_over, fit_anchors, place_objects
from frcnn_viz.analysis.anchor_report import changed, report
from frcnn_viz.analysis.anchor_search import generator_code, search, too_few
from frcnn_viz.analysis.anchor_starts import kmeans_shapes
from frcnn_viz.analysis.anchor_value import OBJECTIVES, Served, half_sides, value
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
    assert found.steps == 3
    assert [(step, steps) for step, steps, _ in told] == sorted((step, 20) for step, _, _ in told)
    assert {step for step, _, _ in told} == {1, 2, 3}
    assert [best for _, _, best in told] == sorted(best for _, _, best in told)
    assert found.after >= told[-1][2]


def random_set(seed: int, count: int = 24) -> ObjectsOnGrids:
    """Objects of a few kinds, each spread around its own size and ratio."""
    generator = np.random.default_rng(seed)
    kind = generator.integers(0, generator.integers(2, 6), count)
    size = (np.exp(generator.uniform(2, 4.5, 6))[kind] * np.exp(generator.normal(0, 0.25, count)))[:, None]
    ratio = np.exp(generator.normal(0, 0.5, 6)[kind] + generator.normal(0, 0.2, count))[:, None]
    sides = torch.from_numpy(np.concatenate([size / np.sqrt(ratio), size * np.sqrt(ratio)], 1)).float().clamp(2, 150)
    corner = torch.from_numpy(generator.random((count, 2))).float() * (torch.tensor([320.0, 160.0]) - sides)
    boxes = torch.cat([corner, corner + sides], 1)
    return place_objects(
        C4, boxes, ["thing"] * count, torch.arange(count) % 3, [(160, 320)] * 3, min_size=160, max_size=320
    )


def grids_of_kmeans(objects: ObjectsOnGrids, n_sizes: int, seed: int) -> list[np.ndarray]:
    """K-means by the distance of sides, of their logarithms, and of ratios, turned into sizes and three ratios."""
    sides = (objects.boxes[:, 2:] - objects.boxes[:, :2]).double().numpy()
    logs = np.log(sides)
    sizes, ratios = [], [kmeans2((logs[:, 1] - logs[:, 0])[:, None], 3, minit="++", seed=seed)[0].ravel()]
    for count in (n_sizes, 3 * n_sizes):
        by_sides, by_logs = (kmeans2(of, count, minit="++", seed=seed)[0] for of in (sides, logs))
        for shapes in (np.log(by_sides), by_logs):
            ordered = shapes[shapes.sum(axis=1).argsort()].reshape(n_sizes, -1, 2)
            sizes.append(ordered.sum(axis=2).mean(axis=1) / 2)
            if count > n_sizes:
                ratios.append(np.sort(ordered[..., 1] - ordered[..., 0], axis=1).mean(axis=0))
    return [np.exp([*np.sort(some), *np.sort(few)]) for some in sizes for few in ratios]


@pytest.mark.parametrize("n_sizes", [3, 5])
@pytest.mark.parametrize("seed", range(10))
def test_neither_kmeans_nor_luck_beats_the_search(seed: int, n_sizes: int) -> None:
    few = random_set(seed)
    start = (tuple(16.0 * 2**n for n in range(n_sizes)),), ((0.5, 1.0, 2.0),)
    generator = np.random.default_rng(seed)
    for objective in OBJECTIVES:
        found = search(few, *start, objective, seed=seed, steps=10)
        climber = Climber(few, Layout((n_sizes,), 3), objective)
        best, vector = max(
            ((climber.value(grid), grid) for grid in grids_of_kmeans(few, n_sizes, seed)), key=lambda of: of[0]
        )
        for _ in range(40):  # tries, each from the best so far
            tried = vector * np.exp(generator.normal(0, generator.choice([0.02, 0.1, 0.3]), len(vector)))
            if (reached := climber.value(tried)) >= best:
                best, vector = reached, tried
        assert found.after >= best
        assert list(found.sizes[0]) == sorted(found.sizes[0])


def test_what_a_climber_measures_is_the_fit_of_all_anchors() -> None:
    for settings, model in ((Settings.of(FPN), FPN), (Settings.of(C4), C4)):
        few, layout = objects(model), Layout(tuple(map(len, settings.anchor_sizes)), 3)
        vector = np.array([*(size for level in settings.anchor_sizes for size in level), *settings.aspect_ratios[0]])
        assert layout.anchors(vector) == (settings.anchor_sizes, settings.aspect_ratios)
        for objective in OBJECTIVES:
            expected = value(few, settings.anchor_sizes, settings.aspect_ratios, objective)
            assert Climber(few, layout, objective).value(vector) == expected


def test_what_a_shape_does_is_the_fit_of_its_anchors() -> None:
    few = objects(C4)
    for size, ratio in ((17.3, 0.41), (60.0, 1.0), (1.0, 1.0)):
        shape = ((size,),), ((ratio,),)
        one, served = (np.array([size]), np.array([ratio])), Served(few)
        assert np.array_equal(served.ious(0, *one)[0], fit_anchors(few, *shape).iou.numpy())
        assert np.array_equal(served.counts(0, *one)[0], count_anchors_over(few, *shape, 0.7).numpy())


@pytest.mark.parametrize("objective", ["recall_50", "positives"])
def test_sizes_rise_over_the_levels(objective: str) -> None:
    found = search(objects(), ((96.0,), (48.0,), (24.0,), (12.0,)), ((1.0,),) * 4, objective, steps=5)
    assert [size for (size,) in found.sizes] == sorted(size for (size,) in found.sizes)


def test_of_many_objects_a_sample_is_looked_at_and_all_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frcnn_viz.analysis.anchor_search.MOST_OBJECTS", 20)
    settings = Settings.of(FPN)
    found = search(objects(), settings.anchor_sizes, settings.aspect_ratios, "mean", steps=3)
    assert found.before == value(objects(), settings.anchor_sizes, settings.aspect_ratios, "mean")
    assert found.after == value(objects(), found.sizes, found.ratios, "mean") > found.before + 0.05


@given(st.lists(st.floats(0.5, 1500), min_size=1, max_size=3), st.lists(st.floats(0.02, 50), min_size=1, max_size=3))
def test_half_sides_are_torchvisions(sizes: list[float], ratios: list[float]) -> None:
    expected = AnchorGenerator(((1,),), ((1.0,),)).generate_anchors(sizes, ratios)
    shapes = [(size, ratio) for ratio in ratios for size in sizes]
    assert half_sides(*np.array(shapes).T).tolist() == expected[:, 2:].tolist()


def test_too_few_objects_are_told() -> None:
    nine = ((24.0, 48.0, 96.0),), ((0.5, 1.0, 2.0),)
    assert "8 objects are few to choose 9 anchors by" in too_few(8, *nine)
    assert "1 object is few" in too_few(1, *nine)
    assert "Have 60 or more" in too_few(59, *nine)
    assert too_few(60, *nine) == ""


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
