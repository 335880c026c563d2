"""Plotly figures on a page, in the app's theme."""

from __future__ import annotations

import html
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from frcnn_viz.figures.palette import text_on


def chart(figure: go.Figure, key: str, height: int = 300, **more: Any) -> None:
    """Show a figure as wide as its column, named by its title; names in it are shown as they are written.

    `more` is what else `st.plotly_chart` takes, such as `on_select`.
    """
    for trace in figure.data:
        for field in ("name", "x", "y", "text"):
            if field in trace:
                trace[field] = _as_written(trace[field])
    for bars in figure.select_traces({"type": "bar"}):
        if (of := bars.marker.color) is not None:
            bars.insidetextfont.color = text_on(of) if isinstance(of, str) else [text_on(colour) for colour in of]
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        axis.ticktext = _as_written(axis.ticktext)
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    more |= {"config": {"displaylogo": False}, "alt": figure.layout.title.text}
    st.plotly_chart(figure, key=key, width="stretch", **more)


def _as_written(texts: object) -> object:
    """Plotly reads `<b>` and `<a href=...>` in texts, and class names are among them."""
    if isinstance(texts, str):
        return html.escape(texts, quote=False)
    return tuple(map(_as_written, texts)) if isinstance(texts, tuple) else texts
