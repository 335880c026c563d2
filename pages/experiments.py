from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import arms, arms_begin, mishaps

run_page("experiments", {"arms": arms.body, "begin": arms_begin.body, "fails": mishaps.body}, lineage=False)
