"""What a page shows, as one file: its canvases' scenes, its picture exactly, and both sides of a comparison."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from frcnn_viz.analysis.report import describe_trace
from frcnn_viz.ui.frame.one_file import Screen, file_of
from tests.pages.opening import open_page

PINNED = urlencode({"page": "detections", "image": "fog", "model": "street-c4"})


def screen_of(name: str, **link: str) -> Screen:
    return open_page(name, **link).session_state["kept_screen"]["now"]


@pytest.mark.parametrize(("name", "pinned", "count"), [("compare", PINNED, 2), ("overview", "", 1), ("metrics", "", 1)])
def test_a_page_as_one_file(name: str, pinned: str, count: int) -> None:
    screen = screen_of(name, image="fog", **({"pinned": pinned} if pinned else {}))
    text = file_of(screen)
    packed = re.findall(r'<script type="application/octet-stream">(.*?)</script>', text)
    assert len(packed) == count
    for held, scene in zip(packed, screen.scenes, strict=False):
        if not scene.overlay:
            assert gzip.decompress(base64.b64decode(held)) == replace(scene, url="").pack()
    views = json.loads(re.search(r'type="application/json">(.*?)</script>', text)[1])["views"]
    assert f"<code>/{name.removeprefix('overview')}?model=street-fpn&amp;image=fog" in text
    here = screen.here
    assert views[-1] == json.loads(json.dumps(describe_trace(here.detector, here.image, here.trace)))
    assert [view["model"] for view in views] == (["street-c4"] if pinned else []) + ["street-fpn"]
    assert "http" not in re.sub(r"<pre>.*?</pre>", "", text.partition("<body>")[2].partition("<script>")[0])
