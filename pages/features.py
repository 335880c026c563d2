import streamlit as st
import torch

from frcnn_viz.analysis.feature_views import ORDERS, channel_order
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Overlay
from frcnn_viz.figures.features import VIEWS, cell_profile, channel_grid, field_extent, scale_limits, summary
from frcnn_viz.figures.palette import SELECTED
from frcnn_viz.figures.rasters import colourise, enlarge
from frcnn_viz.pipeline.backbone import receptive_field
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import Pick, box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.page import run_page, term
from frcnn_viz.ui.session import Session

PER_PAGE = 64


def extent_in_image(here: Session, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """A box of the padded input as pixels of the image."""
    down, across = here.trace.input.scale
    return box[0] / across, box[1] / down, box[2] / across, box[3] / down


def show_map(here: Session, level: int, view: str, cell: tuple[int, int]) -> None:
    features, (row, column) = here.trace.features, cell
    stride_y, stride_x = features.strides[level]
    rows, columns = features.grid_sizes[level]
    height, width = here.image.size
    patch = torch.tensor(
        [extent_in_image(here, (column * stride_x, row * stride_y, (column + 1) * stride_x, (row + 1) * stride_y))]
    )
    layer = BoxLayer("cell", patch, [("selected cell", SELECTED)], width=2.5)
    picture = image_url(summary(list(features.maps.values())[level][0], view))
    overlay = Overlay(
        picture, extent_in_image(here, (0, 0, columns * stride_x, rows * stride_y)), 0.75, f"{view} over image"
    )

    def select_cell(pick: Pick) -> None:
        down, across = here.trace.input.scale
        at_row = min(max(int(pick.y * down) // stride_y, 0), rows - 1)
        at_column = min(max(int(pick.x * across) // stride_x, 0), columns - 1)
        session.select("cell", at_row * columns + at_column)

    box_canvas(CanvasScene(here.image_url, width, height, [layer], overlay=overlay), "features_canvas", select_cell)
    st.caption("Click anywhere to select the cell of that place.")


def show_cell(here: Session, level: int, cell: tuple[int, int]) -> None:
    features, (row, column) = here.trace.features, cell
    name, (stride_y, stride_x) = features.names[level], features.strides[level]
    feature_map = features.maps[name][0]
    for place, args in zip(
        st.columns(3),
        [
            (
                "Row, column",
                f"{row}, {column}",
                "Chosen on the picture.",
                f'trace.features.maps["{name}"]',
                feature_map.shape,
                "feature map",
            ),
            ("Stride", f"{stride_y} x {stride_x}", "Input pixels per cell, down and across: padded size // grid."),
            (
                "Its patch starts at",
                f"({column * stride_x}, {row * stride_y})",
                "x and y of the cell's corner, where its anchors are centred.",
                "",
                "",
                "network input",
            ),
        ],
        strict=True,
    ):
        with place:
            term(*args)
    chart(cell_profile(feature_map, row, column, level), "profile", height=220)
    if st.toggle("Receptive field: which input pixels move this cell (one backward pass)", key="field"):
        with st.spinner("Following the gradient back to the pixels"):
            gradient = receptive_field(here.detector.model, here.trace.input, name, row, column)
        extent = field_extent(gradient)
        st.image(
            enlarge(colourise(gradient.sqrt()), 480),
            caption="Square root of the gradient's size at each pixel of the padded input",
        )
        st.caption(
            "No pixel moves this cell here."
            if extent is None
            else f"Non-zero within x {extent[0]} to {extent[2]}, y {extent[1]} to {extent[3]}: "
            f"{extent[2] - extent[0]} x {extent[3] - extent[1]} input pixels."
        )


def body(here: Session) -> None:
    features = here.trace.features
    titles = [
        f"{name}: {m.shape[1]} x {m.shape[2]} x {m.shape[3]}, stride {s[0]}"
        for (name, m), s in zip(features.maps.items(), features.strides, strict=True)
    ]
    level = (
        st.segmented_control(
            "Level (channels x rows x columns)",
            range(len(titles)),
            format_func=titles.__getitem__,
            default=0,
            key="features_level",
        )
        or 0
    )
    view = st.segmented_control("Summary over channels", VIEWS, default="mean", key="features_view") or "mean"
    rows, columns = features.grid_sizes[level]
    chosen = session.selected("cell")
    cell = divmod(chosen, columns) if chosen is not None and chosen < rows * columns else (rows // 2, columns // 2)
    left, right = st.columns(2)
    with left:
        show_map(here, level, view, cell)
    with right:
        show_cell(here, level, cell)
    st.subheader("Channels")
    one, two, three = st.columns(3)
    order = one.selectbox("Sorted by", ORDERS, index=1, key="features_order")
    scale = two.selectbox("Colour scale of each", ["channel", "level", "all levels"], key="features_scale")
    feature_map = features.maps[features.names[level]][0]
    pages = -(-len(feature_map) // PER_PAGE)
    start = (three.number_input("Page", 1, pages, 1, key="features_page") - 1) * PER_PAGE
    channels = channel_order(feature_map, order)[start : start + PER_PAGE].tolist()
    maps = {name: m[0] for name, m in features.maps.items()}
    picture = channel_grid(feature_map, channels, scale_limits(maps, features.names[level], scale), 16)
    st.image(enlarge(picture, 1200), width="stretch")
    st.caption(f"Showing {len(channels)} of {len(feature_map)} channels, by {order}, first {channels[:8]}.")


run_page(
    "features",
    "The backbone turns the input into maps: coarser cells, more channels.",
    body,
    "features",
)
