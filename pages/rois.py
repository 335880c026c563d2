import streamlit as st
from torchvision.ops import roi_pool

from frcnn_viz.canvas.scene import CanvasScene
from frcnn_viz.figures.rasters import enlarge, to_uint8
from frcnn_viz.figures.rois import chosen_layer, class_bars, compare_pooling, crop, pooled_grid, proposal_layer
from frcnn_viz.pipeline.roi_sampling import sampling_points
from frcnn_viz.pipeline.rois import assign_levels, pool_rois
from frcnn_viz.ui import session
from frcnn_viz.ui.box_canvas import box_canvas
from frcnn_viz.ui.charts import chart
from frcnn_viz.ui.page import run_page, term
from frcnn_viz.ui.session import Session

CHANNELS = 32


def show_roi(here: Session, proposal: int) -> None:
    trace, model = here.trace, here.detector.model
    box = trace.proposals.boxes[proposal]
    box_in_image = trace.input.boxes_in_image(box[None])[0]
    assigned = assign_levels(model, trace.features, box[None], trace.input.input_size)
    level = int(assigned.levels[0])
    name, scale = assigned.names[level], assigned.scales[level]
    pooler = model.roi_heads.box_roi_pool
    points = sampling_points(
        box, spatial_scale=scale, output_size=pooler.output_size, sampling_ratio=pooler.sampling_ratio
    )
    points = points.reshape(-1, 2) / scale
    down, across = trace.input.scale
    points[:, 0] /= across
    points[:, 1] /= down
    pooled = pool_rois(model, trace.features, box[None], trace.input.input_size)[0]
    rounded = roi_pool(trace.features.maps[name], [box[None]], pooler.output_size, scale)[0]

    left, right = st.columns([3, 2])
    with left:
        height, width = here.image.size
        everything = proposal_layer(
            trace.input.boxes_in_image(trace.proposals.boxes), trace.proposals.scores[trace.proposals.kept]
        )
        scene = CanvasScene(
            here.image_url, width, height, [everything, chosen_layer(box_in_image, proposal)], points=points
        )
        box_canvas(scene, "rois_canvas", lambda pick: pick.layer == "proposal" and session.select("proposal", pick.id))
        st.caption(
            f"Dots: the {len(points)} points at which RoIAlign reads level {name}. Click another proposal to choose it."
        )
    with right:
        chart(class_bars(trace.rois.scores[proposal], here.detector.classes, "Softmax of this RoI"), "softmax", 260)
        one, two = st.columns(2)
        one.image(
            enlarge(crop(to_uint8(trace.source), box_in_image), 200),
            caption="Its crop of the image (the network never crops: it pools features)",
        )
        side = (box[2:] - box[:2]).prod().sqrt().item()
        with two:
            term(
                "Pooled from level",
                name,
                f"Stride {1 / scale:g}.",
                "trace.features.maps",
                trace.features.maps[name].shape,
                "feature map",
            )
            if len(assigned.names) > 1:
                st.caption(
                    f"floor({assigned.canonical_level} + log2({side:.1f} / {assigned.canonical_scale})) "
                    f"= floor({float(assigned.target[0]):.2f}), "
                    f"kept between the levels there are; side = sqrt(w h) in input pixels."
                )
            else:
                st.caption("This detector has one map, so there is nothing to choose.")
    one, two = st.columns(2)
    with one:
        shown = min(CHANNELS, len(pooled))
        st.image(enlarge(pooled_grid(pooled, CHANNELS, 8), 640), width="stretch")
        st.caption(
            f"The pooled tensor {list(pooled.shape)}: showing {shown} of {len(pooled)} channels, each on its own scale."
        )
    with two:
        chart(compare_pooling(pooled, rounded), "pooling", 280)
        st.caption(
            "RoIPool (Fast R-CNN) rounds the box to whole cells and takes the largest value of each bin; "
            "RoIAlign reads between cells."
        )


def body(here: Session) -> None:
    count = len(here.trace.proposals)
    if not count:
        st.info("There are no proposals at these settings; lower the thresholds on the Proposals page.")
    else:
        chosen = session.selected("proposal")
        chosen = chosen if chosen is not None and chosen < count else 0
        st.session_state["rois_number"] = chosen
        st.number_input(
            f"Proposal (0 is the best of {count:,})",
            0,
            count - 1,
            key="rois_number",
            on_change=lambda: session.select("proposal", st.session_state["rois_number"]),
        )
        show_roi(here, chosen)


run_page(
    "rois",
    "Each proposal is cut out of a feature map as a small square, so that one head can judge boxes of every size.",
    body,
    "rois",
)
