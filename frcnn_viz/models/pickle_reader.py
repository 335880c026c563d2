"""What a pickle of torch holds, told without unpickling: nothing that is in it is called or made.

A pickle is a program that makes objects. Here its steps are followed on plain data alone: a tensor becomes `Stored`,
which tells where its numbers lie in the file, and every other object becomes `Other`, which has a name and no more. So
no code is run, and no memory is taken for what a file only claims to hold.
"""

from __future__ import annotations

import pickletools
import re
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO, NamedTuple

import torch

MOST_STEPS = 500_000
MOST_NAME, MOST_SIDES = 200, 16
"""Letters of an object's name; dimensions of a tensor."""

DTYPES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
}
"""Of storages that name one; the others' tensors are not read."""
_STORAGE = re.compile(r"torch\.(?:cuda\.|storage\.)?(\w+Storage)")
_OF_TORCH = re.compile(r"torch\.(_utils\._rebuild_\w+|_tensor\._rebuild_from_type_v2|[a-z]+\d\w*)")
_KNOWN = frozenset(
    f"{module}.{name}"
    for module, names in {
        "argparse": "Namespace",
        "collections": "OrderedDict defaultdict Counter",
        "datetime": "datetime date time timedelta",
        "pathlib": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
        "pathlib._local": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
        "numpy": "dtype ndarray",
        "numpy.core.multiarray": "scalar _reconstruct",
        "numpy._core.multiarray": "scalar _reconstruct",
        "numpy.core.numeric": "_frombuffer",
        "numpy._core.numeric": "_frombuffer",
        "torch": "Size device Tensor strided sparse_coo bool per_tensor_affine per_channel_affine",
        "torch.nn.parameter": "Parameter Buffer",
        "torch.serialization": "_get_layout",
        "torch.torch_version": "TorchVersion",
        "_codecs": "encode",
        "builtins": "object set frozenset list dict int float complex bytearray slice range",
        "__builtin__": "object set frozenset list dict int long float complex bytearray slice xrange",
        "copyreg": "_reconstructor",
        "copy_reg": "_reconstructor",
    }.items()
    for name in names.split()
)
"""What training scripts keep beside the weights: it is passed over, and what is none of it is refused."""


class PickleError(ValueError):
    """The file holds what is not read. The message is the rest of a sentence that begins with its name."""


class Other(NamedTuple):
    """An object that was not made: the name it has in the pickle."""

    name: str


class Storage(NamedTuple):
    """Numbers in the file. dtype: None where the tensor tells it, or it is none of `DTYPES`. kind: torch's name."""

    key: str
    dtype: torch.dtype | None
    kind: str
    count: int


