"""Plotly figures on a page, in the app's theme."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st


def chart(figure: go.Figure, key: str, height: int = 300) -> None:
    """Show a figure as wide as its column."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    st.plotly_chart(figure, key=key, width="stretch", config={"displaylogo": False})
