from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import lab_head, lab_objects, lab_refit, lab_search, lab_set

run_page(
    "lab",
    {
        "objects": lab_objects.body,
        "whole_set": lab_set.body,
        "search": lab_search.body,
        "refit": lab_refit.body,
        "trained_head": lab_head.body,
    },
    lineage=False,
)