@dataclass(frozen=True)
class Stored:
    """A tensor that was not read: its type (None where it cannot be read, then `kind` tells), and where it lies."""

    storage: Storage
    dtype: torch.dtype | None
    kind: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of its elements."""
        return prod(self.shape) * self.dtype.itemsize


def look_at_pickle(file: BinaryIO, storages: dict[str, Storage]) -> Any:
    """What one pickle holds; reads to its end. The storages that it names are added to `storages`.

    Raises:
        PickleError: it names an object that is no part of a checkpoint. A damaged pickle leads to other exceptions.
    """
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def since_mark() -> list[Any]:
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    for step, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if step > MOST_STEPS:
            raise PickleError(f"holds more than {MOST_STEPS:,} things beside the weights")
        match opcode.name:
            case "BINPUT" | "LONG_BINPUT" | "PUT":
                memo[argument] = stack[-1]
            case "MEMOIZE":
                memo[len(memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET" | "GET":
                stack.append(memo[argument])
            case name if name in _PLAIN:
                stack.append(_PLAIN[name])
            case "GLOBAL":
                stack.append(_named(argument.replace(" ", ".", 1)))
            case _ if opcode.arg and opcode.stack_after and not opcode.stack_before:
                stack.append(argument)  # a word or a number
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "MARK":
                marks.append(len(stack))
            case "TUPLE1" | "TUPLE2" | "TUPLE3" as name:
                count = int(name[-1])
                stack[-count:] = [tuple(stack[-count:])]
            case "TUPLE":
                stack.append(tuple(since_mark()))
            case "LIST":
                stack.append(since_mark())
            case "DICT":
                stack.append(_put({}, since_mark()))
            case "SETITEM":
                stack[-2:], items = [], stack[-2:]
                _put(stack[-1], items)
            case "SETITEMS":
                items = since_mark()
                _put(stack[-1], items)
            case "APPEND":
                _append(stack[-2], [stack.pop()])
            case "APPENDS":
                items = since_mark()
                _append(stack[-1], items)
            case "ADDITEMS" | "POP_MARK":
                since_mark()
            case "FROZENSET":
                since_mark()
                stack.append(Other("frozenset"))
            case "STACK_GLOBAL":
                stack[-2:] = [_named(".".join(stack[-2:]))]
            case "BINPERSID":
                stack[-1] = _storage(stack[-1], storages)
            case "REDUCE" | "NEWOBJ":
                stack[-2:] = [_call(*stack[-2:])]
            case "NEWOBJ_EX":
                stack[-3:] = [_call(*stack[-3:-1])]
            case "BUILD" | "POP":
                stack.pop()
            case "STOP":
                return stack.pop()
            case "PROTO" | "FRAME":
                pass
            case name:
                raise ValueError(f"{name} is in no checkpoint")
    raise EOFError


_PLAIN = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": (), "EMPTY_SET": Other("set")}


def _named(name: str) -> Other:
    if len(name) > MOST_NAME:
        raise ValueError("no name")
    if name not in _KNOWN and not _STORAGE.fullmatch(name) and not _OF_TORCH.fullmatch(name):
        raise PickleError(f"holds more than weights ({name!r})")
    return Other(name)


def _put(target: Any, items: list[Any]) -> Any:
    """Keys and values in turn; keys that are no words are left out, for to hash a nest of tuples takes forever."""
    if isinstance(target, dict):
        pairs = zip(items[::2], items[1::2], strict=True)
        target.update((key, value) for key, value in pairs if isinstance(key, str))
    elif not isinstance(target, Other):
        raise ValueError("no dict")
    return target


def _append(target: Any, items: list[Any]) -> None:
    if isinstance(target, list):
        target.extend(items)
    elif not isinstance(target, Other):
        raise ValueError("no list")


def _storage(told: Any, storages: dict[str, Storage]) -> Storage:
    """Of a persistent id: ("storage", its class, its key, its device, its number of elements[, a view of it])."""
    what, kind, key, _, count, *view = told
    match = _STORAGE.fullmatch(kind.name)
    if what != "storage" or not match or not isinstance(key, str) or not isinstance(count, int):
        raise ValueError("no storage")
    if view not in ([], [None]):
        raise PickleError("keeps its tensors as torch did before 0.4")
    storage = Storage(key, DTYPES.get(match[1]), match[1].removesuffix("Storage").lower(), count)
    return storages.setdefault(storage.key, storage)


def _call(what: Other, arguments: tuple[Any, ...]) -> Any:
    """What calling it would give: a tensor, a dict, or `Other`."""
    name = what.name.rpartition(".")[2]
    if what.name == "collections.OrderedDict":
        pairs = arguments[0] if arguments else []  # so Python 2 wrote it
        content = _put({}, [part for pair in pairs for part in pair[:2]])
        pairs.clear()  # so that no pickle can ask for a copy of it many times
        return content
    if name in ("_rebuild_parameter", "_rebuild_parameter_with_state", "Parameter") and arguments:
        return arguments[0]
    if name == "_rebuild_from_type_v2" and arguments[0] != what:
        return _call(arguments[0], arguments[2])
    if name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"):
        storage, offset, shape, strides = arguments[:4]
        if name.endswith("v3"):
            kind = arguments[6].name.removeprefix("torch.")
            dtype = next((known for known in DTYPES.values() if str(known) == f"torch.{kind}"), None)
        else:
            dtype, kind = storage.dtype, storage.kind
        if len(shape) != len(strides) or len(shape) > MOST_SIDES:
            raise ValueError("no shape")
        if not all(type(number) is int for number in (offset, *shape, *strides)):
            raise ValueError("no sizes")
        return Stored(storage, dtype, kind, offset, tuple(shape), tuple(strides))
    return what
