"""The budget of this process, which tenants share fairly: decoded images and results, surveys, what browsers fetch."""

from __future__ import annotations

from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.registry import ON_GIVE_UP
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.ui.budget import budget

BUDGET = budget()
FOR_BROWSERS = min(256 * 2**20, BUDGET // 4)
"""Bytes of it for pictures and arrays until browsers have fetched them (`ui/images.py`)."""
FOR_SURVEYS = BUDGET // 8
"""Bytes of it for examinations of whole sets (`ui/survey.py`)."""
MEMORY = Memory(BUDGET - FOR_BROWSERS - FOR_SURVEYS, lambda: tenant().folder)
"""The rest: decoded images, results, and what results cache on themselves.

Results are found by what they are made of: the model itself, and a digest of all pixels. Whoever asks for one had both.
"""
ON_GIVE_UP.append(lambda detector: MEMORY.forget(detector.model))
