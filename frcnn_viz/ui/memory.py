"""The budget of this process, shared by every session: decoded images and results, surveys, and what browsers fetch."""

from __future__ import annotations

from frcnn_viz.models.registry import ON_GIVE_UP
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.ui.budget import budget

BUDGET = budget()
FOR_BROWSERS = min(256 * 2**20, BUDGET // 4)
"""Bytes of it for pictures and arrays until browsers have fetched them (`ui/images.py`)."""
FOR_SURVEYS = BUDGET // 8
"""Bytes of it for examinations of whole sets (`ui/survey.py`)."""
MEMORY = Memory(BUDGET - FOR_BROWSERS - FOR_SURVEYS)
"""The rest: decoded images, results, and what results cache on themselves."""
ON_GIVE_UP.append(lambda detector: MEMORY.forget(detector.model))
