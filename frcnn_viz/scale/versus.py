"""Two results on the same images: which objects one finds and the other misses."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frcnn_viz.data.annotations import DataError
from frcnn_viz.scale.index import FOUND, MISSED
from frcnn_viz.scale.queries import with_images
from frcnn_viz.scale.results import Results, connect


@dataclass(frozen=True)
class Shared:
    """What two results share, and not.

    Attributes:
        images: in both, with the same objects. objects: of these.
        other_truth: images in both whose objects differ. only_a, only_b: images that one alone examined.
    """

    images: int
    objects: int
    other_truth: int
    only_a: int
    only_b: int


@dataclass(frozen=True)
class Difference:
    """Of a group of shared objects. name: the group's value. won: found by B and missed by A; lost: the other way."""

    name: str
    objects: int
    both: int
    won: int
    lost: int
    neither: int


COLUMNS = {"class": "class", "size": "band", "verdict_a": "verdict_a", "verdict_b": "verdict_b"}


class Versus:
    """A and B, image by image and object by object; what pairs there are lies in a temporary file.

    An object is the same by its image's id and its number, where the image's objects are the same in both.
    An object of a class that one does not know is neither found nor missed by it, and is in no sum but the verdicts'.

    Attributes:
        a, b: the results. shared: what they have in common.
    """

    def __init__(self, a: Results, b: Results) -> None:
        """Pair them.

        Raises:
            DataError: a file of theirs went meanwhile, or there is no room to pair them.
        """
        import duckdb

        self.a, self.b = a, b
        self._folder = tempfile.TemporaryDirectory(prefix="frcnn-viz-versus-")
        self._connection = connect(str(Path(self._folder.name) / "pairs.duckdb"))
        try:
            for name, of in (("a", a), ("b", b)):
                of.view_in(self._connection, f"{name}_")
            self._connection.execute(_IMAGES)
            self._connection.execute(_PAIRS)
            self.shared = Shared(*self._connection.execute(_SHARED).fetchall()[0])
        except duckdb.Error as error:
            raise DataError(f"{a.folder.path} and {b.folder.path} cannot be paired; open them anew.") from error

    def differences(self, by: str) -> list[Difference]:
        """Sums by a name of `COLUMNS`, those with the most won and lost first.

        Raises:
            DataError: there are no sums by that.
        """
        if by not in COLUMNS:
            raise DataError(f"there are no differences by {by[:60]!r}; choose one of {', '.join(COLUMNS)}.")
        column = COLUMNS[by]
        told = self._ask(
            f"select {column}, count(*), count(*) filter (fate_a = $found and fate_b = $found) as both, "
            "count(*) filter (fate_a = $missed and fate_b = $found) as won, "
            "count(*) filter (fate_a = $found and fate_b = $missed) as lost, "
            "count(*) filter (fate_a = $missed and fate_b = $missed) as neither "
            f"from pairs group by {column} order by won + lost desc, {column}",
            {"found": FOUND, "missed": MISSED},
        )
        return [Difference(*row) for row in told]

    def verdicts(self) -> list[tuple[str, str, int]]:
        """How many objects have which verdict in A and in B, the most frequent first."""
        told = "select verdict_a, verdict_b, count(*) as objects from pairs group by all order by objects desc, 1, 2"
        return self._ask(told)

    def objects(self, won: bool, most: int, start: int = 0) -> list[dict[str, Any]]:
        """Objects that B alone finds (`won`), or A alone: as the side has it that misses it, the surest finds first."""
        side, other = ("a", "b") if won else ("b", "a")
        told = self._ask(
            f"select shard_{side}, row_{side}, image_{side} from pairs where fate_{side} = $missed "
            f"and fate_{other} = $found "
            f"order by score_{other} desc, shard_a, row_a limit $most offset $start",
            {"missed": MISSED, "found": FOUND, "most": most, "start": start},
        )
        return with_images(self.a if won else self.b, told)

    def _ask(self, sql: str, values: dict[str, object] | Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, values).fetchall()


_IMAGES = """
create table shared as
select a.shard as shard_a, a.row as image_a, b.shard as shard_b, b.row as image_b, a.digest = b.digest as same
from a_images a join b_images b using (image_id) where a.problem is null and b.problem is null
"""
_PAIRS = """
create table pairs as
select a.class, a.band, a.shard as shard_a, a.row as row_a, a.image as image_a, b.shard as shard_b, b.row as row_b,
    b.image as image_b, a.fate as fate_a, b.fate as fate_b, a.verdict as verdict_a, b.verdict as verdict_b,
    a.score as score_a, b.score as score_b
from shared s
join a_findings a on a.shard = s.shard_a and a.image = s.image_a
join b_findings b on b.shard = s.shard_b and b.image = s.image_b and b.number = a.number
where s.same and a.fate <> 'false alarm' and b.fate <> 'false alarm'
"""
_SHARED = """
select (select count(*) from shared where same), (select count(*) from pairs),
    (select count(*) from shared where not same),
    (select count(*) from a_images where problem is null) - (select count(*) from shared),
    (select count(*) from b_images where problem is null) - (select count(*) from shared)
"""
