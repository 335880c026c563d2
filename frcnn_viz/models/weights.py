"""Weights in and out of files: read without running what is in them, and fitted to a model in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from frcnn_viz.models.partial import whole
from frcnn_viz.models.pickle_reader import Other, PickleError, Stored
from frcnn_viz.models.torch_file import MOST_PICKLE, TorchFile

MAX_BYTES = 4_000_000_000
"""Of a file."""
MAX_WEIGHTS = 2_000_000_000
"""Bytes of the weights in it: the largest detector of the registry has 0.5 GB."""
WRAPPERS = ("model", "state_dict", "model_state_dict", "model_state", "ema")
"""Under which training scripts keep the weights among other things."""


class WeightsError(ValueError):
    """A weights file cannot be used. The message is one plain sentence."""


def save_weights(model: nn.Module, path: Path) -> None:
    """Write the model's state as float16 (whole numbers as they are), by atomic rename."""
    state = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).detach().cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as partial:
        save_file(state, partial)


def load_weights(model: nn.Module, path: Path, still: Path | None = None) -> None:
    """Read a file into `model`, as `fit_state` does, and before it one that has what it lacks.

    Raises:
        WeightsError: a file is damaged, or its names or shapes are not the model's. The model is then unchanged.
    """
    fit_state(model, (read_state(still) if still else {}) | read_state(path), path.name)


def read_state(path: Path, title: str = "") -> dict[str, Tensor]:
    """The tensors of a `.safetensors`, `.pt` or `.pth` file by name, those of floats as float32; no code in it is run.

    A checkpoint that keeps the weights under a name such as `model` is looked into, and what it holds beside them is
    passed over; the `module.` of parallel training is left out. `title` is what messages call the file.

    Raises:
        WeightsError: it is too large, damaged, or holds code, no weights, weights of another kind than plain numbers,
            or fewer numbers than it says.
    """
    title = title or path.name
    try:
        if path.stat().st_size > MAX_BYTES:
            raise WeightsError(f"{title} is larger than {MAX_BYTES / 1e9:.0f} GB; it was not opened.")
        read = _read_safetensors if path.suffix.lower() == ".safetensors" else _read_pickled
        state = read(path, title)
    except WeightsError:
        raise
    except SafetensorError as error:
        raise WeightsError(f"{title} is no readable safetensors file ({error}); fetch or train it again.") from error
    except PickleError as error:
        raise WeightsError(f"{title} {error}; it was not opened. Save `model.state_dict()` instead.") from error
    except Exception as error:  # a damaged file can lead to any
        raise WeightsError(
            f"{title} is damaged, or holds more than weights; it was not opened. Save `model.state_dict()` instead."
        ) from error
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}


def _read_safetensors(path: Path, title: str) -> dict[str, Tensor]:
    with path.open("rb") as file:
        if int.from_bytes(file.read(8), "little") > MOST_PICKLE:
            raise WeightsError(f"{title} is no readable safetensors file (its header is too long); save it again.")
    with safe_open(path, "pt") as file:
        names = list(file.keys())
        if not names:
            raise WeightsError(f"{title} holds no weights by name; save `model.state_dict()`.")
        for name in names:
            if (kind := file.get_slice(name).get_dtype()) not in SAFE_KINDS:
                raise _of_another_kind(title, name, f"a tensor of {kind.lower()} numbers")
        return {name.removeprefix("module."): file.get_tensor(name) for name in names}


def _read_pickled(path: Path, title: str) -> dict[str, Tensor]:
    file = TorchFile(path)
    content = file.content
    for name in WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(name), dict):
            content = content[name]
    if not isinstance(content, dict) or not content:
        raise WeightsError(f"{title} holds no weights by name; save `model.state_dict()`.")
    for name, value in content.items():
        if isinstance(value, Other) and value.name.startswith("torch._utils._rebuild_"):
            raise _of_another_kind(title, name, KINDS.get(value.name.rpartition(".")[2], "a rare tensor"))
        if not isinstance(value, Stored):
            raise WeightsError(f"{title} holds no weights by name: {quoted(name)} is none; save `model.state_dict()`.")
        if value.dtype is None:
            raise _of_another_kind(title, name, f"a tensor of {value.kind} numbers")
        if not file.holds(value):
            raise WeightsError(f"{title} holds fewer numbers of {quoted(name)} than it says; save it again.")
    if sum(value.nbytes for value in content.values()) > MAX_WEIGHTS:
        raise WeightsError(f"{title} has more than {MAX_WEIGHTS / 1e9:.0f} GB of weights; it was not opened.")
    return {str(name).removeprefix("module."): file.read(value) for name, value in content.items()}


SAFE_KINDS = frozenset(("F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8"))
KINDS = {
    "_rebuild_sparse_tensor": "a sparse tensor",
    "_rebuild_qtensor": "a quantized tensor",
    "_rebuild_meta_tensor_no_storage": "a tensor of the meta device, which has no numbers",
}


def _of_another_kind(title: str, name: object, kind: str) -> WeightsError:
    return WeightsError(f"{title} has {quoted(name)} as {kind}; save it as an ordinary one, of float32.")


def quoted(name: object) -> str:
    """A name out of a file, as a message shows it: at most 80 letters of it."""
    return repr(str(name)[:80])


def fit_state(model: nn.Module, state: dict[str, Tensor], title: str, *, needed: str = "") -> None:
    """Load tensors into a model, as the model's own types; those whose names start with `needed` must be there.

    Raises:
        WeightsError: names, shapes or kinds of number differ; it says which. The model is then unchanged.
    """
    own = model.state_dict()
    check_fit(own, state, title, needed=needed)
    with torch.no_grad():
        fitting = {name: tensor.to(own[name].dtype) for name, tensor in state.items() if name in own}
        model.load_state_dict(fitting, strict=False)


def check_fit(own: Mapping[str, Tensor], state: Mapping[str, Tensor], title: str, *, needed: str = "") -> None:
    """Compare tensors with a model's own, which may be on the meta device; what `fit_state` raises."""
    # batch counters are not in files of older versions, and mean nothing to a model that is not trained
    lacking = sorted(
        name
        for name in own.keys() - state.keys()
        if name.startswith(needed) and not name.endswith("num_batches_tracked")
    )
    strange = sorted(name for name in state.keys() - own.keys() if not name.endswith("num_batches_tracked"))
    common = sorted(own.keys() & state.keys())
    other = [name for name in common if own[name].shape != state[name].shape]
    kinds = [name for name in common if own[name].is_floating_point() != state[name].is_floating_point()]
    told = []
    if lacking:
        told.append(f"lacks {quoted(lacking[0])}{_and_more(lacking)}")
    if strange:
        told.append(f"has {quoted(strange[0])}{_and_more(strange)}, which the model has not")
    if other:
        shapes = f"{list(state[other[0]].shape)} instead of {list(own[other[0]].shape)}"
        told.append(f"has {quoted(other[0])} as {shapes}{_and_more(other)}")
    if kinds:
        types = f"{state[kinds[0]].dtype} instead of {own[kinds[0]].dtype}".replace("torch.", "")
        told.append(f"has {quoted(kinds[0])} as {types}{_and_more(kinds)}")
    if told:
        raise WeightsError(f"{title} is of another model: it {' and '.join(told)}.")


def _and_more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""
