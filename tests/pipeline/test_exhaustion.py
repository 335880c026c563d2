"""A real failure of an allocator is told from other errors, and what it held is given back."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from torch import Tensor

from frcnn_viz.pipeline.exhaustion import TOLD, give_back, is_out_of_memory
from frcnn_viz.pipeline.memory import Memory

CPU = torch.device("cpu")


def ask_for_too_much(held: list[weakref.ref]) -> Tensor:
    crop = torch.zeros(1000)
    held.append(weakref.ref(crop))
    return crop + torch.empty(2**60)


def test_the_memory_and_the_frames_are_given_back() -> None:
    memory, held = Memory(2**20), []
    memory.recall("kept", lambda: torch.zeros(100), CPU)
    with pytest.raises(RuntimeError) as raised:
        memory.recall("too much", lambda: ask_for_too_much(held), CPU)
    assert is_out_of_memory(raised.value)
    gc.collect()
    assert held[0]() is not None  # the error's frames still hold it
    assert give_back(memory, raised.value) == TOLD
    gc.collect()
    assert held[0]() is None
    assert memory.nbytes == 0
    assert memory.recall("next", lambda: torch.zeros(10), CPU).value.sum() == 0


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (MemoryError(), True),
        (RuntimeError("Expected all tensors to be on the same device"), False),
        (ValueError("the picture is out of memory's reach; out of memory"), False),
    ],
)
def test_errors_by_their_words(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected
