"""When a device's memory runs out: how that is told from other errors, and what is given back."""

from __future__ import annotations

import traceback

import torch

from frcnn_viz.pipeline.memory import Memory

TOLD = "The device ran out of memory. What was remembered is given up; nothing you set is lost."
_WORDS = ("DefaultCPUAllocator", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether that is what an error says.

    torch's caching allocators have an error of their own; the CPU's has only its words, and so have libraries that
    ask a device for memory themselves.
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


def give_back(memory: Memory, error: BaseException) -> str:
    """Give up what can be, so that the next request works: what is remembered, and what the error's frames still hold.

    Returns:
        `TOLD`, the sentence for whoever asked for too much.
    """
    memory.clear()
    traceback.clear_frames(error.__traceback__)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return TOLD
