"""Examinations kept on disk, so that a run over many images goes on where it was stopped, even by a crash.

One SQLite file of JSON. It is a cache: a record that cannot be read is as good as none, and the file may be deleted.
Where a workspace has limits it has a part of the room, and what is oldest in it gives way.
A damaged file is set aside, in case something in it is worth more than the time to examine anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Generic, TypeVar

import torch
import torchvision
from filelock import FileLock, Timeout

from frcnn_viz.analysis import sightings
from frcnn_viz.analysis.examination import Examination
from frcnn_viz.analysis.false_alarms import FalseAlarm, Mistake
from frcnn_viz.analysis.sightings import FrameRecord
from frcnn_viz.analysis.verdicts import Finding, Verdict
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import set_aside
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.room import FullError, Room
from frcnn_viz.data.tenant import NO_LIMITS, Limits, Tenant, tenant
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.memory import digest
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.version import __version__

T = TypeVar("T")
LOG = logging.getLogger(__name__)
FORM = 2
"""Of the records; raised whenever an examination holds or means something else."""
MOST = 200_000
"""Records; the oldest go first."""
SHARE = 10
"""Where a workspace may have so many bytes in all, an archive has one of so many parts of them."""
PAGE = 4096
"""Bytes of a page of SQLite's."""
MIDDLE = "SELECT rowid FROM examined ORDER BY rowid LIMIT 1 OFFSET (SELECT count(*) / 2 FROM examined)"
TENSORS = {
    "ious": torch.float32,
    "sizes": torch.float32,
    "detections": torch.float32,
    "labels": torch.int64,
    "scores": torch.float32,
    "ignored": torch.bool,
}


def key_of(detector: Detector, settings: Settings, image: str, truth: GroundTruth) -> str:
    """What an examination depends on, as 64 hexadecimal digits: weights, settings, picture, objects, versions.

    `image` names the picture's pixels.
    """
    parts = (
        FORM,
        __version__,
        torch.__version__,
        torchvision.__version__,
        detector.name,
        detector.fingerprint,
        detector.device.type,
        settings.inference,
        image,
        digest(truth.boxes_in_image),
        truth.names,
        truth.crowd.tolist(),
        truth.difficult.tolist(),
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Archive(Generic[T]):
    """Examinations by key in a file, which is made when first written to. Safe for many threads and processes.

    Where the file cannot be used, nothing is kept, and the log says so.
    """

    def __init__(
        self, path: Path, to_text: Callable[[T], str], from_text: Callable[[str], T], limits: Limits = NO_LIMITS
    ) -> None:
        """`from_text` gives what `to_text` wrote, or raises a ValueError, LookupError, TypeError or AttributeError.

        `limits` are those of the folder that `path` is in.
        """
        self.path, self._to_text, self._from_text = path, to_text, from_text
        self._room = Room(path.parent, limits)

    def get(self, keys: Iterable[str]) -> dict[str, T]:
        """Those of the keys that are kept."""
        if not self.path.is_file():
            return {}
        found = {}
        try:
            with closing(self._open()) as file:
                for key in keys:
                    row = file.execute("SELECT record FROM examined WHERE key = ?", (key,)).fetchone()
                    if row:
                        with suppress(ValueError, LookupError, TypeError, AttributeError, RuntimeError):
                            found[key] = self._from_text(row[0])
        except sqlite3.Error as error:
            LOG.warning("%s cannot be read: %s", self.path, error)
            self._set_aside(error)
        return found

    def put(self, key: str, one: T) -> None:
        """Keep one; a damaged file is set aside, and another begun."""
        self.put_all({key: one})

    def put_all(self, found: Mapping[str, T]) -> None:
        """Keep all of them, or none where it is stopped meanwhile; in little more time than one takes."""
        try:
            try:
                self._write(found)
            except sqlite3.DatabaseError as error:
                if not self._set_aside(error):
                    raise
                self._write(found)
        except (sqlite3.Error, OSError, FullError) as error:
            LOG.warning("%s cannot be written to: %s", self.path, error)

    def _write(self, found: Mapping[str, T]) -> None:
        rows = [(key, self._to_text(one)) for key, one in found.items()]
        self._room.check(sum(len(text) for _, text in rows))
        with closing(self._open()) as file:
            try:
                _insert(file, rows)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                    raise
                with file:
                    file.execute(f"DELETE FROM examined WHERE rowid <= ({MIDDLE})")
                _insert(file, rows)

    def _set_aside(self, error: sqlite3.Error) -> bool:
        """Move a damaged file out of the way; False where the error is another, such as of a busy file, or it stays.

        Others may have found the same damage and begun anew: the file is looked at again, one at a time.
        """
        if type(error) is not sqlite3.DatabaseError:
            return False
        try:
            with FileLock(f"{self.path}.lock", timeout=10):
                if self._is_whole():
                    return True
                for path in (self.path, self.path.with_name(f"{self.path.name}-journal")):
                    if path.exists():
                        LOG.warning("%s is damaged and is kept as %s.", path, set_aside(path))
                return True
        except (Timeout, OSError, DataError) as failure:
            LOG.warning("%s is damaged and cannot be set aside: %s", self.path, failure)
            return False

    def _is_whole(self) -> bool:
        try:
            with closing(self._open()) as file:
                return file.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        except sqlite3.Error as error:
            return type(error) is not sqlite3.DatabaseError

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self.path, timeout=10)
        file.execute("PRAGMA synchronous = OFF")
        if (most := self._room.limits.nbytes) is not None:
            file.execute(f"PRAGMA max_page_count = {max(2, most // SHARE // PAGE)}")
        file.execute("CREATE TABLE IF NOT EXISTS examined (key TEXT UNIQUE, record TEXT)")
        return file


