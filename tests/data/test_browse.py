"""Which images the wall shows."""

from __future__ import annotations

import pytest

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.browse import LABELLED, MISSED, UNLABELLED, Filter, choose
from frcnn_viz.data.statistics import BANDS, resize_scale
from frcnn_viz.data.workspace import Item

BIRD = Object((0, 0, 20, 20), "bird")
HOUSE = Object((0, 0, 300, 300), "house")
FLAT = Object((5, 5, 5, 5), "flat")
ITEMS = [
    Item("a", "street.png", 640, 480, (BIRD, HOUSE)),
    Item("b", "empty.png", 640, 480, (), "for Tuesday"),
    Item("c", "house.png", 640, 480, (HOUSE,)),
    Item("d", "flat.png", 640, 480, (FLAT,)),
]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), "abcd"),
        (Filter(text="STREET"), "a"),
        (Filter(text="tuesday"), "b"),
        (Filter(labels=frozenset({"house"})), "ac"),
        (Filter(labels=frozenset({"bird", "house"})), "ac"),
        (Filter(band="small"), "a"),
        (Filter(labels=frozenset({"house"}), band="small"), ""),
        (Filter(band="large"), "ac"),
        (Filter(state=UNLABELLED), "b"),
        (Filter(state=LABELLED), "acd"),
        (Filter(state=MISSED), "c"),
    ],
)
def test_filters(wanted: Filter, expected: str) -> None:
    chosen = choose(ITEMS, wanted, (480, 640), {"a": 0, "c": 2})
    assert "".join(item.id for item in chosen) == expected


def test_bands_are_of_the_resized_picture() -> None:
    large = Filter(band="large")
    assert choose(ITEMS, large, (120, 640)) == []  # a quarter of the size: 75 px
    assert sum(len(choose(ITEMS, Filter(band=band), (120, 640))) for band in BANDS) == 3


def test_the_scale_is_torchvisions() -> None:
    assert resize_scale(480, 640, 240, 427) == 0.5
    assert resize_scale(100, 2000, 240, 500) == 0.25
