"""Every kind of finding: found where it is, not elsewhere, and gone once mended."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frcnn_viz.data.annotations import AnnotatedImage, Box, Dataset, Object, Unreadable, all_classes
from frcnn_viz.data.checks import Finding, Kind, Mend, check, mend_dataset, notes

SIZE = (640, 480)


def dataset(*boxes: Box, label: str = "cat", **changes: object) -> Dataset:
    objects = tuple(Object(tuple(map(float, box)), label) for box in boxes)
    images = [AnnotatedImage("a.png", objects, *SIZE, source="a.xml", file="a.png")]
    return replace(Dataset(tuple(images), all_classes(images), "voc"), **changes)


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize(
    ("box", "kind", "mend", "after"),
    [
        ((5, 5, 5, 9), Kind.DEGENERATE, Mend.DROP, None),
        ((math.nan, 5, 8, 9), Kind.NOT_FINITE, Mend.DROP, None),
        ((1, 5, math.inf, 9), Kind.NOT_FINITE, Mend.DROP, None),
        ((50, 5, 8, 9), Kind.INVERTED, Mend.SWAP, (8, 5, 50, 9)),
        ((-3, 5, 8, 500), Kind.OUTSIDE, Mend.CLIP, (0, 5, 8, 480)),
        ((700, 5, 800, 50), Kind.OUTSIDE, Mend.DROP, None),
    ],
)
def test_a_bad_place_is_found_and_mended(box: Box, kind: Kind, mend: Mend, after: Box | None) -> None:
    bad = dataset((10, 10, 20, 20), box)
    finding = only(check(bad))
    assert (finding.kind, finding.mend, finding.object, finding.image) == (kind, mend, 1, "a.png")
    assert "a.xml: object 1 (cat)" in finding.sentence
    mended = mend_dataset(bad, [finding], {})
    assert check(mended) == []
    assert [item.box for item in mended.images[0].objects] == [(10, 10, 20, 20)] + ([after] if after else [])


def test_half_a_pixel_over_the_edge_is_rounding() -> None:
    assert check(dataset((0, 0, 640.4, 480))) == []
    assert check(dataset((0, 0, 641, 480)))[0].kind is Kind.OUTSIDE


def test_duplicates_are_found_once() -> None:
    finding = only(check(dataset((1, 1, 9, 9), (1, 1, 9, 9))))
    assert (finding.kind, finding.object) == (Kind.DUPLICATE, 1)
    assert len(mend_dataset(dataset((1, 1, 9, 9), (1, 1, 9, 9)), [finding], {}).images[0].objects) == 1


def test_classes_that_were_not_declared_are_told() -> None:
    assert check(dataset((1, 1, 9, 9))) == []
    undeclared = dataset((1, 1, 9, 9), declared=("dog",))
    finding = only(check(undeclared))
    assert finding.kind is Kind.UNKNOWN_CLASS
    assert check(mend_dataset(undeclared, [finding], {})) == []
    assert check(undeclared, classes=["cat"]) == []


def test_the_picture_decides_about_sizes() -> None:
    lies = dataset((1, 1, 9, 9))
    finding = only(check(lies, {"a.png": (320, 200)}))
    assert (finding.kind, finding.value) == (Kind.SIZE, "640 x 480")
    assert check(mend_dataset(lies, [finding], {"a.png": (320, 200)}), {"a.png": (320, 200)}) == []
    assert only(check(lies, {})).kind is Kind.NO_PICTURE
    assert only(check(lies, {"a.png": None})).kind is Kind.BAD_PICTURE


def test_unreadable_files_are_findings() -> None:
    finding = only(check(dataset((1, 1, 9, 9), unreadable=(Unreadable("b.xml", "b.xml is broken."),))))
    assert (finding.kind, finding.sentence) == (Kind.UNREADABLE, "b.xml is broken.")


BOXES = [(300 + 30 * n, 200 + 20 * n, 300 + 30 * n + 25, 200 + 20 * n + 18) for n in range(10)]


@pytest.mark.parametrize("mend", [Mend.CORNERS, Mend.SIZES])
def test_width_and_height_taken_for_corners_is_one_finding(mend: Mend) -> None:
    sign = -1 if mend is Mend.CORNERS else 1  # as read: corners that are sizes, or sizes that are corners
    wrong = [(x0, y0, x1 + sign * x0, y1 + sign * y0) for x0, y0, x1, y1 in BOXES]
    finding = only(check(dataset(*wrong)))
    assert (finding.kind, finding.mend, finding.image) == (Kind.CORNERS, mend, "")
    mended = mend_dataset(dataset(*wrong), [finding], {})
    assert [item.box for item in mended.images[0].objects] == BOXES
    assert check(mended) == []


def test_sets_that_seem_counted_from_one_are_a_note_not_a_finding() -> None:
    boxes = [(1, 1, 640, 480)] + [(n, n, n + 10, n + 10) for n in range(2, 30)]
    assert check(dataset(*boxes)) == []
    note = only(notes(dataset(*boxes)))
    assert note.mend is Mend.SHIFT
    assert mend_dataset(dataset(*boxes), [note], {}).images[0].objects[0].box == (0, 0, 640, 480)
    assert notes(dataset((0, 1, 640, 480), *boxes)) == []


def test_an_image_without_objects_is_allowed() -> None:
    assert check(dataset(), {"a.png": SIZE}) == []


numbers = st.floats(-1000, 2000) | st.sampled_from([math.nan, math.inf, -math.inf, 1e30])


@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), max_size=12))
def test_mending_everything_leaves_usable_boxes_inside(boxes: list[Box]) -> None:
    now = dataset(*boxes)
    for _ in range(4):
        findings = check(now)
        now = mend_dataset(now, findings, {})
    assert check(now) == []
    assert all(item.usable for item in now.images[0].objects)
