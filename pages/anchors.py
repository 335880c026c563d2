import streamlit as st

from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.anchors import cell_layer, cell_origins, level_layer, shape_table
from frcnn_viz.pipeline.boxes import are_inside
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, box_canvas
from frcnn_viz.ui.controls import level_sliders, setting_levels
from frcnn_viz.ui.page import run_page, term
from frcnn_viz.ui.session import Session


def body(here: Session) -> None:
    names = here.trace.features.names
    with st.expander("Sizes and ratios of each level", icon=":material/tune:"):
        st.caption("Sizes")
        level_sliders("anchor_sizes", names)
        st.caption("Ratios")
        level_sliders("aspect_ratios", names)
        st.caption("As text: several of a level are parted by commas")
        setting_levels("anchor_sizes", "Sizes", "Square root of the anchor's area, network-input pixels.", names)
        setting_levels("aspect_ratios", "Ratios", "Height / width.", names)
    grid, data = here.trace.anchors, here.trace.input
    titles = [f"{name}: {count:,}" for name, count in zip(names, grid.counts, strict=True)]
    level = (
        st.segmented_control(
            "Level: anchors", range(len(titles)), format_func=titles.__getitem__, default=0, key="anchors_level"
        )
        or 0
    )
    inside = int(are_inside(grid.boxes, data.input_size).sum())
    rows, columns = grid.grid_sizes[level]
    numbers = [
        ("Anchors", f"{len(grid):,}", "Of all levels.", "trace.anchors.boxes", grid.boxes.shape, "network input"),
        ("Wholly inside", f"{inside:,}", "The paper trains on these alone; torchvision on all."),
        ("Grid of the level", f"{rows} x {columns}", "Rows by columns of cells."),
        ("Stride", f"{grid.strides[level][0]} x {grid.strides[level][1]}", "Padded size // grid, down and across."),
        ("Per cell", str(grid.per_cell[level]), "Sizes times ratios."),
    ]
    for column, number in zip(st.columns(len(numbers)), numbers, strict=True):
        with column:
            term(*number)
    chosen = session.selected("anchor")
    if chosen is not None and chosen < len(grid) and grid.place(chosen)[0] == level:
        _, row, at, _ = grid.place(chosen)
    else:
        row, at = rows // 2, columns // 2
    left, right = st.columns([3, 1])
    with left:
        height, width = here.image.size
        layers = [level_layer(grid, level, data, visible=False), cell_layer(grid, level, row, at, data)]
        if not st.toggle("All anchors of the level", key="anchors_all"):
            layers = layers[1:]
        else:
            layers[0] = level_layer(grid, level, data, visible=True)
        scene = CanvasScene(here.image_url, width, height, layers, points=cell_origins(grid, level, data))

        def select_cell(pick: Pick) -> None:
            (down, across), (stride_y, stride_x) = data.scale, grid.strides[level]
            row = min(max(round(pick.y * down / stride_y), 0), rows - 1)
            at = min(max(round(pick.x * across / stride_x), 0), columns - 1)
            session.select("anchor", grid.of_cell(level, row, at).start)

        box_canvas(scene, "anchors_canvas", select_cell)
        st.caption(
            "Dots are the places anchors are centred on: torchvision takes each cell's corner. Click to choose one."
        )
    with right:
        st.markdown(f"**Cell** row {row}, column {at}: anchors {grid.of_cell(level, row, at).start:,} and following")
        st.dataframe(shape_table(grid, level), hide_index=True)


run_page(
    "anchors",
    "Every cell of every map carries the same few boxes: the anchors. All that is found later starts from one.",
    body,
    "anchors",
)
