from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import learn, overfit, runs

run_page("train", {"overfit": overfit.body, "learn": learn.body, "runs": runs.body}, lineage=False)
