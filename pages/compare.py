from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes.compared import alone, pictures
from frcnn_viz.ui.panes.compared_list import listed
from frcnn_viz.ui.panes.compared_set import over_set
from frcnn_viz.ui.panes.pinned import with_pinned

run_page(
    "compare",
    {"picture": with_pinned(pictures, alone), "differences": with_pinned(listed), "over_set": with_pinned(over_set)},
)
