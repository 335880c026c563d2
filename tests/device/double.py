"""A device double: tensors that behave as if they lived on a GPU, on a machine that has none.

Their numbers are the CPU's, computed by the CPU's own kernels, so every result equals the plain one bit for bit; they
only say that they live on `DEVICE` and keep the manners of CUDA's tensors:

- refused: `.numpy()` and numpy's `__array__`; a CPU tensor of one or more dimensions beside one of the device's in any
  operation; indexing a CPU tensor by a device's; a CPU tensor of no dimension among those that are joined (`cat`,
  `stack`), or written into by the device's; a CPU generator for random numbers on the device;
- allowed: a CPU tensor of no dimension, as a number; CPU indices and masks between a device tensor's brackets;
  `copy_` and assignment to a slice, either way; `.cpu()`, `.to(...)`, `.item()`, `.tolist()`, `bool()`, `int()`,
  `float()`; what a factory makes with `device=DEVICE`, or `like` a tensor of the device, lives there; copies without
  numbers, on torch's meta device.

It is a backend of torch's dispatcher written in Python (`_setup_privateuseone_for_python_backend`), so it holds for
every thread and for what torch does in C++, and nothing has to be switched on around a call. Importing this file
registers it, once a process; `models_move()` must be on while a module is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

aten = torch.ops.aten
_setup_privateuseone_for_python_backend("elsewhere")
# The process has an accelerator from now on, whose random state `torch.random.fork_rng` keeps, also for other tests.
torch.get_device_module("elsewhere").get_rng_state = lambda device=None: torch.get_rng_state()
torch.get_device_module("elsewhere").set_rng_state = lambda state, device=None: None
DEVICE = torch.device("elsewhere", 0)
CPU = torch.device("cpu")

_JOINS = {aten.cat.default, aten.stack.default}
_INDEXED = {
    aten.index.Tensor,
    aten.index_put_.default,
    aten.index_put.default,
    aten._index_put_impl_.default,
    aten._unsafe_index.Tensor,
}


class Elsewhere(Tensor):
    """A tensor of the device; `held` has its numbers."""

    held: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls: type[Elsewhere], held: Tensor) -> Elsewhere:
        layout = {"strides": held.stride(), "storage_offset": held.storage_offset(), "dtype": held.dtype}
        made = Tensor._make_wrapper_subclass(cls, held.size(), device=DEVICE, **layout)
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(cls, op: OpOverload, types: object, args: tuple = (), kwargs: dict | None = None) -> Any:
        return _run(op, *args, **(kwargs or {}))

    def numpy(self, **_: object) -> None:
        raise TypeError(f"can't convert {DEVICE} device type tensor to numpy. Use Tensor.cpu() first.")

    def tolist(self) -> Any:
        return self.held.tolist()

    def untyped_storage(self) -> torch.UntypedStorage:
        return self.held.untyped_storage()

    def __format__(self, how: str) -> str:
        return format(self.held, how)

    def __repr__(self, **_: object) -> str:
        return f"{self.held!r} on {DEVICE}"


@contextmanager
def models_move() -> Iterator[None]:
    """`module.to(DEVICE)` makes new parameters: the old ones cannot be told to live elsewhere."""
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        yield
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(before)


def _run(op: OpOverload, *args: Any, **kwargs: Any) -> Any:
    """Run an operation on the CPU, after a check of what meets; its results live where CUDA would put them."""
    leaves = [*_leaves(args), *kwargs.values()]
    _check(op, args, leaves)
    asked = [leaf for leaf in leaves if isinstance(leaf, torch.device)]
    away = not asked or asked[0].type == DEVICE.type
    given = {id(_bare(leaf)): leaf for leaf in leaves if isinstance(leaf, Tensor)}

    def place(out: Any) -> Any:
        if not isinstance(out, Tensor):
            return out
        if id(out) in given:  # written into; or brought here, which is a copy
            return given[id(out)] if away else out.clone()
        return Elsewhere(out) if away else out

    # An inference tensor cannot be the wrapper of a view of a plain one.
    with torch.inference_mode(False), torch.no_grad():
        return _map(place, op(*_map(_bare, args), **{name: _bare(value) for name, value in kwargs.items()}))


def _check(op: OpOverload, args: tuple, leaves: list) -> None:
    if any(isinstance(leaf, torch.Generator) for leaf in leaves):
        raise RuntimeError(f"Expected a '{DEVICE.type}' device type for generator but found 'cpu' in {op}")
    if op is aten.copy_.default:
        return
    # Of an indexing, all but the indices has to be together.
    met = (args[0], *args[2:]) if op in _INDEXED else leaves
    strangers = [leaf for leaf in met if isinstance(leaf, Tensor) and not isinstance(leaf, Elsewhere)]
    written = args[:1] if op._schema.is_mutable else ()
    if any(one.dim() or op in _JOINS or any(one is into for into in written) for one in strangers):
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, {DEVICE} and cpu: {op} "
            f"of {[list(one.shape) for one in strangers]} on the CPU"
        )


def _leaves(parts: Iterable) -> Iterator[Any]:
    for part in parts:
        if isinstance(part, list | tuple):
            yield from _leaves(part)
        else:
            yield part


def _map(change: Callable[[Any], Any], part: Any) -> Any:
    return type(part)(_map(change, one) for one in part) if isinstance(part, list | tuple) else change(part)


def _bare(part: Any) -> Any:
    if isinstance(part, Elsewhere):
        return part.held
    return CPU if isinstance(part, torch.device) and part.type == DEVICE.type else part


def _factories() -> Iterator[OpOverload]:
    """Every operation that makes a tensor on a device out of none."""
    for name in torch._C._dispatch_get_all_op_names():
        space, _, rest = name.partition("::")
        packet = getattr(aten, rest.split(".")[0], None) if space == "aten" else None
        op = getattr(packet, rest.partition(".")[2] or "default", None)
        if op is None:
            continue
        kinds = {argument.name: str(argument.type) for argument in op._schema.arguments}
        if "device" in kinds and not any("Tensor" in kind for kind in kinds.values()):
            yield op


def _copy_from(source: Tensor, destination: Tensor, non_blocking: bool = False) -> Tensor:
    _bare(destination).copy_(_bare(source), non_blocking)
    return destination


_LIBRARY = torch.library.Library("aten", "IMPL")
"""What is registered stays so for as long as this is held."""
for _op in _factories():
    _LIBRARY.impl(_op, partial(_run, _op), "PrivateUse1")
# `torch.tensor(...)` calls these two below the dispatch of subclasses.
_LIBRARY.impl("_copy_from", _copy_from, "PrivateUse1")
_LIBRARY.impl("_local_scalar_dense", lambda one: one.held.item(), "PrivateUse1")
