from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import class_here, class_mistakes, class_push

run_page("teacher", {"here": class_here.body, "mistakes": class_mistakes.body, "push": class_push.body})
