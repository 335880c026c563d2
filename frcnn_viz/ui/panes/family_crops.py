"""R-CNN's crops: what they are, and those that are left, computed when asked."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.analysis.family import CROPS, Crops
from frcnn_viz.analysis.selective_search import Regions
from frcnn_viz.pipeline.crops import CONTEXT
from frcnn_viz.ui import view
from frcnn_viz.ui.children import EVERY_SECONDS, act_button
from frcnn_viz.ui.family import PORTION, crops_of
from frcnn_viz.ui.session import Session


def tell_crops(crops: Crops) -> None:
    """What R-CNN's crops are, here and in the paper."""
    st.caption(
        f"R-CNN's crops are {crops.side + 2 * CONTEXT} pixels a side, {CONTEXT} on each side of them around the region "
        f"(the paper: 227, with {CONTEXT}): the region itself has {crops.side}, which this detector's RoI pooling is "
        "made for. Its weights never learnt on crops, so this R-CNN finds less than one that was trained for it."
    )


def offer_crops(here: Session, regions: Regions) -> None:
    """A button that computes the crops that are left, a portion at each turn of the page's clock, and how far it is."""
    key, asked, every = here.image.sha256, view.kept("family_asked", set), len(regions)
    done = len(crops_of(here, regions, CROPS))
    if done == every:
        return
    going = key in asked

    def look() -> None:  # both of its faces have as many elements, so that none of the other's is left
        if (key in asked) != going:
            st.rerun()  # the page, with a clock or without
        now = len(crops_of(here, regions, CROPS))
        now = len(crops_of(here, regions, now + PORTION)) if going else now
        if now == every:
            asked.discard(key)
            st.rerun()
        if going:
            act_button("action.stop", asked.discard, key)
            st.progress(now / every, f"{now:,} of {every:,} crops")
        else:
            act_button("family.all", asked.add, key)
            st.caption(f"R-CNN shows what is in the first {now:,} of {every:,} regions.")

    st.fragment(run_every=EVERY_SECONDS if going else None)(look)()
