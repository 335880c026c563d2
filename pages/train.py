from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import overfit

run_page("train", {"overfit": overfit.body}, lineage=False)
