from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import family

run_page("family", {"picture": family.pictures, "recall": family.recall, "times": family.times}, lineage=False)
