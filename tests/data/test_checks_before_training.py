"""Every kind of finding that only a training stumbles over: told with its image and its box, and not elsewhere."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frcnn_viz.data.annotations import AnnotatedImage, Box, Object
from frcnn_viz.data.checks import Finding, Kind
from frcnn_viz.data.checks_before_training import anchor_shapes, findings_before_training

CLASSES = ("cat", "dog")
GOOD: Box = (10, 10, 110, 110)
HALVED = (240, 427)
"""Of 640 x 480 it makes 320 x 240."""


def image(name: str, *boxes: Box, label: str = "cat", **flags: bool) -> AnnotatedImage:
    objects = tuple(Object(tuple(map(float, box)), label, **flags) for box in boxes)
    return AnnotatedImage(name, objects, 640, 480, source=f"{name}.xml")


def told(findings: list[Finding]) -> list[tuple[Kind, str, int | None]]:
    return [(one.kind, one.image, one.object) for one in findings]


def test_nothing_is_wrong_with_a_good_set() -> None:
    images = [image("a", GOOD), image("b", GOOD, label="dog"), image("empty")]
    shapes = anchor_shapes([[24], [48]], [[1.0], [1.0]])
    labels = [[1], [2], []]
    assert findings_before_training(images, CLASSES, HALVED, anchors=shapes, labels=labels, validation=images) == []


@pytest.mark.parametrize(
    ("box", "kind"),
    [
        ((50, 50, 50, 90), Kind.DEGENERATE),
        ((math.nan, 50, 80, 90), Kind.NOT_FINITE),
        ((50, 50, math.inf, 90), Kind.NOT_FINITE),
        ((80, 50, 20, 90), Kind.INVERTED),
        ((600, 50, 700, 90), Kind.OUTSIDE),
        (GOOD, Kind.DUPLICATE),
    ],
)
def test_what_is_wrong_with_a_box_is_told_as_ever(box: Box, kind: Kind) -> None:
    images = [image("a", GOOD), image("b", GOOD, box)]
    (finding,) = findings_before_training(images, CLASSES, HALVED)
    assert told([finding]) == [(kind, "b", 1)]
    assert finding.sentence.startswith("b.xml: object 1 (cat) at ")


def test_a_class_that_is_not_among_those_to_learn() -> None:
    findings = findings_before_training([image("a", GOOD), image("b", GOOD, label="cow")], CLASSES)
    assert told(findings) == [(Kind.UNKNOWN_CLASS, "b", 0)]


@pytest.mark.parametrize(("label", "words"), [(0, "which is the background"), (3, "from 1 to 2"), (-1, "from 1 to 2")])
def test_a_label_out_of_range(label: int, words: str) -> None:
    images = [image("a", GOOD, (200, 10, 300, 110)), image("b", GOOD, (200, 10, 300, 110))]
    findings = findings_before_training(images, CLASSES, labels=[[1, 2], [2, label]])
    assert told(findings) == [(Kind.LABEL_RANGE, "b", 1)]
    assert f"is labelled {label}" in findings[0].sentence
    assert words in findings[0].sentence
    assert findings[0].value == str(label)


@pytest.mark.parametrize(
    ("labels", "wrong", "by", "value"), [([0, 1], 0, "low", "0 to 1"), ([2, 3], 1, "high", "2 to 3")]
)
def test_labels_off_by_one(labels: list[int], wrong: int, by: str, value: str) -> None:
    images = [image("a", GOOD, (200, 10, 300, 110))]
    findings = findings_before_training(images, CLASSES, labels=[labels])
    assert told(findings) == [(Kind.LABEL_RANGE, "a", wrong), (Kind.LABEL_OFFSET, "", None)]
    assert f"one too {by}" in findings[1].sentence
    assert findings[1].value == value


def test_labels_must_be_as_many_as_objects() -> None:
    with pytest.raises(ValueError, match="a has 1 objects and 2 labels"):
        findings_before_training([image("a", GOOD)], CLASSES, labels=[[1, 1]])


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (3.8, "is 1.9 x 10.0 px after the resize, of which nothing"),
        (4.0, "is 2.0 x 10.0 px after the resize, so small that no anchor can reach an IoU of 0.5"),
        (20, "is 10.0 x 10.0 px after the resize, so small"),  # 100 is less than half of 256
        (22.8, None),  # 11.4 x 11.4 is more than half of 16 x 16
    ],
)
def test_what_the_resize_makes_too_small(side: float, words: str | None) -> None:
    tall = 20 if side < 22 else side
    images = [image("a", GOOD), image("b", GOOD, (200, 100, 200 + side, 100 + tall))]
    shapes = anchor_shapes([[16], [50]], [[1.0], [1.0]])
    findings = findings_before_training(images, CLASSES, HALVED, anchors=shapes)
    assert told(findings) == ([(Kind.TOO_SMALL, "b", 1)] if words else [])
    if words:
        assert words in findings[0].sentence
    assert findings_before_training(images, CLASSES) == []


def test_ignored_objects_may_be_small() -> None:
    images = [image("a", GOOD), image("b", (9, 9, 10, 10), crowd=True), image("c", (9, 9, 10, 10), difficult=True)]
    assert findings_before_training(images, CLASSES, HALVED) == []


def test_the_large_have_no_small_anchors_to_blame() -> None:
    shapes = anchor_shapes([[16]], [[1.0]])
    assert findings_before_training([image("a", (0, 0, 640, 480))], CLASSES, HALVED, anchors=shapes) == []


def test_boxes_whose_numbers_are_meant_another_way_are_named() -> None:
    right = [(300 + 30 * n, 200 + 20 * n, 25, 18) for n in range(4)] + [(1.0, 1.0, 50.0, 50.0)]
    findings = findings_before_training([image("a", *right), image("b", *right)], CLASSES)
    bad = [(Kind.CORNERS, name, number) for name in "ab" for number in range(4)]
    assert told(findings) == [(Kind.CORNERS, "", None), *bad]
    assert "read as x, y, width and height, they do" in findings[0].sentence
    assert findings[1].sentence == (
        "a.xml: object 0 (cat) at 300, 200, 25, 18 ends before it begins, as if its numbers were meant another way."
    )
    assert [one.mend for one in findings[1:]] == [None] * 8


@pytest.mark.parametrize("flags", [{}, {"crowd": True}, {"difficult": True}])
def test_a_set_with_nothing_to_learn(flags: dict[str, bool]) -> None:
    images = [image("a"), image("b", *([GOOD] if flags else []), **flags)]
    findings = findings_before_training(images, CLASSES, HALVED)
    assert told(findings) == [(Kind.NO_OBJECTS, "", None)]
    assert "these 2 images" in findings[0].sentence


def test_a_class_that_only_validation_has() -> None:
    train = [image("a", GOOD), image("b", GOOD, label="dog", difficult=True)]
    validation = [image("c", GOOD), image("d", GOOD, (200, 10, 300, 110), label="dog")]
    findings = findings_before_training(train, CLASSES, validation=validation)
    assert told(findings) == [(Kind.ONLY_VALIDATION, "d", 0)]
    assert findings[0].value == "dog"


def test_shapes_of_anchors_have_their_area_and_ratio() -> None:
    ((width, height),) = anchor_shapes([[30]], [[2.0]])
    assert (width * height, height / width) == pytest.approx((900, 2))


numbers = st.floats(-1000, 2000) | st.sampled_from([math.nan, math.inf, -math.inf, 1e30])


@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), max_size=8), st.integers(-2, 5))
def test_anything_is_told_and_nothing_raised(boxes: list[Box], label: int) -> None:
    shapes = anchor_shapes([[16], [50]], [[0.5, 1.0], [0.5, 1.0]])
    images = [image("a", *boxes)]
    findings = findings_before_training(
        images, CLASSES, HALVED, anchors=shapes, labels=[[label] * len(boxes)], validation=images
    )
    ranged = [one.object for one in findings if one.kind is Kind.LABEL_RANGE]
    assert ranged == ([] if label in (1, 2) else list(range(len(boxes))))
