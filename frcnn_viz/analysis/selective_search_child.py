"""The process in which a picture is searched: `Child("frcnn_viz.analysis.selective_search_child", Task(...))`."""

from __future__ import annotations

from frcnn_viz.analysis.selective_search import search
from frcnn_viz.data.child import serve

if __name__ == "__main__":
    serve(search)
