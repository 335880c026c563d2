"""The pages Model and Masks and keypoints: modules, weights fetched and refused, one's own checkpoint, a third head."""

from __future__ import annotations

import hashlib
import http.server
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit import config
from torchvision.models import mobilenet_v2

from frcnn_viz.data.tenant import Tenant, acting_as, find_by, usual
from frcnn_viz.models import registry
from frcnn_viz.models.hub import HubFile, fetch
from frcnn_viz.models.registry import ENTRIES, HALF
from frcnn_viz.models.street import street_c4
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.paths import PATHS_VARIABLE
from tests.conftest import liven
from tests.pages.opening import as_read, open_page, seen

SMALL = {"min_size": "160", "max_size": "320", "box_score_thresh": "0.0", "box_detections_per_img": "5"}


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty workspace and hub folder, and nothing loaded before."""
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())


@pytest.fixture
def by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `frcnn-viz app --allow-paths` starts it."""
    monkeypatch.setenv(PATHS_VARIABLE, "1")


def test_the_parts_and_modules_are_those_of_the_model() -> None:
    parts = open_page("model", model="street-c4").dataframe[0].value
    detectors = open_page("model/detectors").dataframe[0].value
    test = open_page("model/modules", model="street-c4")
    tree = test.dataframe[0].value
    model = registry.load_detector("street-c4").model
    counted = [int(count.replace(",", "")) for count in parts["parameters"]]
    assert sum(counted) == sum(p.numel() for p in model.parameters())
    test.slider(key="option_model.depth").set_value(0).run()
    assert len(test.dataframe[0].value) == len(counted) < len(tree)
    assert list(detectors["name"]) == list(ENTRIES)


def test_ones_own_checkpoint_is_opened_by_path_and_let_go(tmp_path: Path, by_path: None) -> None:
    torch.save(liven(street_c4(3)).state_dict(), tmp_path / "pets.pt")
    test = open_page("model/detectors")
    test.selectbox(key="own_base").set_value("street-c4")
    test.text_input(key="own_path").set_value(str(tmp_path / "pets.pt"))
    test.text_area(key="own_names").set_value("cat\ndog").run()
    test.button(key="own_add").click().run()
    assert not test.exception
    assert not test.error
    name = seen(test).model
    assert name.startswith("own-")
    assert registry.load_detector(name).classes[1:] == ("cat", "dog")
    test.button(key=f"remove_{name}").click().run()
    assert not test.exception
    assert seen(test).model == "street-fpn"


@pytest.mark.parametrize(
    ("address", "offered"),
    [("", False), ("0.0.0.0", False), ("192.168.1.7", False), ("localhost", True), ("127.0.0.1", True), ("::1", True)],
)
def test_files_of_the_server_are_named_only_by_who_sits_at_it(address: str, offered: bool) -> None:
    before = st.get_option("server.address")
    config.set_option("server.address", address or None)
    try:
        test = open_page("model/detectors")
    finally:
        config.set_option("server.address", before)
    assert [field.key for field in test.text_input if field.key == "own_path"] == ["own_path"] * offered


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no weights", "pets.pt is damaged, or holds more than weights"),
        (None, "is no .pt, .pth or .safetensors file that is there"),
        ("~nobody-of-this-name", "is no .pt, .pth or .safetensors file that is there"),
    ],
)
def test_a_bad_checkpoint_is_told_and_the_old_detector_stays(
    tmp_path: Path, by_path: None, content: bytes | str | None, words: str
) -> None:
    if isinstance(content, bytes):
        (tmp_path / "pets.pt").write_bytes(content)
    folder = content if isinstance(content, str) else tmp_path
    test = open_page("model/detectors")
    test.text_input(key="own_path").set_value(f"{folder}/pets.pt").run()
    test.button(key="own_add").click().run()
    assert not test.exception
    (error,) = test.error
    assert words in error.value
    assert seen(test).model == "street-fpn"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[[bytes], str]]:
    """`site(content)` gives the address of a file with that content."""
    held: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(held[self.path])))
            self.end_headers()
            self.wfile.write(held[self.path])

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(content: bytes) -> str:
        name = f"/net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
        held[name] = content
        return f"http://127.0.0.1:{server.server_port}{name}"

    yield serve
    server.shutdown()


