"""A trace's memory: results by key, bounded in bytes, shared between sessions and threads."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import torch
from torch import Tensor, nn

from frcnn_viz.pipeline.turns import turn_on


@dataclass(frozen=True, eq=False)
class Remembered:
    """A result, the milliseconds it took when it was computed, and its size in bytes."""

    value: Any
    ms: float
    nbytes: int


class Memory:
    """Least-recently-used results within a budget of bytes. Safe for many threads.

    What is missing is computed in turn: one result at a time on each device, whoever asked first. Two threads that
    ask for the same one compute it once. A result larger than the whole budget is returned but not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        """An empty memory of at most `max_bytes` of tensors."""
        self.max_bytes = max_bytes
        self._entries: OrderedDict[Hashable, Remembered] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            return sum(entry.nbytes for entry in self._entries.values())

    def recall(self, key: Hashable, compute: Callable[[], Any], device: torch.device) -> Remembered:
        """The result under `key`, computed now if it is not held. Errors of `compute` pass through."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                return entry
        return self.update(key, lambda old: compute() if old is None else old, device)

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
                entry = Remembered(value, (_now(device) - start) * 1000, count_bytes(value))
            self._keep(key, entry)
            return entry

    def forget(self, model: nn.Module) -> None:
        """Forget what a model, or one that shares its backbone, made."""
        own = model.backbone
        with self._lock:
            for key in [key for key in self._entries if isinstance(key, tuple)]:
                if any(part is own or getattr(part, "backbone", None) is own for part in _flat(key)):
                    del self._entries[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def _keep(self, key: Hashable, entry: Remembered) -> None:
        with self._lock:
            self._entries.pop(key, None)
            if entry.nbytes > self.max_bytes:
                return
            self._entries[key] = entry
            held = sum(other.nbytes for other in self._entries.values())
            while held > self.max_bytes:
                _, oldest = self._entries.popitem(last=False)
                held -= oldest.nbytes


def count_bytes(value: object) -> int:
    """Bytes of all tensors within nested dataclasses, lists, tuples, dicts and plain objects, each storage once."""
    storages: dict[int, int] = {}

    def visit(part: object) -> None:
        if isinstance(part, Tensor):
            storage = part.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
        elif is_dataclass(part):
            for field in fields(part):
                visit(getattr(part, field.name))
        elif isinstance(part, dict):
            for item in part.values():
                visit(item)
        elif isinstance(part, list | tuple):
            for item in part:
                visit(item)
        elif hasattr(part, "tensors"):  # torchvision's ImageList
            visit(part.tensors)

    visit(value)
    return sum(storages.values())


def digest(tensor: Tensor) -> str:
    """A key for a tensor's values, shape and type, such as an image's: 64 hexadecimal digits."""
    tensor = tensor.detach().cpu().contiguous()
    head = f"{tensor.dtype}{tuple(tensor.shape)}".encode()
    return hashlib.sha256(head + tensor.numpy().tobytes()).hexdigest()


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
