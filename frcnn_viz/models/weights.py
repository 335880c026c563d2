"""Weights in and out of safetensors files: half precision on disk, full precision in the model."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn


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
    """Read a file written by `save_weights` into `model`, widened to the model's own types.

    Raises:
        WeightsError: the file is damaged, or its names or shapes are not the model's. The model is then unchanged.
    """
    try:
        state = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        reason = f"{path.name} is no readable safetensors file ({error}); fetch or train it again."
        raise WeightsError(reason) from error
    own = model.state_dict()
    for name in own.keys() ^ state.keys():
        where = "the file lacks" if name in own else "the model lacks"
        raise WeightsError(f"{path.name} does not fit the model: {where} {name!r}.")
    for name, tensor in own.items():
        if tensor.shape != state[name].shape:
            raise WeightsError(
                f"{path.name} does not fit the model: {name!r} is {list(state[name].shape)} in the file, "
                f"{list(tensor.shape)} in the model."
            )
    with torch.no_grad():
        model.load_state_dict({name: tensor.to(own[name].dtype) for name, tensor in state.items()})
