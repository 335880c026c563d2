import streamlit as st
import torch

from frcnn_viz.analysis.feature_views import ORDERS, channel_order
from frcnn_viz.canvas.scene import BoxLayer, Overlay
from frcnn_viz.figures.features import (
    VIEWS,
    cell_profile,
    channel_grid,
    field_extent,
    map_extent,
    scale_limits,
    summary,
)
from frcnn_viz.figures.palette import SELECTED
from frcnn_viz.figures.rasters import colourise, enlarge
from frcnn_viz.pipeline.backbone import receptive_field
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, canvas_panel
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.controls import choice, number, segments, terms
from frcnn_viz.ui.frame.desk import choose_level
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.inspector import term, workbench
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.picture import show_picture
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option

VIEW = Option("features.view", "mean")
ORDER, SCALE = Option("features.order", ORDERS[1]), Option("features.scale", "channel")
PAGE = Option("features.page", 1)
VIEW_KEYS = dict(zip(VIEWS, ("mean", "max", "pca"), strict=True))
SCALES = {"channel": "each", "level": "one_level", "all levels": "all_levels"}
PER_PAGE = 64


def level_and_cell(here: Session) -> tuple[int, tuple[int, int]]:
    """The level, asked for, and row and column of the selected cell or the middle one."""
    features = here.trace.features
    level = choose_level(here, [f"{rows} x {columns}" for rows, columns in features.grid_sizes])
    (rows, columns), chosen = features.grid_sizes[level], session.selected("cell")
    inside = chosen is not None and chosen < rows * columns
    return level, divmod(chosen, columns) if inside else (rows // 2, columns // 2)


def show_map(here: Session, level: int, view: str, cell: tuple[int, int]) -> None:
    features, data, (row, column) = here.trace.features, here.trace.input, cell
    (stride_y, stride_x), (rows, columns) = features.strides[level], features.grid_sizes[level]
    patch = torch.tensor([column, row, column + 1, row + 1]) * torch.tensor([stride_x, stride_y] * 2)
    layer = BoxLayer("cell", data.boxes_in_image(patch[None]), [("selected cell", SELECTED)], width=2.5)
    url = image_url(summary(list(features.maps.values())[level][0], view))
    extent = map_extent(data, (rows, columns), features.strides[level])

    def select_cell(pick: Pick) -> None:
        down, across = data.scale
        at_row = min(max(int(pick.y * down) // stride_y, 0), rows - 1)
        at_column = min(max(int(pick.x * across) // stride_x, 0), columns - 1)
        session.select("cell", at_row * columns + at_column)

    show_picture(here, "features", [layer], select_cell, overlay=Overlay(url, extent, 0.75, f"{view} over image"))


def picture(here: Session) -> None:
    left, inspector = workbench()
    with inspector:
        level, (row, column) = level_and_cell(here)
        view = segments(VIEW, "option.features.view", terms("option.features", VIEW_KEYS))
        canvas_panel("features_canvas")
        features = here.trace.features
        name, (stride_y, stride_x) = features.names[level], features.strides[level]
        feature_map = features.maps[name][0]
        term("number.channels", f"{len(feature_map)}", feature_map.shape)
        term("number.stride", f"{stride_y} x {stride_x}")
        term("number.cell", f"{row}, {column}")
        term("number.corner", f"{column * stride_x}, {row * stride_y}")
        chart(cell_profile(feature_map, row, column, level), "profile", height=200)
    with left:
        show_map(here, level, view, (row, column))


def channels(here: Session) -> None:
    features = here.trace.features
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = choose_level(here, [str(m.shape[1]) for m in features.maps.values()])
        order = choice(ORDER, "option.features.order", terms("option.features", {name: name for name in ORDERS}))
        scale = choice(SCALE, "option.features.scale", terms("option.features", SCALES))
        feature_map = features.maps[features.names[level]][0]
        page = number(PAGE, "option.features.page", 1, -(-len(feature_map) // PER_PAGE))
    start = (page - 1) * PER_PAGE
    shown = channel_order(feature_map, order)[start : start + PER_PAGE].tolist()
    maps = {name: m[0] for name, m in features.maps.items()}
    picture = channel_grid(feature_map, shown, scale_limits(maps, features.names[level], scale), 16)
    st.image(enlarge(picture, 1200), width="stretch", alt=f"{len(shown)} channels side by side, cell by cell")
    first = ", ".join(map(str, shown[:8]))
    st.caption(f"Showing {len(shown)} of {len(feature_map)} channels, by {order}; the first are {first}.")


def field(here: Session) -> None:
    left, right = st.columns([1, 2])
    with left:
        level, (row, column) = level_and_cell(here)
        name = here.trace.features.names[level]
        with st.spinner("Following the gradient back to the pixels"):
            model, data = here.detector.model, here.trace.input
            key = ("receptive field", model, here.image.sha256, data.input_size, name, row, column)
            follow = lambda: receptive_field(model, data, name, row, column)  # noqa: E731
            gradient = MEMORY.recall(key, follow, here.detector.device).value
        extent = field_extent(gradient)
        st.markdown(f"Which input pixels move the cell in row {row}, column {column}: one backward pass.")
        st.caption(
            "No pixel moves this cell here."
            if extent is None
            else f"Non-zero within x {extent[0]} to {extent[2]}, y {extent[1]} to {extent[3]}: "
            f"{extent[2] - extent[0]} x {extent[3] - extent[1]} input pixels."
        )
    caption = "Square root of the gradient's size at each pixel of the padded input"
    right.image(enlarge(colourise(gradient.sqrt()), 480), caption, alt=f"What moves cell {row}, {column}, by pixel")


run_page("features", {"picture": picture, "channels": channels, "field": field}, lineage=False)
