"""`cached_property` by which no thread waits for another, as that of functools is from Python 3.12 on.

Before, it holds one lock for all instances of a class while a value is computed. Who works in a device's turn
(`turns.py`) and asks one instance for a value would wait for whoever computes that of another instance, who may wait
for that very turn: neither ever goes on.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property(functools.cached_property):
        """A value that is computed once for an instance, and then its attribute."""

        def __init__(self, func: Callable[[Any], Any]) -> None:
            super().__init__(func)
            self.lock = nullcontext()


__all__ = ["cached_property"]
