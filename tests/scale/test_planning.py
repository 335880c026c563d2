"""A set is dealt to shards, the same ones each time; a plan that was cut off is told from a whole one."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frcnn_viz.data.annotations import DataError
from frcnn_viz.scale import planning
from frcnn_viz.scale.digest import digest
from frcnn_viz.scale.folder import ResultsFolder, key_of, shard_of
from frcnn_viz.scale.planning import PER_SHARD, make_plan, pending
from frcnn_viz.scale.rows import REFERENCES, TABLES
from frcnn_viz.scale.sets import references_of
from tests.forked import forked
from tests.scale.small import RUN, plan_until, rows_of, write_json

IMAGES = 300


@pytest.fixture(autouse=True)
def few_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs a file, and hundreds are for large sets."""
    monkeypatch.setattr("frcnn_viz.scale.spill.BUCKETS", 8)


def write_pictures(folder: Path, count: int = IMAGES) -> Path:
    """A COCO file whose pictures are files that nobody opens, two objects on each."""
    folder.mkdir(exist_ok=True)
    for n in range(count):
        (folder / f"{n}.jpg").touch()
        os.utime(folder / f"{n}.jpg", ns=(0, 0))
    images = [{"id": n, "file_name": f"{n}.jpg"} for n in range(count)]
    annotations = [{"image_id": n % count, "category_id": 1, "bbox": [n, 2, 3, 4]} for n in range(2 * count)]
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "car"}]}
    return write_json(folder / "set.json", content)


@pytest.fixture
def named(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "set")


@pytest.fixture
def folder(tmp_path: Path) -> ResultsFolder:
    return ResultsFolder(tmp_path / "results")


def files(folder: ResultsFolder) -> dict[str, bytes]:
    """Everything that a plan wrote."""
    paths = (path for path in folder.path.rglob("*") if path.is_file())
    return {path.relative_to(folder.path).as_posix(): path.read_bytes() for path in paths}


def finish(folder: ResultsFolder, shard: int, key: str) -> None:
    folder.write_shard(shard, key, {name: schema.empty_table() for name, schema in TABLES.items()})


def test_every_image_is_in_its_shard_by_id(named: Path, folder: ResultsFolder) -> None:
    told: list[int] = []
    plan = make_plan(str(named), folder, RUN, tell=told.append)
    assert plan == replace(RUN, shards=4, images=IMAGES) == folder.plan
    assert told[-1] == IMAGES
    shards = [folder.references(shard) for shard in range(4)]
    assert all(PER_SHARD / 2 <= len(table) <= PER_SHARD for table in shards)
    for shard, table in enumerate(shards):
        names = table["image_id"].to_pylist()
        assert names == sorted(names)
        assert {shard_of(name, 4) for name in names} == {shard}
    assert rows_of(shards) == rows_of(references_of(str(named)))


@pytest.mark.parametrize(("images", "shards"), [(1, 1), (128, 1), (129, 2), (1_000_000, 8192), (2**21, 2**14)])
def test_shards_are_the_fewest_that_hold_few_enough(images: int, shards: int) -> None:
    assert planning._enough_for(images) == shards


@pytest.mark.parametrize("buckets", [1, 2, 64])
def test_files_are_the_same_however_they_were_laid_aside(
    named: Path, folder: ResultsFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, buckets: int
) -> None:
    make_plan(str(named), folder, RUN)
    before = files(folder)
    make_plan(str(named), folder, RUN)
    assert files(folder) == before
    monkeypatch.setattr("frcnn_viz.scale.spill.BUCKETS", buckets)
    monkeypatch.setattr("frcnn_viz.scale.planning.AT_ONCE", 7)
    other = ResultsFolder(tmp_path / "other")
    make_plan(str(named), other, RUN)
    assert files(other) == before


def test_one_image_more_changes_one_shard(named: Path, folder: ResultsFolder) -> None:
    plan = make_plan(str(named), folder, RUN)
    keys = dict(pending(folder, plan))
    held = [folder.references(shard).drop_columns(["path"]) for shard in range(4)]
    assert keys == {shard: key_of(plan.basis, digest(table)) for shard, table in enumerate(held)}
    for shard, key in keys.items():
        finish(folder, shard, key)
    assert not list(pending(folder, plan))
    write_pictures(named.parent, IMAGES + 1)
    content = json.loads(named.read_text())
    content["annotations"] = [{**item, "image_id": n % IMAGES} for n, item in enumerate(content["annotations"][:-2])]
    write_json(named, content)
    plan = make_plan(str(named), folder, RUN)
    assert (plan.shards, plan.images) == (4, IMAGES + 1)
    assert [shard for shard, _ in pending(folder, plan)] == [shard_of(f"{IMAGES}.jpg", 4)]


def test_the_number_of_shards_stays(named: Path, folder: ResultsFolder) -> None:
    make_plan(str(named), folder, RUN)
    write_pictures(named.parent, 4 * PER_SHARD + 1)
    assert make_plan(str(named), folder, RUN).shards == 4


