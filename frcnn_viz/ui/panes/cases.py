"""What an NMS suppressed, a line a box."""

from __future__ import annotations

import streamlit as st
import torch

from frcnn_viz.analysis.nms import RPN, Court, object_under
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.tables import explained_table

SHOWN = 200


def group_name(here: Session, stage: str, group: int) -> str:
    """Of a level in the RPN's NMS, of a class in the final one."""
    return here.trace.features.titles[group] if stage == RPN else here.detector.classes[group]


def case_rows(here: Session, court: Court, stage: str, rows: list[int]) -> list[dict[str, object]]:
    """Suppressed boxes with who suppressed each, and whether they were of different objects."""
    by = court.suppressor[rows]
    truth, to_image = here.ground_truth, here.trace.input.boxes_in_image
    wrong = torch.zeros(len(rows), dtype=torch.bool)
    if truth is not None:
        on, of_by = (object_under(to_image(court.boxes[which]), truth.boxes_in_image) for which in (rows, by))
        wrong = (on >= 0) & (of_by >= 0) & (on != of_by)
    return [
        {
            "suppressed": int(court.ids[row]),
            "level" if stage == RPN else "class": group_name(here, stage, int(court.groups[row])),
            "score": float(court.scores[row]),
            "by": int(court.ids[other]),
            "IoU": float(court.iou(row, torch.tensor([other]))[0]),
            "score gap": float(court.scores[other] - court.scores[row]),
            **({} if truth is None else {"another object": "yes" if of_others else ""}),
        }
        for row, other, of_others in zip(rows, by.tolist(), wrong.tolist(), strict=True)
    ]


def show_cases(here: Session, court: Court, stage: str) -> None:
    """All that an NMS suppressed, the best-scored first, and how many of these were of other objects."""
    rows = (court.suppressor >= 0).nonzero()[:, 0]
    best = rows[court.scores[rows].argsort(descending=True)][:SHOWN].tolist()
    cases = case_rows(here, court, stage, best)
    if wrong := [case for case in cases if case.get("another object")]:
        told = f"{len(wrong)} of the {len(cases)} best-scored suppressed boxes"
        st.warning(f"{told} {'was' if len(wrong) == 1 else 'were'} on another object than the suppressor.")
    explained_table(cases, height=400)
    st.caption(f"The best-scored first: {len(cases):,} of {len(rows):,}.")
