"""What surrounds every page: the navigation and the sidebar. `app.py` serves this script."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.paths import ASSETS, ROOT
from frcnn_viz.ui import sidebar
from frcnn_viz.ui.page import PAGES

SECTIONS = {
    "Detector": ["overview", "model"],
    "First stage": ["input", "features", "anchors", "proposals"],
    "Second stage": ["rois", "detections", "third_head"],
    "Training": ["sampling", "losses", "lab", "conventions"],
    "Failures": ["autopsy", "waterfall", "court", "probe", "stress", "metrics"],
    "Your images": ["images", "draw", "dataset"],
}
ICONS = {
    "overview": "account_tree",
    "model": "schema",
    "input": "image",
    "features": "layers",
    "anchors": "grid_on",
    "sampling": "casino",
    "proposals": "select_all",
    "rois": "crop",
    "detections": "done_all",
    "third_head": "accessibility_new",
    "losses": "trending_down",
    "lab": "science",
    "conventions": "rule",
    "autopsy": "troubleshoot",
    "waterfall": "waterfall_chart",
    "court": "gavel",
    "probe": "colorize",
    "stress": "fitness_center",
    "metrics": "monitoring",
    "images": "photo_library",
    "draw": "draw",
    "dataset": "fact_check",
}

st.set_page_config(page_title="frcnn-viz", page_icon=str(ASSETS / "icon.png"), layout="wide")
chosen = st.navigation(
    {
        section: [
            st.Page(
                ROOT / "pages" / f"{name}.py",
                title=PAGES[name],
                icon=f":material/{ICONS[name]}:",
                url_path=name,
                default=name == "overview",
            )
            for name in names
        ]
        for section, names in SECTIONS.items()
    },
    expanded=True,
)
st.html("<style>.stMainBlockContainer { padding: 2.75rem 2.5rem 2rem; }</style>")
memory = sidebar.show()  # before the page: it is the way out of a picture or a model that no page can show
chosen.run()
sidebar.tell_memory(memory)
