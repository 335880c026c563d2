"""A trace's memory: results by key, bounded in bytes, shared between threads, and fairly between owners."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import is_dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from frcnn_viz.pipeline.shares import Shares
from frcnn_viz.pipeline.turns import turn_on

RECENT = 64
"""How many of the results used last are looked through, at each use, for what was cached on them since."""


class Remembered:
    """A result in a memory.

    Attributes:
        value: the result.
        ms: milliseconds it took when it was computed.
        nbytes: its size when it was last counted; a memory counts what it holds.
    """

    def __init__(self, value: Any, ms: float) -> None:
        self.value, self.ms, self.nbytes = value, ms, 0

    def count(self) -> None:
        """Count its bytes, and the attributes of the dataclasses in it."""
        storages, self._records, self._attributes = _walk(self.value)
        self.nbytes = sum(storages.values())

    @property
    def has_grown(self) -> bool:
        """Whether a value was cached on it (`cached_property`) after it was counted."""
        return sum(map(len, self._records)) != self._attributes


class Memory:
    """Least-recently-used results within a budget of bytes, which its owners share (`Shares`). Safe for many threads.

    What is missing is computed in turn: one result at a time on each device, whoever asked first. Two threads that
    ask for the same one compute it once. A result larger than the whole budget is returned but not kept. What a
    result caches on itself later is counted too, at the next use of the memory.
    """

    def __init__(self, max_bytes: float, owner: Callable[[], Hashable] = lambda: None) -> None:
        """An empty memory of at most `max_bytes` of tensors; with `math.inf`, nothing is counted.

        `owner` tells for whom a result is asked for.
        """
        self.max_bytes = max_bytes
        self._owner = owner
        self._entries: OrderedDict[Hashable, Remembered] = OrderedDict()
        self._shares = Shares()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            self._settle()
            return self._shares.total

    def held(self, key: Hashable) -> Remembered | None:
        """The result under `key`, where it is held; nothing is computed."""
        owner = self._owner()
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._enter(key, entry, owner)
                self._settle()
            return entry

    def recall(self, key: Hashable, compute: Callable[[], Any], device: torch.device) -> Remembered:
        """The result under `key`, computed now if it is not held. Errors of `compute` pass through."""
        return self.held(key) or self.update(key, lambda old: compute() if old is None else old, device)

    def update(self, key: Hashable, revise: Callable[[Any], Any], device: torch.device) -> Remembered:
        """Replace the result under `key` by `revise(result or None)`; keep it where that is the same object.

        The milliseconds of a revised result are those of the revision.
        """
        with turn_on(device).take():
            with self._lock:
                entry = self._entries.get(key)
            start = _now(device)
            value = revise(entry.value if entry else None)
            if entry is None or value is not entry.value:
                entry = Remembered(value, (_now(device) - start) * 1000)
            self.keep(key, entry)
            return entry

    def keep(self, key: Hashable, entry: Remembered) -> None:
        """Hold a result as the one used last, in place of what is under `key`."""
        owner = self._owner()
        with self._lock:
            if self.max_bytes < math.inf:
                entry.count()
            if entry.nbytes <= self.max_bytes:
                self._enter(key, entry, owner)
            elif key in self._entries:
                self._drop(key)
            self._settle()

    def forget(self, model: nn.Module) -> None:
        """Forget what a model, or one that shares its backbone, made."""
        own = model.backbone
        with self._lock:
            for key in [key for key in self._entries if isinstance(key, tuple)]:
                if any(part is own or getattr(part, "backbone", None) is own for part in _flat(key)):
                    self._drop(key)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._shares = Shares()

    def _enter(self, key: Hashable, entry: Remembered, owner: Hashable) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        self._shares.use(key, owner, entry.nbytes)

    def _settle(self) -> None:
        """Count what has grown, and let go of the longest unused until the rest fits."""
        if self.max_bytes == math.inf:
            return
        grown = [item for item in islice(reversed(self._entries.items()), RECENT) if item[1].has_grown]
        for key, entry in grown:
            entry.count()
            self._shares.resize(key, entry.nbytes)
            if entry.nbytes > self.max_bytes:
                self._drop(key)
        while self._shares.total > self.max_bytes:
            self._drop(self._shares.next_out)

    def _drop(self, key: Hashable) -> None:
        del self._entries[key]
        self._shares.drop(key)


def count_bytes(value: object) -> int:
    """Bytes of all tensors within nested dataclasses, lists, tuples, dicts and ImageLists, each storage once.

    What a dataclass has cached on itself (`cached_property`) is part of it.
    """
    storages, *_ = _walk(value)
    return sum(storages.values())


def digest(tensor: Tensor) -> str:
    """A key for a tensor's values, shape and type, such as an image's: 64 hexadecimal digits."""
    tensor = tensor.detach().cpu().contiguous()
    whole = hashlib.sha256(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
    whole.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return whole.hexdigest()


def _walk(value: object) -> tuple[dict[int, int], list[dict[str, Any]], int]:
    """Bytes of each storage, the attributes of every dataclass on the way, and how many attributes these were."""
    storages: dict[int, int] = {}
    records: dict[int, dict[str, Any]] = {}
    attributes = 0

    def visit(part: object) -> None:
        nonlocal attributes
        if isinstance(part, Tensor):
            storage = part.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
        elif is_dataclass(part) and not isinstance(part, type):
            if id(part) not in records:
                items = list(vars(part).values())  # a copy: another thread may cache one more meanwhile
                records[id(part)] = vars(part)
                attributes += len(items)
                for item in items:
                    visit(item)
        elif isinstance(part, dict):
            for item in part.values():
                visit(item)
        elif isinstance(part, list | tuple):
            for item in part:
                visit(item)
        elif hasattr(part, "tensors"):  # torchvision's ImageList
            visit(part.tensors)

    visit(value)
    return storages, list(records.values()), attributes


def _flat(key: tuple) -> Iterator[Hashable]:
    for part in key:
        if isinstance(part, tuple):
            yield from _flat(part)
        else:
            yield part


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
