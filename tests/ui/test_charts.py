"""Class names in a chart are text, not Plotly's own marks."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest


def script() -> None:
    import plotly.graph_objects as go

    from frcnn_viz.ui.charts import chart

    names = ["<b>cat</b>", "a & b"]
    figure = go.Figure(go.Bar(y=names, x=[1, 2], text=["1", "2"], name='<a href="http://evil.example">x</a>'))
    figure.update_traces(marker_color=["#0072B2", "#E69F00"])
    figure.update_xaxes(tickvals=[1, 2], ticktext=names)
    chart(figure, "chart")


def test_names_are_escaped_and_numbers_left_alone() -> None:
    test = AppTest.from_function(script).run()
    shown = json.loads(test.get("plotly_chart")[0].proto.spec)
    (trace,) = shown["data"]
    assert shown["layout"]["xaxis"]["ticktext"] == trace["y"]
    assert trace["y"] == ["&lt;b&gt;cat&lt;/b&gt;", "a &amp; b"]
    assert trace["x"] == [1, 2]
    assert trace["insidetextfont"]["color"] == ["#FFFFFF", "#000000"]
    assert trace["name"] == '&lt;a href="http://evil.example"&gt;x&lt;/a&gt;'
