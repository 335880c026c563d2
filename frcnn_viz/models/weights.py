"""Weights in and out of files: read without running what is in them, and fitted to a model in words."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

MAX_BYTES = 4_000_000_000
"""Of a file, and of what it unpacks to."""
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
    partial = path.with_suffix(path.suffix + ".partial")
    save_file(state, partial)
    os.replace(partial, path)


def load_weights(model: nn.Module, path: Path) -> None:
    """Read a file into `model`, as `fit_state` does.

    Raises:
        WeightsError: the file is damaged, or its names or shapes are not the model's. The model is then unchanged.
    """
    fit_state(model, read_state(path), path.name)


def read_state(path: Path, title: str = "") -> dict[str, Tensor]:
    """The tensors of a `.safetensors`, `.pt` or `.pth` file by name; no code in it is run.

    A checkpoint that keeps the weights under a name such as `model` is looked into, and the `module.` of parallel
    training is left out. `title` is what messages call the file.

    Raises:
        WeightsError: it is too large, damaged, holds anything but plain data, or no weights.
    """
    title = title or path.name
    try:
        if path.stat().st_size > MAX_BYTES or _unpacked(path) > MAX_BYTES:
            raise WeightsError(f"{title} is larger than {MAX_BYTES / 1e9:.0f} GB; it was not opened.")
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except WeightsError:
        raise
    except SafetensorError as error:
        raise WeightsError(f"{title} is no readable safetensors file ({error}); fetch or train it again.") from error
    except (pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{title} is damaged, or holds more than weights; it was not opened. Save `model.state_dict()` instead."
        ) from error
    for name in WRAPPERS:
        if isinstance(state, dict) and isinstance(state.get(name), dict):
            state = state[name]
    if not isinstance(state, dict) or not state or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{title} holds no weights by name; save `model.state_dict()`.")
    return {str(name).removeprefix("module."): value for name, value in state.items()}


def fit_state(model: nn.Module, state: dict[str, Tensor], title: str, *, needed: str = "") -> None:
    """Load tensors into a model, widened to the model's own types; those whose names start with `needed` must be there.

    Raises:
        WeightsError: names or shapes differ; it says which. The model is then unchanged.
    """
    own = model.state_dict()
    # batch counters are not in files of older versions, and mean nothing to a model that is not trained
    lacking = sorted(
        name
        for name in own.keys() - state.keys()
        if name.startswith(needed) and not name.endswith("num_batches_tracked")
    )
    strange = sorted(name for name in state.keys() - own.keys() if not name.endswith("num_batches_tracked"))
    other = sorted(name for name in own.keys() & state.keys() if own[name].shape != state[name].shape)
    told = []
    if lacking:
        told.append(f"lacks {lacking[0]!r}{_and_more(lacking)}")
    if strange:
        told.append(f"has {strange[0]!r}{_and_more(strange)}, which the model has not")
    if other:
        shapes = f"{list(state[other[0]].shape)} instead of {list(own[other[0]].shape)}"
        told.append(f"has {other[0]!r} as {shapes}{_and_more(other)}")
    if told:
        raise WeightsError(f"{title} is of another model: it {' and '.join(told)}.")
    with torch.no_grad():
        fitting = {name: tensor.to(own[name].dtype) for name, tensor in state.items() if name in own}
        model.load_state_dict(fitting, strict=False)


def _and_more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""


def _unpacked(path: Path) -> int:
    """Bytes of all that a zip holds; 0 where the file is none."""
    if not zipfile.is_zipfile(path):
        return 0
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())
