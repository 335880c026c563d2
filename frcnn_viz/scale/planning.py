"""A set's references are dealt to shards, and what is still to be done of them is told.

A plan is written beside the one that stands, and takes its place when it is whole. While it does, `.unplanned` stands
in the folder: what is there may be part old, part new, and is not gone by until it was planned again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from frcnn_viz.data.annotations import DataError
from frcnn_viz.scale.digest import digest
from frcnn_viz.scale.folder import Plan, ResultsFolder, key_of, shard_of
from frcnn_viz.scale.rows import BOX, REFERENCES, TABLES
from frcnn_viz.scale.sets import references_of
from frcnn_viz.scale.spill import Spill

PER_SHARD = 128
"""Images, at most, when a set is planned for the first time; and over half as many, from the second shard on."""
AT_ONCE = 50_000
"""References that are held in memory before they are laid aside."""
DIGESTS = "digests.arrow"
"""In `plan`: each shard that has images, with what its key is made of, so that none is read to ask what is done."""

UNPLANNED = ".unplanned"


def make_plan(
    named: str,
    folder: ResultsFolder,
    run: Plan,
    pictures: str | None = None,
    tell: Callable[[int], None] = lambda images: None,
) -> Plan:
    """Write a run's plan: run.json and the references of each shard, by id.

    A set planned again keeps its number of shards, so that an image more changes one of them.

    Args:
        named: the set, as `sets.references_of` takes it.
        folder: where the run's files are, or are to be.
        run: what is to be done; its numbers of shards and images are found here and need not be right.
        pictures: as `sets.references_of` takes it.
        tell: is called now and then with the number of images read so far.

    Returns:
        `run` with its numbers of shards and images, as run.json has it.

    Raises:
        DataError: the set cannot be read, or has no picture with ground truth; an old plan stands as it was.
    """
    new = folder.path / ".planning"
    try:
        shutil.rmtree(new, ignore_errors=True)
        spill = Spill(new / "spill", REFERENCES)
        images = _lay_aside(named, references_of(named, pictures, new), spill, tell)
        shards = _kept(folder) or _enough_for(images)
        planned = _write_shards(ResultsFolder(new), spill, shards)
        plan = replace(run, shards=shards, images=images)
        _put_in_place(folder, new, plan, planned)
    except OSError as error:
        raise DataError(f"{folder.path} cannot be written to ({error.strerror}).") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return plan


def pending(folder: ResultsFolder, plan: Plan) -> Iterator[tuple[int, str]]:
    """The shards that are not done, with their keys, in order. Shards without images are none.

    Raises:
        DataError: the plan was not written to its end.
    """
    for shard, found in _digests(folder).items():
        key = key_of(plan.basis, found)
        if not folder.is_done(shard, key):
            yield shard, key


def _lay_aside(named: str, references: Iterable[pa.Table], spill: Spill, tell: Callable[[int], None]) -> int:
    """How many references there are."""
    images, held, waiting, any_truth, problem = 0, 0, [], False, None
    for table in references:
        images += len(table)
        held += len(table)
        waiting.append(table)
        any_truth = any_truth or _has_truth(table)
        problem = problem or next(iter(pc.drop_null(table["problem"]).to_pylist()), None)
        if held >= AT_ONCE:
            _deal(pa.concat_tables(waiting), spill)
            held, waiting = 0, []
            tell(images)
    if not any_truth:
        raise DataError(f"{named} holds no picture with ground truth. {problem or ''}".strip())
    if waiting:
        _deal(pa.concat_tables(waiting), spill)
    tell(images)
    return images


def _deal(table: pa.Table, spill: Spill) -> None:
    spill.add(table, np.array([shard_of(name, spill.buckets) for name in table["image_id"].to_pylist()]))


def _has_truth(table: pa.Table) -> bool:
    """Whether there is an object to find on any picture that can be used."""
    objects = pc.list_flatten(table.filter(pc.is_null(table["problem"]))["objects"]).combine_chunks()
    x0, y0, x1, y1 = (objects.field(name).to_numpy() for name, _ in BOX)
    return bool(((x1 > x0) & (y1 > y0) & np.isfinite(x1 - x0) & np.isfinite(y1 - y0)).any())


def _enough_for(images: int) -> int:
    """The smallest power of two of shards that hold few enough each."""
    shards = 1
    while images > shards * PER_SHARD:
        shards *= 2
    return shards


def _kept(folder: ResultsFolder) -> int | None:
    try:
        return folder.plan.shards
    except DataError:
        return None


def _write_shards(folder: ResultsFolder, spill: Spill, shards: int) -> set[int]:
    """The references of every shard, and their digests; which shards have any.

    Both numbers are powers of two, so a shard's images lie in the buckets that are its number modulo the smaller one.
    """
    (folder.path / "plan").mkdir()
    found: dict[int, str] = {}
    for first in range(min(shards, spill.buckets)):
        rows = pa.concat_tables(spill.read(bucket) for bucket in range(first, spill.buckets, shards))
        names = rows["image_id"].to_pylist()
        owners = np.array([shard_of(name, shards) for name in names], np.int64)
        order = np.argsort(owners, kind="stable")
        rows, owners = rows.take(order), owners[order]
        for shard in np.unique(owners).tolist():
            start, end = np.searchsorted(owners, [shard, shard + 1]).tolist()
            table = _named_once(rows.slice(start, end - start)).combine_chunks()
            found[shard] = digest(table.drop_columns(["path"]))
            pq.write_table(table, folder.references_path(shard), compression="zstd")
    rows = sorted(found.items())
    table = pa.table({"shard": [shard for shard, _ in rows], "digest": [text for _, text in rows]})
    with pa.ipc.new_file(folder.path / "plan" / DIGESTS, table.schema) as file:
        file.write_table(table)
    return set(found)


def _named_once(table: pa.Table) -> pa.Table:
    """By id, each of one image: what comes second under it gets another and is not examined."""
    table = table.take(pc.sort_indices(table["image_id"]))  # a stable sort
    names, problems = table["image_id"].to_pylist(), table["problem"].to_pylist()
    seen: dict[str, int] = {}
    taken = set(names)
    for row, name in enumerate(names):
        seen[name] = count = seen.get(name, 0) + 1
        if count == 1:
            continue
        while (other := f"{name} ({count})") in taken:
            count += 1
        taken.add(other)
        names[row], seen[name] = other, count
        problems[row] = f"{name} is in the set more than once; only the first of that name is examined."
    if len(seen) == len(names):
        return table
    columns = {**{name: table[name] for name in table.column_names}, "image_id": names, "problem": problems}
    table = pa.table(columns, REFERENCES)
    return table.take(pc.sort_indices(table["image_id"]))


def _put_in_place(folder: ResultsFolder, new: Path, plan: Plan, planned: set[int]) -> None:
    """A plan that is whole, in the place of what was; and without what was found of shards that have no images now."""
    unplanned = folder.path / UNPLANNED
    unplanned.touch()
    if (folder.path / "plan").exists():
        shutil.rmtree(folder.path / "plan")
    (new / "plan").rename(folder.path / "plan")
    folder.plan = plan
    for table in TABLES:
        for path in (folder.path / table).glob("*-*.parquet"):
            if int(path.name.partition("-")[0]) not in planned:
                path.unlink(missing_ok=True)
    unplanned.unlink()


def _digests(folder: ResultsFolder) -> dict[int, str]:
    path = folder.path / "plan" / DIGESTS
    if (folder.path / UNPLANNED).exists() or not path.is_file():
        raise DataError(f"The plan of {folder.path} was not written to its end; run the command again.")
    table = pa.ipc.open_file(path).read_all()
    return dict(zip(table["shard"].to_pylist(), table["digest"].to_pylist(), strict=True))
