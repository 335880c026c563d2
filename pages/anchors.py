import streamlit as st

from frcnn_viz.figures.anchors import cell_at, cell_layer, cell_origins, level_layer, shape_table
from frcnn_viz.pipeline.boxes import are_inside
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.controls import level_sliders, setting_levels, toggle
from frcnn_viz.ui.frame.desk import choose_level
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

ALL = Option("anchors.all", False)


def chosen_cell(here: Session, level: int) -> tuple[int, int]:
    """Row and column of the selected anchor's cell, where it is of this level; else the middle."""
    grid, chosen = here.trace.anchors, session.selected("anchor")
    if chosen is not None and chosen < len(grid) and grid.place(chosen)[0] == level:
        _, row, column, _ = grid.place(chosen)
        return row, column
    rows, columns = grid.grid_sizes[level]
    return rows // 2, columns // 2


def show_numbers(here: Session, level: int) -> None:
    grid = here.trace.anchors
    rows, columns = grid.grid_sizes[level]
    inside = int(are_inside(grid.boxes, here.trace.input.input_size).sum())
    term("number.anchors", f"{len(grid):,}", grid.boxes.shape)
    term("number.inside", f"{inside:,}")
    term("number.grid", f"{rows} x {columns}")
    term("number.stride", f"{grid.strides[level][0]} x {grid.strides[level][1]}")
    term("number.per_cell", str(grid.per_cell[level]))


def picture(here: Session) -> None:
    grid, data = here.trace.anchors, here.trace.input
    left, inspector = workbench()
    with inspector:
        level = choose_level(here, [f"{count:,}" for count in grid.counts])
        everything = toggle(ALL, "option.all_anchors")
        canvas_panel("anchors_canvas")
        row, column = chosen_cell(here, level)
        first = grid.of_cell(level, row, column).start
        st.markdown(f"**Cell** row {row}, column {column}: anchors {first:,} and following")
        explained_table(shape_table(grid, level))
        show_numbers(here, level)
        st.caption("Dots are where anchors are centred: torchvision takes each cell's corner. Click to choose a cell.")

    def select_cell(pick: Pick) -> None:
        session.select("anchor", grid.of_cell(level, *cell_at(grid, level, (pick.x, pick.y), data)).start)

    with left:
        layers = [level_layer(grid, level, data, visible=True)] if everything else []
        layers.append(cell_layer(grid, level, row, column, data))
        show_picture(here, "anchors", layers, select_cell, points=cell_origins(grid, level, data))


def shapes(here: Session) -> None:
    names = here.trace.features.titles
    st.markdown(f"**{word('anchor_sizes').term}**")
    level_sliders("anchor_sizes", names)
    st.markdown(f"**{word('aspect_ratios').term}**")
    level_sliders("aspect_ratios", names)
    st.caption("As text: several of a level are parted by commas")
    setting_levels("anchor_sizes", names)
    setting_levels("aspect_ratios", names)


run_page("anchors", {"picture": picture, "shapes": shapes})