def _insert(file: sqlite3.Connection, rows: list[tuple[str, str]]) -> None:
    with file:
        file.executemany("INSERT OR REPLACE INTO examined (key, record) VALUES (?, ?)", rows)
        file.execute("DELETE FROM examined WHERE rowid <= (SELECT max(rowid) FROM examined) - ?", (MOST,))


def open_archive(folder: Path | None = None) -> Archive[Examination]:
    """The archive of images in a workspace's folder, the usual one where none is named."""
    return _of(folder, "examined.sqlite", to_json, from_json)


def open_frames(folder: Path | None = None) -> Archive[FrameRecord]:
    """The archive of clips' frames beside it."""
    return _of(folder, "frames.sqlite", sightings.to_json, sightings.from_json)


def _of(folder: Path | None, name: str, to_text: Callable[[T], str], from_text: Callable[[str], T]) -> Archive[T]:
    one = Tenant(folder) if folder else tenant()
    return Archive(one.folder / name, to_text, from_text, one.limits)


def to_json(one: Examination) -> str:
    """An examination as text; `from_json` gives the same numbers."""
    record = {name: getattr(one, name).tolist() for name in TENSORS}
    record |= {"stages": one.ious.shape[1], "ms": one.ms}
    record["findings"] = [asdict(finding) for finding in one.findings]
    record["alarms"] = [asdict(alarm) for alarm in one.alarms]
    return json.dumps(record)


def from_json(text: str) -> Examination:
    """The examination that `to_json` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    record = json.loads(text)
    findings = []
    for row in record["findings"]:
        suppressor = row.pop("suppressor")
        pair = tuple(suppressor) if isinstance(suppressor, list) else suppressor
        findings.append(Finding(**{**row, "verdict": Verdict(row["verdict"])}, suppressor=pair))
    alarms = [FalseAlarm(**{**row, "mistake": Mistake(row["mistake"])}) for row in record["alarms"]]
    tensors = {name: torch.tensor(record[name], dtype=dtype) for name, dtype in TENSORS.items()}
    tensors["ious"] = tensors["ious"].reshape(-1, record["stages"])
    tensors["detections"] = tensors["detections"].reshape(-1, 4)
    return Examination(findings=tuple(findings), alarms=tuple(alarms), ms=record["ms"], **tensors)
