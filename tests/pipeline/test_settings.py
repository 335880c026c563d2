"""Settings: defaults of the model, one plain sentence for each mistake, text and back."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torchvision.models.detection import FasterRCNN

from frcnn_viz.pipeline import trace
from frcnn_viz.pipeline.settings import FIELD_NAMES, INTEGERS, LEVEL_RANGES, RANGES, Settings, SettingsError

BASE = Settings(
    min_size=800,
    max_size=1333,
    anchor_sizes=((32.0,), (64.0, 128.0)),
    aspect_ratios=((0.5, 1.0), (2.0,)),
    rpn_pre_nms_top_n=1000,
    rpn_post_nms_top_n=300,
    rpn_nms_thresh=0.7,
    rpn_score_thresh=0.0,
    rpn_min_size=0.001,
    box_score_thresh=0.05,
    box_nms_thresh=0.5,
    box_detections_per_img=100,
    rpn_fg_iou_thresh=0.7,
    rpn_bg_iou_thresh=0.3,
    rpn_batch_size_per_image=256,
    rpn_positive_fraction=0.5,
    rpn_pre_nms_top_n_train=2000,
    rpn_post_nms_top_n_train=2000,
    box_fg_iou_thresh=0.5,
    box_bg_iou_thresh=0.5,
    box_batch_size_per_image=512,
    box_positive_fraction=0.25,
)


WIDE = {"min_size": 1, "max_size": 8192}
WIDE |= {f"{stage}_bg_iou_thresh": 0.0 for stage in ("rpn", "box")}
WIDE |= {f"{stage}_fg_iou_thresh": 1.0 for stage in ("rpn", "box")}


def test_of_a_model(tiny_c4: FasterRCNN) -> None:
    settings = Settings.of(tiny_c4)
    assert (settings.min_size, settings.max_size) == (160, 320)
    assert settings.anchor_sizes == ((24.0, 48.0, 96.0),)
    assert (settings.rpn_pre_nms_top_n, settings.rpn_post_nms_top_n) == (400, 120)
    assert (settings.box_nms_thresh, settings.box_score_thresh, settings.rpn_fg_iou_thresh) == (0.3, 0.05, 0.7)
    assert settings == Settings.of(tiny_c4)
    assert hash(settings) == hash(Settings.of(tiny_c4))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"min_size": 0}, "min_size is 0; it must lie between 1 and 4096."),
        ({"rpn_nms_thresh": float("nan")}, "rpn_nms_thresh is nan; it must lie between 0.0 and 1.0."),
        ({"rpn_min_size": float("inf")}, "rpn_min_size is inf; it must lie between 0.0 and 4096.0."),
        ({"seed": -1}, "seed is -1; it must lie between 0 and 2147483647."),
        ({"min_size": 2000}, "min_size 2000 is over max_size 1333; lower it or raise max_size."),
        ({"rpn_bg_iou_thresh": 0.9}, "rpn_bg_iou_thresh 0.9 is over rpn_fg_iou_thresh 0.7; the negative threshold"),
        (
            {"anchor_sizes": ((32.0,),)},
            "anchor_sizes has 1 levels but aspect_ratios 2; give both for each feature map.",
        ),
        ({"anchor_sizes": ((32.0,), ())}, "anchor_sizes of level 1 has 0 values; give 1 to 16."),
        ({"aspect_ratios": ((1.0,) * 17, (1.0,))}, "aspect_ratios of level 0 has 17 values; give 1 to 16."),
        ({"anchor_sizes": ((0.5,), (1.0,))}, "anchor_sizes of level 0 holds 0.5; it must lie between 1.0 and 4096.0."),
        ({"min_size": 10**400}, "min_size is 1000"),
        ({"sise": 1}, "there is no setting 'sise'; the settings are min_size, max_size, "),
    ],
)
def test_mistakes(change: dict, sentence: str) -> None:
    with pytest.raises(SettingsError) as error:
        BASE.replace(**change)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("min_size", "8.5", "min_size is '8.5'; write a whole number."),
        ("box_nms_thresh", "half", "box_nms_thresh is 'half'; write a number."),
        ("anchor_sizes", "8,16|", "anchor_sizes is '8,16|'; write numbers such as 8_16|32."),
        ("colour", "red", "there is no setting 'colour'; "),
        ("box_nms_thresh", "2", "box_nms_thresh is 2.0; it must lie between 0.0 and 1.0."),
        ("box_nms_thresh", "1e999", "box_nms_thresh is inf; it must lie between 0.0 and 1.0."),
        ("rpn_min_size", "nan", "rpn_min_size is nan; it must lie between 0.0 and 4096.0."),
        ("min_size", "9" * 400, f"min_size is '{'9' * 40}' ...; write a whole number."),
        (
            "min_size",
            "\u0968\u0966\u0966",
            "min_size is '\u0968\u0966\u0966'; write a whole number.",
        ),  # 200 in Devanagari
        ("min_size", "2_0_0", "min_size is '2_0_0'; write a whole number."),
        ("anchor_sizes", "8|" * 5_000, f"anchor_sizes is '{'8|' * 20}' ...; write numbers such as 8_16|32."),
        ("anchor_sizes", "8_inf|32", "anchor_sizes of level 0 holds inf; it must lie between 1.0 and 4096.0."),
    ],
)
def test_mistakes_in_text(name: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as error:
        BASE.with_text({name: text})
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("name", RANGES)
def test_limits_themselves_are_allowed(name: str) -> None:
    for value in RANGES[name]:
        if (name, value) != ("max_size", 1):
            assert getattr(BASE.replace(**{**WIDE, name: value}), name) == value


def test_texts_of_links() -> None:
    changed = BASE.replace(anchor_sizes=((8.0, 16.0), (32.5,)), box_score_thresh=0.3, seed=4)
    assert changed.changes(BASE) == {"anchor_sizes": "8_16|32.5", "box_score_thresh": "0.3", "seed": "4"}
    assert BASE.changes(BASE) == {}


def values(name: str) -> st.SearchStrategy:
    if name in LEVEL_RANGES:
        return st.lists(
            st.lists(st.floats(*LEVEL_RANGES[name]), min_size=1, max_size=3).map(tuple), min_size=2, max_size=2
        ).map(tuple)
    return (st.integers if name in INTEGERS else st.floats)(*RANGES[name])


@hypothesis_settings(deadline=None)
@given(
    changes=st.sets(st.sampled_from(FIELD_NAMES)).flatmap(
        lambda names: st.fixed_dictionaries({n: values(n) for n in names})
    )
)
def test_text_round_trip(changes: dict) -> None:
    merged = WIDE | changes
    assume(merged["min_size"] <= merged["max_size"])
    assume(all(merged[f"{stage}_bg_iou_thresh"] <= merged[f"{stage}_fg_iou_thresh"] for stage in ("rpn", "box")))
    settings = BASE.replace(**merged)
    assert BASE.with_text(settings.changes(BASE)) == settings


def test_every_setting_tells_results_of_a_stage_apart() -> None:
    keyed = {*trace._TO_DETECTIONS, *trace._TO_TRAINING_PROPOSALS, *trace._TO_SAMPLES}
    assert keyed == set(FIELD_NAMES)
