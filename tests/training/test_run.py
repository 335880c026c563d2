"""A run as a value: to JSON and back, and the detector it begins with."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from frcnn_viz.models.registry import ModelError, load_detector
from frcnn_viz.models.variant import Variant
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.run import LEARN, Run, build, run_name

LEVELS = st.lists(st.lists(st.floats(1, 50, width=32), min_size=1, max_size=4).map(tuple), min_size=1, max_size=5).map(
    tuple
)
VARIANTS = st.builds(
    Variant,
    base=st.sampled_from(("street-c4", "run:before@50")),
    classes=st.lists(st.sampled_from(("red", "white", "naïve cell", "🩸")), unique=True).map(tuple),
    anchor_sizes=LEVELS,
    aspect_ratios=LEVELS,
    min_size=st.integers(0, 4096),
    random_weights=st.booleans(),
)
RUNS = st.builds(
    Run,
    name=st.text(max_size=300).map(run_name),
    recipe=st.builds(Recipe, steps=st.integers(1, 1000), half=st.booleans()),
    detector=VARIANTS,
    parts=st.sampled_from([name for name in LEARN if name != "all"]),
    keep_features=st.booleans(),
    data=st.sampled_from(("workspace", "scenes:5:3", "/somewhere/else")),
    validation=st.floats(0, 0.9),
    seed=st.integers(0, 2**31 - 1),
    keep_every=st.integers(1, 1000),
)


@given(RUNS)
def test_a_run_comes_back_from_json(run: Run) -> None:
    assert Run.from_dict(json.loads(json.dumps(run.to_dict()))) == run


@given(st.text(max_size=400))
def test_a_name_is_a_folder_of_its_own(text: str) -> None:
    name = run_name(text)
    assert run_name(name) == name
    assert not set("/\\@:\0") & set(name)
    assert name.strip(". ") == name != ""
    assert len(name.encode()) < 200


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".", "x@5", ".hidden", "a\nb", "-r", "x" * 500])
def test_other_names_are_refused_with_one_that_can_be_had(name: str) -> None:
    with pytest.raises(TrainingError, match="cannot be called"):
        Run(name, Recipe(steps=1))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ([], "write what it is by name"),
        ({"name": "x"}, "does not say its recipe"),
        ({"name": "x", "recipe": {"steps": 5}, "colour": 1}, "a run has no 'colour'"),
        ({"name": "x", "recipe": 5}, "the recipe is '5'"),
        ({"name": "x", "recipe": {"steps": 5}, "seed": "7"}, "seed of the run is '7'"),
        ({"name": "x", "recipe": {"steps": 5}, "seed": True}, "must be of type int"),
        ({"name": "x", "recipe": {"steps": 5}, "validation": float("nan")}, "validation is nan"),
        ({"name": "x", "recipe": {"steps": 5}, "parts": "tail"}, "choose one of all, heads"),
        ({"name": "x", "recipe": {"steps": 5}, "keep_features": True}, "let only the heads learn"),
        ({"name": "x", "recipe": {"steps": 5}, "keep_features": 1}, "must be of type bool"),
        (
            {"name": "x", "recipe": {"steps": 5, "light": True}, "parts": "rpn", "keep_features": True},
            "know nothing of light",
        ),
        ({"name": "x", "recipe": {"steps": 5}, "data": ""}, "data is empty"),
        ({"name": "x", "recipe": {"steps": 5}, "data": "a\0b"}, "data is no path"),
        ({"name": "x", "recipe": {"steps": 9_999}, "keep_every": 1}, "make keep_every larger"),
        ({"name": "x", "recipe": {"steps": 5}, "detector": {"bass": "y"}}, "a detector has no 'bass'"),
        ({"name": "x", "recipe": {"steps": 5}, "detector": {"classes": ["a", 3]}}, "of another kind"),
        ({"name": "x", "recipe": {"steps": 5}, "detector": {"classes": ["a", "a"]}}, "'a' is there twice"),
        ({"name": "x", "recipe": {"steps": 5}, "detector": {"classes": [" a"]}}, "call it 'a'"),
        ({"name": "x", "recipe": {"steps": 5}, "detector": {"anchor_sizes": [[0.1]]}}, "holds 0.1"),
        ({"name": "x", "recipe": {"steps": 5}, "detector": {"anchor_sizes": [[float("inf")]]}}, "of another kind"),
        ({"name": "x", "recipe": {"steps": 5}, "detector": {"min_size": 10**9}}, "min_size is 1000000000"),
    ],
)
def test_what_is_wrong_is_told(wrong: object, told: str) -> None:
    with pytest.raises(TrainingError, match=told):
        Run.from_dict(wrong)


NAMES = st.sampled_from(["name", "recipe", "detector", "classes", "anchor_sizes", "seed", "steps"])
ANY = st.recursive(
    st.none() | st.integers() | st.text() | st.floats() | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


@given(ANY)
def test_no_json_leads_to_another_error(content: object) -> None:
    with pytest.raises(TrainingError):
        Run.from_dict(content)


def start(**changes: object) -> Run:
    return Run("x", Recipe(steps=5), Variant(**{"base": "street-c4", **changes}))


def test_a_run_as_its_base_begins_with_its_weights() -> None:
    base = load_detector("street-c4", "cpu").model
    model = build(start())
    assert model is not base
    for name, tensor in base.state_dict().items():
        assert torch.equal(model.state_dict()[name], tensor), name


def test_other_classes_have_a_new_predictor_and_all_else_is_kept() -> None:
    base, run = load_detector("street-c4", "cpu").model.state_dict(), start(classes=("red", "white"))
    model, again = build(run), build(run)
    assert model.roi_heads.box_predictor.cls_score.out_features == 3
    assert run.classes == ("red", "white")
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), "the same seed gives the same weights"
        if not name.startswith("roi_heads.box_predictor"):
            assert torch.equal(tensor, base[name]), name
    other = build(replace(run, seed=1)).roi_heads.box_predictor.cls_score.weight
    assert not torch.equal(other, model.roi_heads.box_predictor.cls_score.weight)


def test_the_same_classes_keep_the_predictor() -> None:
    classes = load_detector("street-c4", "cpu").classes
    before = load_detector("street-c4", "cpu").model.roi_heads.box_predictor.cls_score.weight
    assert torch.equal(build(start(classes=classes[1:])).roi_heads.box_predictor.cls_score.weight, before)


def test_anchors_of_another_number_keep_what_fits_of_the_rpn() -> None:
    base = load_detector("street-c4", "cpu").model
    model = build(start(anchor_sizes=((16, 32),), min_size=96, max_size=128))
    assert model.rpn.head.cls_logits.out_channels == 6
    assert model.rpn.head.bbox_pred.out_channels == 24
    assert torch.equal(model.rpn.head.conv[0][0].weight, base.rpn.head.conv[0][0].weight)
    settings = Settings.of(model)
    assert (settings.anchor_sizes, settings.min_size, settings.max_size) == (((16.0, 32.0),), 96, 128)
    same = build(start(anchor_sizes=((16, 32, 64),)))
    assert torch.equal(same.rpn.head.cls_logits.weight, base.rpn.head.cls_logits.weight)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"base": "street-fpn", "anchor_sizes": ((8,),)}, "sizes for 1 and ratios for 5 maps"),
        ({"base": "street-fpn", "anchor_sizes": ((8, 9), (8,), (8,), (8,), (8,))}, "give each map as many"),
        ({"min_size": 500}, "min_size 500 is over max_size 427"),
        ({"base": "maskrcnn_resnet50_fpn", "random_weights": True}, "no plain Faster R-CNN"),
    ],
)
def test_detectors_that_cannot_be_are_told(changes: dict, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        build(start(**changes))


def test_random_weights_are_the_seeds() -> None:
    first, second = (build(replace(start(random_weights=True), seed=seed)) for seed in (0, 1))
    name = "rpn.head.conv.0.0.weight"
    assert not torch.equal(first.state_dict()[name], second.state_dict()[name])


def test_parts_that_learn_are_told_by_name() -> None:
    names = [name for name, _ in build(start()).named_parameters()]
    learning = {parts: [n for n in names if replace(start(), parts=parts).learns(n)] for parts in LEARN}
    assert learning["all"] == names
    assert learning["heads"] == [n for n in names if not n.startswith("backbone")]
    assert set(learning["rpn"]) | set(learning["roi_heads"]) == set(learning["heads"])
    assert set(learning["predictor"]) < set(learning["roi_heads"])
