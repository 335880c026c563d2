"""Where files come from: a folder, a zip, or uploads. Nothing is ever extracted to disk by its own name."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.images import MAX_BYTES, SUFFIXES, clean_name

MAX_FILES = 50_000
MAX_ANNOTATION_BYTES = 100_000_000
MAX_ZIP_BYTES = 4_000_000_000
"""Of a zip's contents, unpacked."""
MAX_LIST_BYTES = 20_000_000
"""Of its list of files: 50,000 names of 350 characters."""
MAX_RATIO = 200
"""How far a file in a zip may have been compressed; JSON and XML reach about 30."""
ANNOTATION_SUFFIXES = ("xml", "json", "txt", "yaml", "yml", "names", "data")


@dataclass(frozen=True)
class Source:
    """Files by name, read when asked for.

    Attributes:
        title: what messages call the whole. sizes: bytes of each file, by its name in posix form.
        read_raw: the content of a file; at most the bytes `sizes` gives.
    """

    title: str
    sizes: Mapping[str, int]
    read_raw: Callable[[str], bytes]

    @property
    def images(self) -> list[str]:
        """The names of the pictures, sorted."""
        return sorted(name for name in self.sizes if suffix(name) in SUFFIXES)

    def annotations(self, *suffixes: str) -> list[str]:
        """The names of the files that end so, sorted."""
        return sorted(name for name in self.sizes if suffix(name) in suffixes)

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            DataError: it is too large, damaged or cannot be read.
        """
        size, most = self.sizes[name], MAX_BYTES if suffix(name) in SUFFIXES else MAX_ANNOTATION_BYTES
        if size > most:
            raise DataError(f"{clean_name(name)} has {size / 1e6:.0f} MB; at most {most / 1e6:.0f} MB can be read.")
        try:
            return self.read_raw(name)
        except DataError:
            raise
        except Exception as error:  # damaged zips raise those of zipfile, zlib, lzma and bz2, and plain ones
            raise DataError(f"{clean_name(name)} cannot be read from {self.title}: it is damaged or locked.") from error


def suffix(name: str) -> str:
    """The part after the last dot, in lower case."""
    return PurePosixPath(name).suffix[1:].lower()


def open_source(path: str | Path) -> Source:
    """The files of a folder (with its folders), of a zip, or one file.

    Raises:
        DataError: nothing is there, or a bound is passed.
    """
    path = Path(path)
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise DataError(f"{path} is not there; check the path.")
    if _is_zip(path):
        return from_zip(path, path.name)
    return Source(path.name, {path.name: path.stat().st_size}, lambda name: path.read_bytes())


def open_sources(paths: Iterable[Path]) -> list[Source]:
    """Each folder, zip and file by itself; but where annotation files are among them, these and the pictures are one.

    Raises:
        DataError: one is not there, or a bound is passed.
    """
    opened = {path: open_source(path) for path in paths}
    kinds = (*SUFFIXES, *ANNOTATION_SUFFIXES)
    files = {path.as_posix(): path for path in opened if path.is_file() and suffix(path.name) in kinds}
    if not any(suffix(name) in ANNOTATION_SUFFIXES for name in files):
        return list(opened.values())
    title = f"{len(files)} files" if len(files) > 1 else next(iter(files.values())).name
    sizes = {name: path.stat().st_size for name, path in files.items()}
    together = Source(title, sizes, lambda name: files[name].read_bytes())
    return [together, *(source for path, source in opened.items() if path.as_posix() not in files)]


def from_bytes(files: Mapping[str, bytes]) -> Source:
    """Uploaded files; a zip among them counts as its contents when it is alone."""
    if len(files) == 1:
        ((name, content),) = files.items()
        if _is_zip(io.BytesIO(content)):
            return from_zip(io.BytesIO(content), clean_name(name))
    title = clean_name(next(iter(files), "the upload")) if len(files) == 1 else f"{len(files)} uploaded files"
    return Source(title, {name: len(content) for name, content in files.items()}, files.__getitem__)


class _Archive:
    """A zip's file. While it is opened its whole list of files is read at once, so what is read at once has a bound."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.most = file, MAX_LIST_BYTES

    def read(self, size: int = -1) -> bytes:
        if size > self.most:
            raise DataError(f"holds too many files; at most {MAX_FILES:,} can be read at once.")
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __del__(self) -> None:
        self._file.close()


def _is_zip(file: Path | io.BytesIO) -> bool:
    try:
        return zipfile.is_zipfile(file)
    except zipfile.BadZipFile:  # one, and damaged, which `from_zip` tells
        return True


def open_zip(archive: Path | BinaryIO, title: str) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """A zip and its files by name; names that lead out of it, links and other odd entries are refused.

    Raises:
        DataError: it is damaged, a bomb, or names files outside itself.
    """
    try:
        file = _Archive(archive.open("rb") if isinstance(archive, Path) else archive)
        opened = zipfile.ZipFile(file)
        file.most = MAX_ZIP_BYTES
        entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    except DataError as error:
        raise DataError(f"{title} {error}") from error
    except Exception as error:  # damaged ones raise those of zipfile, struct and plain ones, such as IndexError
        raise DataError(f"{title} is no zip that can be read; make it again.") from error
    if len(entries) > MAX_FILES:
        raise DataError(f"{title} holds {len(entries):,} files; at most {MAX_FILES:,} can be read at once.")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_ZIP_BYTES:
        raise DataError(f"{title} unpacks to {total / 1e9:.1f} GB; at most {MAX_ZIP_BYTES / 1e9:.0f} GB can be read.")
    by_name: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0] or "\0" in name:
            raise DataError(f"{title} names a file outside itself ({clean_name(name)!r}); it was not opened.")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise DataError(f"{title} holds a link ({clean_name(name)!r}); it was not opened.")
        if entry.file_size > MAX_RATIO * max(entry.compress_size, 1) and entry.file_size > 1_000_000:
            raise DataError(f"{title} is packed like a bomb ({clean_name(name)!r}); it was not opened.")
        if not _is_litter(name):
            by_name[name] = entry
    return opened, by_name


def from_zip(archive: Path | io.BytesIO, title: str) -> Source:
    """The files of a zip.

    Raises:
        DataError: as `open_zip`.
    """
    opened, by_name = open_zip(archive, title)

    def read(name: str) -> bytes:
        entry = by_name[name]
        with opened.open(entry) as file:
            content = file.read(entry.file_size + 1)
        if len(content) != entry.file_size:
            raise DataError(f"{clean_name(name)} is not as long as {title} says; the zip is damaged.")
        return content

    return Source(title, {name: entry.file_size for name, entry in by_name.items()}, read)


def _folder(folder: Path) -> Source:
    sizes: dict[str, int] = {}
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            path = Path(root) / name
            relative = path.relative_to(folder).as_posix()
            wanted = suffix(name) in SUFFIXES or suffix(name) in ANNOTATION_SUFFIXES
            if wanted and not _is_litter(relative) and path.is_file():
                sizes[relative] = path.stat().st_size
        if len(sizes) > MAX_FILES:
            raise DataError(f"{folder} holds more than {MAX_FILES:,} files; choose a folder within it.")
    return Source(folder.name or str(folder), sizes, lambda name: (folder / name).read_bytes())


def _is_litter(name: str) -> bool:
    """What Finder and Windows leave in folders and zips."""
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] in {".DS_Store", "Thumbs.db", "desktop.ini"}
