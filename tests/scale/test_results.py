"""Results opened: every answer equals a plain count of the same rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from benchmarks.results import ALARMS, OBJECTS, measure, write_results
from frcnn_viz.analysis.sums import sums
from frcnn_viz.analysis.waterfall import STAGES, THRESHOLDS, losses, recalls
from frcnn_viz.data.annotations import DataError
from frcnn_viz.scale.queries import (
    EVERYTHING,
    Chosen,
    Group,
    Worst,
    count_worst,
    groups,
    values_of,
    waterfall,
    worst_findings,
    worst_images,
)
from frcnn_viz.scale.results import Results
from frcnn_viz.scale.versus import Shared, Versus
from tests.scale.drawn import HOSTILE, band_of, draw, fate_of, in_shards
from tests.scale.made import Row, write_examined, write_rows


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, list[Row], dict[str, Row]]:
    findings, images = draw(1)
    folder = write_rows(tmp_path_factory.mktemp("drawn") / "a", in_shards(findings, images, 3))
    return Results(folder.path), findings, {image["image_id"]: image for image in images}


CHOSEN = [
    EVERYTHING,
    Chosen(class_=HOSTILE[1]),
    Chosen(verdict="found"),
    Chosen(stage="refined", band="large"),
    Chosen(tag=("'; \"w", "w1"), scores=(0.25, 0.75)),
    Chosen(class_="' or true --"),
]


def keep(rows: list[Row], images: dict[str, Row], chosen: Chosen) -> list[Row]:
    """Slow and plain."""
    return [
        row
        for row in rows
        if chosen.class_ in ("", row["class"])
        and chosen.verdict in ("", row["verdict"])
        and chosen.stage in ("", row.get("stage"))
        and chosen.band in ("", band_of(row))
        and (chosen.tag is None or dict(images[row["image_id"]]["tags"])[chosen.tag[0]] == chosen.tag[1])
        and (chosen.scores is None or chosen.scores[0] <= row["score"] <= chosen.scores[1])
    ]


@pytest.mark.parametrize("chosen", CHOSEN, ids=range(len(CHOSEN)))
@pytest.mark.parametrize("by", ["class", "verdict", "stage", "size", "tag:camera", "tag:'; \"w"])
def test_sums_are_those_of_a_plain_count(drawn: tuple, by: str, chosen: Chosen) -> None:
    results, findings, images = drawn
    value = {"class": lambda row: row["class"], "verdict": lambda row: row["verdict"], "size": band_of}
    value["stage"] = lambda row: row.get("stage")
    of = value.get(by) or (lambda row: dict(images[row["image_id"]]["tags"])[by[4:]])
    counts = Counter((of(row), fate_of(row)) for row in keep(findings, images, chosen))
    names = {name for name, _ in counts}
    fates = ("found", "missed", "left out", "false alarm")
    expected = [Group(name, *(counts[name, fate] for fate in fates)) for name in names]
    told, count = groups(results, by, chosen)
    assert sorted(told, key=repr) == sorted(expected, key=repr)
    assert count == len(names)
    lost = [group.missed + group.false_alarms for group in told]
    assert lost == sorted(lost, reverse=True)


@pytest.mark.parametrize("chosen", CHOSEN, ids=range(len(CHOSEN)))
def test_the_waterfall_is_that_of_the_analysis(drawn: tuple, chosen: Chosen) -> None:
    results, findings, images = drawn
    rows = [row["ious"] for row in keep(findings, images, chosen) if fate_of(row) in ("found", "missed")]
    ious = torch.tensor(rows).reshape(-1, len(STAGES))
    told = waterfall(results, chosen)
    assert told.objects == len(rows)
    for threshold in THRESHOLDS:
        assert told.losses[threshold] == losses(ious, threshold)
        if rows:
            assert told.recalls[threshold] == pytest.approx(recalls(ious, threshold))


def test_fifths_are_whole_and_alike(drawn: tuple) -> None:
    results, findings, _ = drawn
    told, count = groups(results, "quantile")
    objects = [group.found + group.missed for group in told]
    assert sum(objects) == sum(fate_of(row) in ("found", "missed") for row in findings)
    assert count == len(told) == 5
    assert max(objects) < 2 * min(objects)


@pytest.mark.parametrize("order", [None, *Worst])
@pytest.mark.parametrize("chosen", [EVERYTHING, Chosen(class_=HOSTILE[1])], ids=["all", "some"])
def test_the_worst_come_first_and_page_by_page(drawn: tuple, order: Worst | None, chosen: Chosen) -> None:
    results, findings, images = drawn
    rows, lost = keep(findings, images, chosen), ("missed", "false alarm")
    if order is None:
        counts = Counter(row["image_id"] for row in rows if fate_of(row) in lost)
        expected = sorted(counts.values(), reverse=True)
        pages = [worst_images(results, chosen, 7, start) for start in range(0, len(counts), 7)]
        told = [(one["missed"] + one["alarms"], one["image_id"]) for page in pages for one in page]
        assert {name: count for count, name in told} == counts
    else:
        fate, column = ("false alarm", "score") if order is Worst.HIGHEST_SCORE else ("missed", "iou")
        mine = [row for row in rows if fate_of(row) == fate]
        expected = sorted((row[column] for row in mine), reverse=order is not Worst.LOWEST_IOU)
        pages = [worst_findings(results, order, chosen, 7, start) for start in range(0, len(mine), 7)]
        told = [(one[column], one["image"]["image_id"]) for page in pages for one in page]
        assert sorted(name for _, name in told) == sorted(row["image_id"] for row in mine)
    assert [value for value, _ in told] == pytest.approx(expected)
    assert count_worst(results, order, chosen) == len(expected)


def test_totals_and_sums_are_those_of_the_examinations(tmp_path: Path) -> None:
    folder, examined = write_examined(tmp_path / "results", tmp_path / "pictures", 3, box_score_thresh=0.3)
    results = Results(folder.path)
    total = results.totals
    told = sums((truth for truth, _ in examined), (one for _, one in examined), ("", "car", "person", "bicycle"))
    counted = total.found + total.missed
    assert f"{total.missed:,} of {counted:,} objects missed, {total.false_alarms:,} false alarms on 3 images." in told
    assert total.missed > 0
    ious = torch.cat([one.ious[one.counted] for _, one in examined])
    assert waterfall(results).losses[0.5] == losses(ious, 0.5)


def test_only_what_is_done_counts_and_what_is_damaged_is_told(tmp_path: Path) -> None:
    findings, images = draw(1, 12)
    folder = write_rows(tmp_path, in_shards(findings, images, 4))
    whole = Results(folder.path).totals
    by_shard = [
        Results(write_rows(tmp_path / f"{n}", [of]).path).totals for n, of in enumerate(in_shards(findings, images, 4))
    ]
    assert whole.found == sum(one.found for one in by_shard)
    folder.table_path("images", 0, f"{0:016x}").unlink()  # its findings stand alone: the run was killed there
    pq.write_table(
        pq.read_table(folder.table_path("images", 1, f"{1:016x}")), tmp_path / "images" / ".00002-x.parquet.9"
    )
    half = Results(folder.path)
    assert half.totals.found == whole.found - by_shard[0].found
    assert half.damaged == []
    path = folder.table_path("findings", 3, f"{3:016x}")
    path.write_bytes(path.read_bytes()[:100])
    (tmp_path / "index-1" / path.name).unlink()
    less = Results(folder.path)
    assert less.totals.found == by_shard[1].found + by_shard[2].found
    assert [sentence.startswith("Shard 3 is left out") for sentence in less.damaged] == [True]


def test_a_file_with_other_columns_is_left_out_and_told(tmp_path: Path) -> None:
    findings, images = draw(1, 4)
    folder = write_rows(tmp_path, in_shards(findings, images, 2))
    path = folder.table_path("images", 0, f"{0:016x}")
    pq.write_table(pq.read_table(path).drop_columns(["problem"]), path)
    results = Results(folder.path)
    assert results.totals.images == 2
    assert results.damaged == ["Shard 0 is left out: 00000-0000000000000000.parquet has other columns."]


def test_a_shard_done_anew_under_another_key_replaces_what_was_known_of_it(tmp_path: Path) -> None:
    findings, images = draw(1, 6)
    folder = write_rows(tmp_path / "a", in_shards(findings, images, 1))
    before = Results(folder.path).totals
    other = write_rows(tmp_path / "b", in_shards(*draw(2, 6), 1))
    tables = {name: pq.read_table(other.table_path(name, 0, f"{0:016x}")) for name in ("findings", "images", "times")}
    folder.write_shard(0, "f" * 16, tables)
    assert Results(folder.path).totals == Results(other.path).totals != before
    assert len(list((folder.path / "index-1").iterdir())) == 1


def test_images_that_could_not_be_examined_are_listed(tmp_path: Path) -> None:
    findings, images = draw(1, 4)
    bad = [{"image_id": f"<b>{n}", "problem": f"{n} is damaged."} for n in range(3)]
    results = Results(write_rows(tmp_path, in_shards(findings, [*images, *bad], 2)).path)
    assert (results.totals.images, results.totals.problems) == (4, 3)
    assert results.problems(2, 1) == [("<b>1", "1 is damaged."), ("<b>2", "2 is damaged.")]


def test_a_run_that_has_nothing_yet_answers_with_nothing(tmp_path: Path) -> None:
    results = Results(write_rows(tmp_path, []).path)
    assert results.totals.images == count_worst(results, None, EVERYTHING) == waterfall(results).objects == 0
    assert groups(results, "class") == groups(results, "quantile") == ([], 0)
    assert Versus(results, results).shared == Shared(0, 0, 0, 0, 0)


def test_what_there_is_not_is_told(tmp_path: Path, drawn: tuple) -> None:
    with pytest.raises(DataError, match="holds no results"):
        Results(tmp_path)
    with pytest.raises(DataError, match=r"there are no sums by 'tag:week'; choose one of class, .*tag:camera"):
        groups(drawn[0], "tag:week")
    assert set(values_of(drawn[0], "tag:camera")) == set(HOSTILE[:3])


def test_results_that_may_not_be_written_to_are_opened_all_the_same(tmp_path: Path) -> None:
    findings, images = draw(1, 4)
    folder = write_rows(tmp_path, in_shards(findings, images, 1))
    (tmp_path / "index-1").write_bytes(b"")  # where no folder can be made
    assert Results(folder.path).totals.images == 4


def test_what_is_measured_is_results_as_a_run_writes_them(tmp_path: Path) -> None:
    for seed, name in enumerate("ab"):
        write_results(tmp_path / name, 60, 2, seed)
    a, b = (Results(tmp_path / name) for name in "ab")
    assert (a.totals.images, a.totals.found + a.totals.missed, a.totals.false_alarms) == (60, 60 * OBJECTS, 60 * ALARMS)
    assert Versus(a, b).shared == Shared(60, 60 * OBJECTS, 0, 0, 0)
    assert waterfall(a).losses[0.5] == [
        sum(group.missed for group in groups(a, "stage")[0] if group.name == stage) for stage in STAGES
    ]
    rows, _ = measure(tmp_path / "a", tmp_path / "b", 1)
    assert all(row.ms > 0 for row in rows)