def at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tutorial's detector, whose backbone is to be fetched from there."""
    monkeypatch.setitem(ENTRIES, "mobilenet-v2", replace(ENTRIES["mobilenet-v2"], backbone=HubFile(url, 13.6)))


def test_weights_are_fetched_on_the_page_and_the_detector_opens(
    site: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    torch.save(mobilenet_v2(weights=None).state_dict(), buffer)
    at(site(buffer.getvalue()), monkeypatch)
    test = open_page("model/detectors", **SMALL)
    test.selectbox(key="fetch_name").set_value("mobilenet-v2").run()
    test.button(key="fetch").click().run()
    assert not test.exception
    assert not test.error
    assert seen(test).model == "mobilenet-v2"
    assert HALF in [markdown.proto.help for markdown in test.markdown]
    assert ENTRIES["mobilenet-v2"].is_here


def test_without_a_network_the_page_says_where_to_put_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    at("http://127.0.0.1:9/net-00000000.pth", monkeypatch)
    test = open_page("model/detectors")
    test.selectbox(key="fetch_name").set_value("mobilenet-v2").run()
    test.button(key="fetch").click().run()
    assert not test.exception
    (error,) = test.error
    assert "could not be fetched from http://127.0.0.1:9/net-00000000.pth (Connection refused)" in as_read(error.value)
    assert seen(test).model == "street-fpn"


def test_a_visitor_of_a_class_fetches_nothing(tmp_path: Path) -> None:
    with acting_as(Tenant(tmp_path, fetches=False)):
        with pytest.raises(WeightsError, match="the teacher alone can fetch it"):
            fetch(ENTRIES["mobilenet-v2"].fetched)
        find_by(lambda: Tenant(tmp_path, fetches=False))
        try:
            test = open_page("model/detectors")
        finally:
            find_by(usual)
    assert test.button(key="fetch").disabled


def test_a_missing_detector_leads_to_its_weights_or_to_random_ones() -> None:
    test = open_page("model/detectors", model="fasterrcnn_mobilenet_v3_large_320_fpn", **SMALL)
    assert seen(test).model == "street-fpn"
    assert test.selectbox(key="fetch_name").value == "fasterrcnn_mobilenet_v3_large_320_fpn"
    test.button(key="open_random").click().run()
    assert not test.exception
    assert seen(test).model == "fasterrcnn_mobilenet_v3_large_320_fpn"
    assert seen(test).link()["weights"] == "random"


def test_a_detector_without_a_third_head_offers_those_that_have_one() -> None:
    test = open_page("third_head", **SMALL)
    assert "This detector ends with its boxes." in test.info[0].value
    test.button(key="open_maskrcnn_resnet50_fpn").click().run()
    assert not test.exception
    assert seen(test).model == "maskrcnn_resnet50_fpn"


@pytest.mark.parametrize(
    ("model", "words"),
    [("maskrcnn_resnet50_fpn", "The head draws a mask"), ("keypointrcnn_resnet50_fpn", "17 heat maps of 56 x 56")],
)
def test_the_third_head_is_shown(model: str, words: str) -> None:
    test = open_page("third_head", model=model, weights="random", image="crowd", **SMALL)
    assert any("Detection 0 of 5" in caption.value for caption in test.caption)
    test = open_page("third_head/maps", model=model, weights="random", image="crowd", **SMALL)
    assert words in " ".join(markdown.value for markdown in test.markdown)
    test = open_page("third_head", model=model, weights="random", image="crowd", **SMALL)
    test.slider(key="slider_box_score_thresh").set_value(1.0).run()
    assert "Nothing is detected at these settings" in test.info[0].value
