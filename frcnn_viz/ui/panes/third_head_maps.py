"""What the third head gives for one detection: its masks by class, its heat maps by keypoint."""

from __future__ import annotations

import streamlit as st

from frcnn_viz.figures.third_head import class_masks, heat_map, probability_map
from frcnn_viz.ui.inspector import term
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.text import plain

OTHER_CLASSES = 5


def show_mask(here: Session, row: int) -> None:
    masks, found, classes = here.trace.masks, here.trace.detections, here.detector.classes
    label = int(found.labels[row])
    name = plain(classes[label])
    left, right = st.columns([1, 2])
    with left:
        st.image(probability_map(masks.probabilities[row, 0]), alt=f"The mask of {classes[label]}, by probability")
        side = masks.logits.shape[-1]
        term("number.mask", f"{side} x {side}", masks.probabilities.shape)
    with right:
        scores = here.trace.rois.scores[found.roi[row], 1:]
        others = [int(n) + 1 for n in scores.argsort(descending=True)[:OTHER_CLASSES]]
        st.markdown(
            f"The head draws a mask for each of {masks.logits.shape[1]} classes; that of {name} is taken. "
            "Those of the classes its proposal scored highest for:"
        )
        for column, other, picture in zip(
            st.columns(OTHER_CLASSES), others, class_masks(masks.logits[row], others), strict=False
        ):
            caption = f"{plain(classes[other])} {float(scores[other - 1]):.2f}"
            column.image(picture, caption, alt=f"The mask that the head draws for {classes[other]}")


def show_keypoints(here: Session, row: int) -> None:
    keypoints, names = here.trace.keypoints, here.detector.keypoints
    count, side = keypoints.heatmaps.shape[1], keypoints.heatmaps.shape[-1]
    st.markdown(
        f"{count} heat maps of {side} x {side} logits lie over the box; a keypoint is where its map is largest "
        "once it is resized to the box (the white square marks the largest value before that)."
    )
    for start in range(0, count, 6):
        for column, index in zip(st.columns(6), range(start, min(start + 6, count)), strict=False):
            name = names[index] if index < len(names) else f"keypoint {index}"
            column.image(
                heat_map(keypoints.heatmaps[row, index]),
                caption=f"{plain(name)}: {float(keypoints.scores[row, index]):.2f}",
                alt=f"Where the head looks for {name}, over the box",
            )
