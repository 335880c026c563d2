"""torchvision's detectors: a checkpoint under the hub's name is used; what is missing, broken or hostile is refused."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.models import registry
from frcnn_viz.models.hub import HubFile, fetch, read_hub_file
from frcnn_viz.models.pretrained import PRETRAINED
from frcnn_viz.models.registry import ENTRIES, load_detector
from frcnn_viz.models.weights import WeightsError, fit_state
from frcnn_viz.pipeline.trace import Trace
from tests.conftest import liven, make_image

NAME = "fasterrcnn_mobilenet_v3_large_320_fpn"


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub folder, and nothing loaded before."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    return folder


def test_a_missing_file_is_named_with_where_to_put_it(hub: Path) -> None:
    with pytest.raises(WeightsError) as told:
        load_detector(NAME, "cpu")
    assert PRETRAINED[NAME].hub.name in str(told.value)
    assert str(hub) in str(told.value)
    assert f"models fetch {NAME}" in str(told.value)


def test_a_checkpoint_saved_by_plain_torchvision_is_loaded_and_used() -> None:
    torch.manual_seed(5)
    theirs = liven(PRETRAINED[NAME].build(91))
    with torch.no_grad():
        theirs.roi_heads.box_predictor.cls_score.weight.mul_(3000)  # so that random features are told apart
    torch.save(theirs.state_dict(), PRETRAINED[NAME].hub.path)
    detector = load_detector(NAME, "cpu")
    assert detector.trained
    assert len(detector.classes) == 91
    image = make_image(120, 160)
    with torch.inference_mode():
        (expected,) = theirs([image])
    found = Trace(detector.model, image).detections
    assert len(found) > 0
    assert torch.equal(found.boxes_in_image, expected["boxes"])
    assert torch.equal(found.scores, expected["scores"])


class Evil:
    def __reduce__(self) -> tuple:
        return os.system, ("touch /tmp/frcnn-viz-was-here",)


def test_a_pickle_with_code_in_it_is_not_run() -> None:
    Path("/tmp/frcnn-viz-was-here").unlink(missing_ok=True)
    torch.save({"backbone": Evil()}, PRETRAINED[NAME].hub.path)
    with pytest.raises(WeightsError, match="holds more than weights"):
        load_detector(NAME, "cpu")
    assert not Path("/tmp/frcnn-viz-was-here").exists()


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_refused(content: bytes) -> None:
    PRETRAINED[NAME].hub.path.write_bytes(content)
    with pytest.raises(WeightsError, match="is damaged"):
        load_detector(NAME, "cpu")


def test_what_does_not_fit_is_told_in_words_and_changes_nothing() -> None:
    entry = PRETRAINED[NAME]
    model = entry.build(91)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = entry.build(91).state_dict()
    first = next(iter(state))
    for broken, words in (
        ({name: value for name, value in state.items() if name != first}, f"lacks '{first}'"),
        (state | {"extra": torch.zeros(1)}, "has 'extra', which the model has not"),
        (state | {first: torch.zeros(2, 3)}, f"has '{first}' as [2, 3] instead of"),
        ({"epoch": state}, "holds no weights by name"),
    ):
        torch.save(broken, entry.hub.path)
        with pytest.raises(WeightsError) as told:
            fit_state(model, read_hub_file(entry.hub, NAME), entry.hub.name)
        assert words in str(told.value)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


CONTENT = b"weights" * 400_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A server of one file."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "file").write_bytes(CONTENT)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def at(url: str) -> HubFile:
    return HubFile(url, 74.2)


def test_a_fetched_file_is_whole_and_told_about(site: str, hub: Path) -> None:
    entry = at(f"{site}/model-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth")
    told: list[tuple[int, int]] = []
    path = fetch(entry, lambda done, total: told.append((done, total)))
    assert path == entry.path
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert list(hub.iterdir()) == [path]
    assert fetch(entry) == path


def test_a_wrong_hash_leaves_nothing(site: str, hub: Path) -> None:
    with pytest.raises(WeightsError, match="its hash differs"):
        fetch(at(f"{site}/model-00000000.pth"))
    assert list(hub.iterdir()) == []


def test_a_stopped_download_leaves_nothing(site: str, hub: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(at(f"{site}/model-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"), stop)
    assert list(hub.iterdir()) == []


def test_without_a_network_the_file_and_its_place_are_named(hub: Path) -> None:
    with pytest.raises(WeightsError, match=r"cannot be reached; put model-00000000\.pth into"):
        fetch(at("http://127.0.0.1:9/model-00000000.pth"))
    assert list(hub.iterdir()) == []


@pytest.mark.parametrize("name", PRETRAINED)
def test_classes_and_sizes_are_torchvisions(name: str) -> None:
    entry = PRETRAINED[name]
    assert len(entry.classes) == (2 if entry.keypoints else 91)
    assert entry.classes[1] == "person"
    assert entry.hub.megabytes > 50
    assert 20 < entry.published["box_map"] < 60
    assert entry.published["GFLOPS"] < 500


def test_the_command_line_lists_and_points() -> None:
    run = lambda *arguments: CliRunner().invoke(cli, ["models", *arguments], catch_exceptions=False).stdout  # noqa: E731
    rows = json.loads(run("list", "--json", "-"))["models"]
    assert [row["name"] for row in rows] == list(ENTRIES)
    assert [row["name"] for row in rows if row["here"]] == ["street-fpn", "street-c4"]
    assert run("path", NAME).strip() == str(PRETRAINED[NAME].hub.path)
    assert "to be fetched" in run("list")
    with pytest.raises(ValueError, match="no weights to fetch for 'street-fpn'"):
        run("fetch", "street-fpn")
