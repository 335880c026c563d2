"""Two results side by side: every difference equals a plain count of the same rows."""

from __future__ import annotations

from collections import Counter

import pytest

from frcnn_viz.scale.folder import ResultsFolder
from frcnn_viz.scale.results import Results
from frcnn_viz.scale.versus import Difference, Shared, Versus
from tests.scale.drawn import band_of, draw, fate_of, in_shards
from tests.scale.made import Row, write_rows


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Versus, list[Row], list[Row]]:
    """A has an image more, B another, and one has other objects in B."""
    path = tmp_path_factory.mktemp("pair")
    (rows_a, images_a), (rows_b, images_b) = draw(1), draw(2)
    images_b[3]["truth"] = [*images_b[3]["truth"], {"x0": 0.0, "y0": 0.0, "x1": 1.0, "y1": 1.0, "label": "car"}]
    a, b = ResultsFolder(path / "a"), ResultsFolder(path / "b")
    write_rows(a.path, in_shards(rows_a, images_a[:-1], 3))
    write_rows(b.path, in_shards(rows_b, images_b[1:], 2))
    same = {image["image_id"] for image in images_a[1:-1]} - {images_b[3]["image_id"]}
    mine, its = ([r for r in rows if r["image_id"] in same and r["what"] != "false alarm"] for rows in (rows_a, rows_b))
    return Versus(Results(a.path), Results(b.path)), mine, its


@pytest.mark.parametrize("by", ["class", "size", "verdict_a", "verdict_b"])
def test_differences_are_those_of_a_plain_count(pair: tuple, by: str) -> None:
    versus, mine, its = pair
    counts: dict[str, Counter] = {}
    for a, b in zip(mine, its, strict=True):
        name = {"class": a["class"], "size": band_of(a), "verdict_a": a["verdict"], "verdict_b": b["verdict"]}[by]
        counts.setdefault(name, Counter())[fate_of(a), fate_of(b)] += 1
    f, m = "found", "missed"
    expected = {Difference(n, c.total(), c[f, f], c[m, f], c[f, m], c[m, m]) for n, c in counts.items()}
    assert set(versus.differences(by)) == expected
    assert versus.shared == Shared(27, len(mine), 1, 1, 1)


def test_the_other_way_round_what_is_won_is_lost(pair: tuple) -> None:
    versus, mine, its = pair
    back = Versus(versus.b, versus.a)
    for one, other in zip(versus.differences("class"), back.differences("class"), strict=True):
        assert (one.name, one.objects, one.both, one.won, one.lost) == (
            other.name,
            other.objects,
            other.both,
            other.lost,
            other.won,
        )
    key = lambda row: (row["image_id"], row["number"], row["verdict"])  # noqa: E731
    for won in (True, False):
        told = list(map(key, versus.objects(won, 99)))
        assert told == list(map(key, versus.objects(won, 5))) + list(map(key, versus.objects(won, 99, 5)))
        assert sorted(told) == sorted(map(key, back.objects(not won, 99)))
        fates = ("missed", "found") if won else ("found", "missed")
        lost = [(a, b) for a, b in zip(mine, its, strict=True) if (fate_of(a), fate_of(b)) == fates]
        assert sorted(told) == sorted(key(a if won else b) for a, b in lost)
    assert Counter({(a, b): n for a, b, n in versus.verdicts()}) == Counter(
        (a["verdict"], b["verdict"]) for a, b in zip(mine, its, strict=True)
    )
