"""Where a run over many images keeps what it plans and what it found. One run at a time writes to it.

    run.json                          the run: detector, settings, versions, set, number of shards (`Plan`)
    plan/<shard>.parquet              references of a shard's images, by id
    findings/<shard>-<key>.parquet    what was found there, a file a table (`rows.TABLES`)
    times/<shard>-<key>.parquet
    images/<shard>-<key>.parquet      written last: a shard is done once this stands
    log.txt                           what the processes wrote besides

Files are written under another name and renamed, so what stands is whole. The key is made of the shard's references,
weights, settings and versions: a shard whose key stands is never done again, and one whose key changed is.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from frcnn_viz.data.annotations import DataError
from frcnn_viz.scale.rows import REFERENCES, TABLES

FORM = 1
"""Of the files; raised whenever they hold or mean something else."""
LOG = "log.txt"
"""What the processes of a run wrote besides."""
ROW_GROUP = 1_024
"""Rows that are read at once where a few are wanted."""


@dataclass(frozen=True)
class Plan:
    """What a run does, as run.json holds it.

    Attributes:
        title: of the set. model: the detector's name. fingerprint: of its weights.
        settings: those of inference, by name. classes: the detector's, by label, background first.
        versions: of this program, torch and torchvision, by name. device: its type.
        fixes: whether each miss's cheapest fix is sought.
        shards: how many. images: how many in the set.
    """

    title: str
    model: str
    fingerprint: str
    settings: Mapping[str, Any]
    classes: tuple[str, ...]
    versions: Mapping[str, str]
    device: str
    fixes: bool
    shards: int
    images: int
    form: int = FORM

    @property
    def basis(self) -> str:
        """What every shard's key depends on beside its images."""
        parts = (self.form, self.model, self.fingerprint, dict(self.settings), self.classes)
        return json.dumps((*parts, dict(self.versions), self.device, self.fixes), sort_keys=True)


class ResultsFolder:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def plan(self) -> Plan:
        """What the run does.

        Raises:
            DataError: this is no folder of results, or of another version's.
        """
        try:
            content = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
            if content["form"] != FORM:
                raise DataError(f"{self.path} was written by another version of frcnn-viz; run the command again.")
            return Plan(**{**content, "classes": tuple(content["classes"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{self.path} holds no results: its run.json is missing or damaged.") from error

    @plan.setter
    def plan(self, plan: Plan) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        part = self.path / f".run.json.{os.getpid()}"
        part.write_text(json.dumps(asdict(plan), indent=2) + "\n", encoding="utf-8")
        os.replace(part, self.path / "run.json")

    def references_path(self, shard: int) -> Path:
        """Of the shard's references; a shard without images has none."""
        return self.path / "plan" / f"{shard:05d}.parquet"

    def references(self, shard: int) -> pa.Table:
        """What the shard holds, by `rows.REFERENCES`."""
        path = self.references_path(shard)
        return pq.read_table(path, schema=REFERENCES) if path.is_file() else REFERENCES.empty_table()

    def table_path(self, table: str, shard: int, key: str) -> Path:
        """Of what a shard found, by a name of `rows.TABLES`."""
        return self.path / table / f"{shard:05d}-{key}.parquet"

    def is_done(self, shard: int, key: str) -> bool:
        """Whether the shard's results stand."""
        return self.table_path("images", shard, key).is_file()

    def write_shard(self, shard: int, key: str, tables: Mapping[str, pa.Table]) -> None:
        """Put a shard's results in place, the images last; what stood for it under other keys goes."""
        assert set(tables) == set(TABLES)
        for name in sorted(TABLES, key=lambda name: name == "images"):
            path = self.table_path(name, shard, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.{os.getpid()}")
            pq.write_table(tables[name].cast(TABLES[name]), part, row_group_size=ROW_GROUP, compression="zstd")
            os.replace(part, path)
        for name in sorted(TABLES, key=lambda name: name != "images"):
            for old in (self.path / name).glob(f"{shard:05d}-*.parquet"):
                if old.name != f"{shard:05d}-{key}.parquet":
                    old.unlink(missing_ok=True)


def shard_of(image_id: str, shards: int) -> int:
    """Which of so many shards an image belongs to, by its id's SHA-256: the same on every machine."""
    return int.from_bytes(hashlib.sha256(image_id.encode()).digest()[:8], "big") % shards


def key_of(basis: str, references: str) -> str:
    """Sixteen hexadecimal digits of what a shard's results depend on.

    Args:
        basis: of the plan.
        references: the digest of the shard's references, without their paths.
    """
    return hashlib.sha256(f"{basis}\n{references}".encode()).hexdigest()[:16]