def test_pictures_moved_are_not_examined_again_and_changed_ones_are(named: Path, folder: ResultsFolder) -> None:
    plan = make_plan(str(named), folder, RUN)
    keys = list(pending(folder, plan))
    moved = named.parent.rename(named.parent.with_name("moved")) / "set.json"
    assert list(pending(folder, make_plan(str(moved), folder, RUN))) == keys
    (moved.parent / "7.jpg").write_text("changed")
    changed = list(pending(folder, make_plan(str(moved), folder, RUN)))
    assert [shard for shard, key in changed if (shard, key) not in keys] == [shard_of("7.jpg", 4)]


def test_results_of_a_shard_without_images_go(named: Path, folder: ResultsFolder) -> None:
    plan = make_plan(str(named), folder, RUN)
    for shard, key in pending(folder, plan):
        finish(folder, shard, key)
    write_pictures(named.parent, 2)
    make_plan(str(named), folder, RUN)
    left = {int(path.name[:5]) for table in TABLES for path in (folder.path / table).iterdir()}
    assert left == {shard_of(f"{n}.jpg", 4) for n in range(2)}


def test_the_second_of_a_name_is_told_and_not_examined(named: Path, folder: ResultsFolder) -> None:
    content = {
        "images": [{"id": n, "file_name": name} for n, name in enumerate(["0.jpg"] * 3 + ["0.jpg (2)"])],
        "annotations": [{"image_id": n, "bbox": [n, 0, 5, 5]} for n in range(4)],
    }
    (named.parent / "0.jpg (2)").touch()
    make_plan(str(write_json(named, content)), folder, RUN)
    rows = rows_of([folder.references(0)])
    assert list(rows) == ["0.jpg", "0.jpg (2)", "0.jpg (3)", "0.jpg (4)"]
    told = Counter(row["problem"] for row in rows.values())
    assert told == {None: 2, "0.jpg is in the set more than once; only the first of that name is examined.": 2}


def test_a_set_without_ground_truth_leaves_the_old_plan(named: Path, folder: ResultsFolder) -> None:
    make_plan(str(named), folder, RUN)
    before = files(folder)
    flat = {"images": [{"id": 0, "file_name": "0.jpg"}], "annotations": [{"image_id": 0, "bbox": [1, 1, 0, 5]}]}
    lost = {"images": [{"id": 0, "file_name": "lost.jpg"}], "annotations": [{"image_id": 0, "bbox": [1, 1, 5, 5]}]}
    for content, sentence in ((flat, "no picture with ground truth"), (lost, r"ground truth\. .*lost\.jpg is not")):
        with pytest.raises(DataError, match=sentence):
            make_plan(str(write_json(named, content)), folder, RUN)
        assert files(folder) == before


def test_a_folder_that_cannot_be_written_to_is_told(named: Path, folder: ResultsFolder) -> None:
    folder.path.write_text("a file")
    with pytest.raises(DataError, match="cannot be written to"):
        make_plan(str(named), folder, RUN)
    with pytest.raises(DataError, match="run the command again"):
        list(pending(folder, RUN))


def test_killed_anywhere_it_leaves_the_old_plan_or_the_new_or_none(
    named: Path, folder: ResultsFolder, tmp_path: Path
) -> None:
    old = make_plan(str(named), folder, RUN)
    for shard, key in pending(folder, old):
        finish(folder, shard, key)
    write_pictures(named.parent, 2)
    other = ResultsFolder(tmp_path / "other")
    other.plan = old
    new = make_plan(str(named), other, RUN)
    wholes = [(plan.images, list(pending(of, plan))) for of, plan in ((folder, old), (other, new))]
    context = forked()
    seen = Counter()
    for step in range(1, 100):
        process = context.Process(target=plan_until, args=(str(named), str(folder.path), step))
        process.start()
        process.join()
        try:
            plan = folder.plan
            seen[wholes.index((plan.images, list(pending(folder, plan))))] += 1
        except DataError:
            seen["none"] += 1
        if process.exitcode == 0:
            break
        assert process.exitcode == 9
    assert process.exitcode == 0
    assert set(seen) == {0, 1, "none"}
    assert {name: one for name, one in files(folder).items() if name in files(other)} == files(other)
    assert not {".planning", ".unplanned"} & {path.name for path in folder.path.iterdir()}


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
OBJECTS = st.lists(
    st.fixed_dictionaries({"x0": st.floats(allow_nan=False) | st.none(), "label": TEXT | st.none()}),
    max_size=3,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "image_id": TEXT | st.none(),
            "objects": OBJECTS | st.none(),
            "tags": st.dictionaries(TEXT, TEXT, max_size=2).map(lambda tags: sorted(tags.items())) | st.none(),
        }
    ),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS, st.integers(0, 3))
def test_a_digest_is_of_what_a_table_holds(rows: list[dict], others: list[dict], cut: int) -> None:
    table, other = (pa.Table.from_pylist(one, REFERENCES) for one in (rows, others))
    same = digest(table) == digest(other)
    assert same == (repr(table.to_pylist()) == repr(other.to_pylist()))
    split = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    assert digest(split) == digest(table)
    assert digest(pa.concat_tables([other, table]).slice(len(other))) == digest(table)
