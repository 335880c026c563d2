"""What the family makes of the picture in view, each part once: remembered as the trace is."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.family import CROPS, Crops, Way, crop_regions, fast_rcnn, faster_rcnn, rcnn, time_stages
from frcnn_viz.analysis.selective_search import Regions
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.regions import regions_of
from frcnn_viz.ui.session import Session
from frcnn_viz.words import word

PORTION = 25
"""Crops that are computed in one turn on the device."""


def ways_of(here: Session) -> tuple[Regions | None, list[Way]]:
    """Selective search's regions, and what each member makes of the picture; without regions Faster R-CNN alone."""
    trace, device = here.trace, here.detector.device
    key = (here.detector.model, here.image.sha256, here.settings)
    ms = MEMORY.recall(("family times", *key), lambda: time_stages(trace), device).value
    faster, regions = faster_rcnn(trace, ms), regions_of(here)
    if regions is None:
        return None, [faster]
    fast = MEMORY.recall(("family fast", *key), lambda: fast_rcnn(trace, regions, ms), device).value
    with st.spinner(word("family.cropping").sentence):
        crops = crops_of(here, regions, CROPS)
    slow = MEMORY.recall(("family rcnn", len(crops), *key), lambda: rcnn(trace, regions, crops), device).value
    return regions, [slow, fast, faster]


def crops_of(here: Session, regions: Regions, most: int) -> Crops:
    """The first crops through the network: so many, or all that were computed before. Every portion is kept."""
    key, crops = ("family crops", here.detector.model, here.image.sha256), None
    most = min(most, len(regions))

    def grow(old: Crops | None) -> Crops:
        best = max((one for one in (old, crops) if one is not None), key=len, default=None)
        return crop_regions(here.trace, regions, best, PORTION) if best is None or len(best) < most else best

    while crops is None or len(crops) < most:
        crops = MEMORY.update(key, grow, here.detector.device).value
    return crops
