from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import results_against, results_problems, results_sums, results_worst

run_page(
    "results",
    {
        "result_sums": results_sums.body,
        "worst": results_worst.body,
        "against": results_against.body,
        "problems": results_problems.body,
    },
    lineage=False,
)
