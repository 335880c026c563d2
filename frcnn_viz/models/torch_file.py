"""A file of `torch.save`, looked into before it is read: its names and sizes first, a tensor when it is asked for.

Two layouts: a zip of `data.pkl` and one record for each storage (since torch 1.6), and before it five pickles and then
the storages in order. https://github.com/pytorch/pytorch/blob/main/torch/serialization.py
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from torch import Tensor

from frcnn_viz.models.pickle_reader import PickleError, Storage, Stored, look_at_pickle

MOST_PICKLE = 4 * 2**20
"""Bytes of the pickle, which holds names and sizes, and of a zip's directory."""
TOO_LONG = f"holds more than {MOST_PICKLE >> 20} MB of names and sizes, as no checkpoint does"
ZIP = b"PK\x03\x04"
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
"""The first two pickles of the old layout."""
_UNREAD = {"bool": 1, "untyped": 1, "qint8": 1, "quint8": 1, "qint32": 4, "complexfloat": 8, "complexdouble": 16}
"""Bytes of an element of the other storages, to find what follows them in the old layout."""


class Place(NamedTuple):
    """Where a storage lies in the file. check: its CRC-32, in a zip."""

    start: int
    nbytes: int
    check: int | None = None


class TorchFile:
    """A file of `torch.save`. `content`: what it holds, with `Stored` for tensors and `Other` for other objects."""

    def __init__(self, path: Path) -> None:
        """Look into it; its tensors are not read.

        Raises:
            PickleError: it holds what is not read. Whatever a damaged file leads to is another exception.
        """
        self._path = path
        self._read: dict[str, bytearray] = {}
        with _Careful(io.FileIO(path)) as file:
            zipped = file.read(len(ZIP)) == ZIP
            file.seek(0)
            self.content, self._places = (_look_into_zip if zipped else _look_into_old)(file)

    def holds(self, tensor: Stored) -> bool:
        """Whether every element of it is in the file, none of them given twice."""
        shape, strides, place = tensor.shape, tensor.strides, self._places.get(tensor.storage.key)
        if not place or min((tensor.offset, *shape, *strides)) < 0:
            return False
        last = tensor.offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
        within = not prod(shape) or (last + 1) * tensor.dtype.itemsize <= place.nbytes
        return within and tensor.nbytes <= place.nbytes

    def read(self, tensor: Stored) -> Tensor:
        """The tensor, which the file holds; those of one storage share their memory.

        Raises:
            ValueError: the storage is damaged.
        """
        key = tensor.storage.key
        if not prod(tensor.shape):
            return torch.empty(tensor.shape, dtype=tensor.dtype)
        if key not in self._read:
            with self._path.open("rb") as file:
                self._read[key] = _read(file, self._places[key])
        held = self._read[key]
        flat = torch.frombuffer(held, dtype=tensor.dtype, count=len(held) // tensor.dtype.itemsize)
        return flat.as_strided(tensor.shape, tensor.strides, tensor.offset)


class _Careful(io.BufferedReader):
    """For `zipfile`, which reads a directory at once, however long it claims to be."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_PICKLE:
            raise PickleError(TOO_LONG)
        return super().read(size)


def _look_into_zip(file: BinaryIO) -> tuple[Any, dict[str, Place]]:
    size = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise PickleError("is a compressed zip, which `torch.save` never makes")
        if sum(entry.file_size for entry in entries) > size:
            raise PickleError("claims to hold more than there is in it")
        places = {entry.filename.partition("/")[2]: _place(file, entry) for entry in entries}
        names, order = places["data.pkl"], places.get("byteorder")
        if names.nbytes > MOST_PICKLE:
            raise PickleError(TOO_LONG)
        if order and _read(file, order) != b"little":
            raise PickleError("was written on a computer of another byte order")
        storages: dict[str, Storage] = {}
        content = look_at_pickle(io.BytesIO(_read(file, names)), storages)
    return content, {key: places[f"data/{key}"] for key in storages if f"data/{key}" in places}


def _place(file: BinaryIO, entry: zipfile.ZipInfo) -> Place:
    file.seek(entry.header_offset)
    name, extra = struct.unpack("<26x2H", file.read(30))
    return Place(entry.header_offset + 30 + name + extra, entry.file_size, entry.CRC)


def _read(file: BinaryIO, place: Place) -> bytearray:
    held = bytearray(place.nbytes)
    file.seek(place.start)
    if file.readinto(held) != len(held) or place.check not in (None, zlib.crc32(held)):
        raise ValueError("damaged")
    return held


def _look_into_old(file: BinaryIO) -> tuple[Any, dict[str, Place]]:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = io.BytesIO(file.read(MOST_PICKLE))
    storages: dict[str, Storage] = {}
    magic, protocol, system, content, keys = (look_at_pickle(head, storages) for _ in range(5))
    if magic != MAGIC or protocol != PROTOCOL or not system.get("little_endian", True):
        raise ValueError("not written by torch.save")
    places, start = {}, head.tell()
    for key in keys:
        (count,) = struct.unpack("<q", _read(file, Place(start, 8)))
        storage = storages[key]
        nbytes = count * (storage.dtype.itemsize if storage.dtype else _UNREAD[storage.kind])
        if count < 0 or start + 8 + nbytes > size:
            raise ValueError("cut off")
        places[key] = Place(start + 8, nbytes)
        start += 8 + nbytes
    return content, places
