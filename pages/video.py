from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import film, film_out, flicker, over_time

run_page(
    "video",
    {"film": film.body, "flicker": flicker.body, "over_time": over_time.body, "film_out": film_out.body},
    lineage=False,
)
