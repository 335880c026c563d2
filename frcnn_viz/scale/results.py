"""Results of any size, opened: questions are put to their files by DuckDB, and nothing of them is held."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from frcnn_viz.data.annotations import DataError
from frcnn_viz.extras import MissingExtraError, need
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.scale.folder import ResultsFolder
from frcnn_viz.scale.index import FORM, INDEX, bring_up_to_date
from frcnn_viz.scale.rows import IMAGES, TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "2GB"
"""That DuckDB may use; beyond it, it goes on on disk."""
_NAME = re.compile(r"(\d{5,})-([0-9a-f]{16})\.parquet")


def connect(database: str = ":memory:") -> DuckDBPyConnection:
    """A DuckDB that fetches nothing from elsewhere.

    Raises:
        DataError: the package is missing.
    """
    try:
        duckdb = need("results")
    except MissingExtraError as error:
        raise DataError(str(error)) from error
    options = {"memory_limit": MEMORY, "autoinstall_known_extensions": False, "parquet_metadata_cache": True}
    return duckdb.connect(database, config=options)


@dataclass(frozen=True)
class Totals:
    """How many images were examined, objects found, missed, left out, false alarms; images that could not be."""

    images: int
    found: int
    missed: int
    left_out: int
    false_alarms: int
    problems: int


class Results:
    """A folder of results, as it stands when it is opened; for any thread.

    Attributes:
        folder: where it is. plan: what the run did. done: the key of each shard that is done, by its number.
        tags: the names of the tags that images have. damaged: a sentence for each shard that is left out.
    """

    def __init__(self, path: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Open what is done; `progress` is called for each shard, the first time that it is opened.

        Raises:
            DataError: there are no results at `path`, or DuckDB is missing.
        """
        self.folder = ResultsFolder(path)
        self.plan = self.folder.plan
        self._connection = connect()
        self.damaged: list[str] = []
        self.done: dict[int, str] = {}
        index, tags = self._index_folder(), dict[str, None]()
        keys = done_shards(self.folder)
        for count, (shard, key) in enumerate(sorted(keys.items())):
            files = (self.folder.table_path(name, shard, key) for name in ("findings", "images"))
            try:
                tags |= dict.fromkeys(bring_up_to_date(index / f"{shard:05d}-{key}.parquet", shard, *files))
                self.done[shard] = key
            except DataError as error:
                self.damaged.append(str(error))
            progress(count + 1, len(keys))
        self.tags = tuple(tags)
        self._index = index
        _sweep(index, self.done)
        self.view_in(self._connection)

    def view_in(self, connection: DuckDBPyConnection, prefix: str = "") -> None:
        """Let a connection ask for `findings`, as `index` has them, and `images`, as `rows` has those examined or not.

        Both have `shard` and `row`, of the file and in it; images have a `digest` of their truth.
        """
        index = [self._index / f"{shard:05d}-{key}.parquet" for shard, key in self.done.items()]
        images = [self.folder.table_path("images", shard, key) for shard, key in self.done.items()]
        _view(connection, f"{prefix}findings", index, INDEX)
        _view(connection, f"{prefix}files", images, _IMAGE_FILES)
        connection.execute(_IMAGES.format(prefix=prefix))

    def ask(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What DuckDB answers, as `view_in` lets it.

        Raises:
            DataError: a file went or was damaged meanwhile.
        """
        import duckdb

        try:
            with self._connection.cursor() as cursor:
                return cursor.execute(sql, list(values)).fetchall()
        except duckdb.Error as error:
            raise DataError(f"{self.folder.path} cannot be read any more; open it anew.") from error

    def rows(self, table: str, places: Sequence[tuple[int, int]], columns: Sequence[str]) -> list[dict[str, Any]]:
        """Rows of the files themselves, in the order asked for.

        Args:
            table: a name of `rows.TABLES`.
            places: shard and row of each.
            columns: which of the table's.

        Raises:
            DataError: a file went or was damaged meanwhile.
        """
        found: dict[tuple[int, int], dict[str, Any]] = {}
        try:
            for shard in {shard for shard, _ in places}:
                wanted = sorted({row for of, row in places if of == shard})
                path = self.folder.table_path(table, shard, self.done[shard])
                told = _read_rows(path, TABLES[table], wanted, columns)
                found |= {(shard, row): one for row, one in zip(wanted, told, strict=True)}
        except (OSError, ValueError, KeyError, IndexError, pa.ArrowException) as error:
            raise DataError(f"{self.folder.path} cannot be read any more; open it anew.") from error
        return [found[place] for place in places]

    @cached_property
    def totals(self) -> Totals:
        """Of all that is done."""
        sums = ", ".join(f"coalesce(sum({name}), 0)" for name in ("found", "missed", "left_out", "false_alarms"))
        ((images, *counts, problems),) = self.ask(f"select count(*), {sums}, count(problem) from images")
        return Totals(images - problems, *counts, problems)

    def problems(self, most: int, start: int = 0) -> list[tuple[str, str]]:
        """Images that could not be examined, by id, each with its sentence."""
        told = "select image_id, problem from images where problem is not null order by image_id limit ? offset ?"
        return self.ask(told, (most, start))

    def _index_folder(self) -> Path:
        """Beside the results, or, where nothing may be written there, for this process alone."""
        beside = self.folder.path / f"index-{FORM}"
        with suppress(OSError):
            beside.mkdir(exist_ok=True)
            tempfile.TemporaryFile(dir=beside).close()
            return beside
        self._own = tempfile.TemporaryDirectory(prefix="frcnn-viz-index-")
        return Path(self._own.name)


def _sweep(index: Path, done: dict[int, str]) -> None:
    """Remove what is known of shards that were done anew since."""
    with suppress(OSError):
        for path in index.glob("*.parquet"):
            if (named := _NAME.fullmatch(path.name)) and done.get(int(named[1])) != named[2]:
                path.unlink(missing_ok=True)


def done_shards(folder: ResultsFolder) -> dict[int, str]:
    """The key of each shard whose images stand; of two, of which one is being put in the other's place, the later."""
    done: dict[int, tuple[int, str]] = {}
    for path in (folder.path / "images").glob("*.parquet"):
        if named := _NAME.fullmatch(path.name):
            with suppress(OSError):
                told = (path.stat().st_mtime_ns, named[2])
                done[int(named[1])] = max(told, done.get(int(named[1]), told))
    return {shard: key for shard, (_, key) in sorted(done.items())}


def _read_rows(path: Path, schema: pa.Schema, wanted: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
    """Some rows of a file, read by the row groups that hold them."""
    with pq.ParquetFile(path) as file:
        told, start = [], 0
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            if inside := [row - start for row in wanted if start <= row < end]:
                read = file.read_row_group(group, columns=list(columns), use_threads=False).take(inside)
                told += read.cast(pa.schema([schema.field(name) for name in read.column_names])).to_pylist()
            start = end
    return told


def _view(connection: DuckDBPyConnection, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
    if not files:
        connection.from_arrow(schema.empty_table()).create(name)
        return
    paths = [str(file) for file in files]
    connection.read_parquet(paths, union_by_name=True, filename=True, file_row_number=True).create_view(name)


_IMAGE_FILES = pa.schema([*IMAGES, ("filename", pa.string()), ("file_row_number", pa.int64())])
_IMAGES = r"""
create view {prefix}images as select *, file_row_number::int as row, hash(truth) as digest,
    regexp_extract(filename, '(\d+)-[0-9a-f]{{16}}\.parquet$', 1)::int as shard
from {prefix}files
"""
