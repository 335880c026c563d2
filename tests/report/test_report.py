"""Reports hold the numbers of the examination and the trace, in a file that can do nothing but show them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
from html.parser import HTMLParser

import pytest
import torch
from PIL import Image as Pillow
from torchvision.models.detection import FasterRCNN

from frcnn_viz.analysis.examination import examine_image
from frcnn_viz.analysis.fixes import Fix
from frcnn_viz.analysis.mends import Mend, mends
from frcnn_viz.analysis.report import describe_trace
from frcnn_viz.analysis.sums import sums
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Film, Tools
from frcnn_viz.data.annotations import Object
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import LoadedImage
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.report.as_shown import as_shown
from frcnn_viz.report.cases import Case, Image, make_case
from frcnn_viz.report.elements import el
from frcnn_viz.report.examination import examination_report, worst
from frcnn_viz.report.page import page
from frcnn_viz.report.picture import encode
from frcnn_viz.report.totals import Totals
from frcnn_viz.report.view import Seen, usual_shot, view_report
from tests.conftest import make_image

EVIL = "</script><script>alert(1)</script>"
NAME = f'"><img src=x onerror=alert(1)>{EVIL}.png'
CLASSES = ("background", EVIL, "<b>car</b>", "bus & co", "d")


class Read(HTMLParser):
    """What a browser would find in a file: elements with their attributes, texts, and scripts by their type."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts: list[tuple[str | None, str]] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts.append((dict(attrs).get("type"), ""))

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        elif self.inside != "style":
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    @property
    def numbers(self) -> dict:
        (text,) = [text for kind, text in self.scripts if kind == "application/json"]
        return json.loads(text)


@pytest.fixture(scope="module")
def examined(tiny_fpn: FasterRCNN) -> tuple[Detector, Settings, list[Image], list[Case], str]:
    """Three pictures, one without objects, with hostile names, examined and made a report of."""
    detector = Detector("tiny", "Tiny", "", tiny_fpn, CLASSES)
    settings = Settings.of(tiny_fpn).replace(box_score_thresh=0.4)
    pictures = [LoadedImage(f"{n}{NAME}", (make_image(120, 160, seed=n) * 255).to(torch.uint8)) for n in range(3)]
    boxes = torch.tensor([[10.0, 20.0, 80.0, 90.0], [60.0, 30.0, 150.0, 110.0]])
    truths = [GroundTruth(boxes, CLASSES[1:3]), GroundTruth(boxes[:1], (CLASSES[2],)), GroundTruth.of(())]
    images = [
        Image(picture.name, truth, examine_image(detector, Trace(tiny_fpn, picture.pixels, settings), truth))
        for picture, truth in zip(pictures, truths, strict=True)
    ]
    by_name = {picture.name: picture for picture in pictures}
    cases = [make_case(by_name[one.name], one.truth, detector, settings, one is images[0]) for one in worst(images, 2)]
    return (
        detector,
        settings,
        images,
        cases,
        examination_report(EVIL, detector, settings, Totals.of(images, CLASSES), cases),
    )


def test_the_numbers_are_those_of_the_examination(examined: tuple) -> None:
    detector, settings, images, _, text = examined
    read = Read(text)
    told, shown = read.numbers, worst(images, 2)
    assert told["sums"] == sums([one.truth for one in images], [one.examined for one in images], detector.classes)
    assert set(told["sums"]) <= set(read.words)
    assert (
        Settings(**{k: tuple(map(tuple, v)) if isinstance(v, list) else v for k, v in told["settings"].items()})
        == settings
    )
    findings = [finding for one in images for finding in one.examined.findings]
    assert any(finding.missed for finding in findings)
    assert told["verdicts"] == {
        kind: sum(f.verdict == kind for f in findings) for kind in {f.verdict for f in findings}
    }
    assert told["objects"] == sum(int(one.examined.counted.sum()) for one in images)
    assert [case["image"]["name"] for case in told["cases"]] == [one.name for one in shown]
    for case, one in zip(told["cases"], shown, strict=True):
        rows = [(o["verdict"], o["sentence"], o["iou"], o["score"], o["class"]) for o in case["objects"]]
        its = zip(one.examined.findings, one.truth.names, strict=True)
        assert rows == [(f.verdict, f.sentence, f.iou, f.score, name) for f, name in its]
        assert [o["box"] for o in case["objects"]] == one.truth.boxes_in_image.tolist()
        assert [a["box"] for a in case["false_alarms"]] == [
            one.examined.detections[alarm.detection].tolist() for alarm in one.examined.alarms
        ]
        for finding in one.examined.findings:
            assert not finding.missed or any(finding.sentence in words for words in read.words)


def test_nothing_in_a_name_is_more_than_text(examined: tuple) -> None:
    *_, text = examined
    read = Read(text)
    kinds = [kind for kind, _ in read.scripts]
    assert kinds == ["application/octet-stream"] * 2 + ["application/json", None]
    assert not [name for _, attributes in read.elements for name in attributes if name.startswith("on")]
    assert {tag for tag, _ in read.elements}.isdisjoint({"iframe", "link", "object", "b", "base"})
    assert all((attributes.get("src") or "data:image/").startswith("data:image/") for _, attributes in read.elements)
    assert any(NAME in words for words in read.words)
    assert any(CLASSES[2] in words for words in read.words)


def test_the_policy_lets_in_its_own_script_and_no_network(examined: tuple) -> None:
    *_, text = examined
    read = Read(text)
    policy = next(a["content"] for tag, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    script = next(text for kind, text in read.scripts if kind is None)
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["default-src"] == "'none'"
    assert parts["script-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
    assert parts["img-src"] == "data: blob:"
    assert "connect-src" not in parts


def test_the_scene_of_a_view_is_inside_and_its_numbers_are_the_traces(tiny_fpn: FasterRCNN) -> None:
    image = LoadedImage("one.png", (make_image(120, 160) * 255).to(torch.uint8))
    detector, trace = Detector("tiny", "Tiny", "", tiny_fpn, CLASSES), Trace(tiny_fpn, image.pixels)
    seen = Seen("One", detector, image, trace, "print()", "/detections?x")
    shot = usual_shot(seen)
    read = Read(view_report("T", "L", [shot], [seen]))
    assert read.numbers == json.loads(json.dumps({"views": [describe_trace(detector, image, trace)]}))
    (packed,) = [text for kind, text in read.scripts if kind == "application/octet-stream"]
    assert gzip.decompress(base64.b64decode(packed)) == shot.scene.pack()
    source = next(attributes["src"] for tag, attributes in read.elements if tag == "img")
    held = Pillow.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    assert held.tobytes() == image.image.tobytes()  # exact


def test_pictures_keep_within_their_bytes() -> None:
    noise = Pillow.effect_noise((400, 300), 90)
    for most in (40_000, 10_000):
        url = encode(noise, most, exact=True)
        content = base64.b64decode(url.partition(",")[2])
        assert len(content) <= most
    assert Pillow.open(io.BytesIO(content)).size == (160, 120)  # an eighth of SIDE


def test_what_no_file_can_do_is_shown_as_it_stands() -> None:
    boxes = torch.tensor([[0.0, 0, 1, 1], [1, 1, 2, 2], [2, 2, 3, 3]])
    layer = BoxLayer("a", boxes, [("x", "#111")], frames=torch.tensor([0, 1, 1]), labels=["p", "q", "r"])
    film = Film("f", ["0", "1"], [0.0, 0.1], 1, {})
    tools = Tools([Object((1, 2, 3, 4), "car"), Object((3, 3, 3, 3), "none")], ["bus", "car"], ["#000", "#222"], "e")
    told = as_shown(CanvasScene("1", 9, 9, [layer], film=film, tools=tools))
    assert (told.film, told.tools) == (None, None)
    frame, drawn = told.layers
    assert (frame.boxes_in_image.tolist(), frame.labels, frame.frames) == (boxes[1:].tolist(), ["q", "r"], None)
    assert (drawn.boxes_in_image.tolist(), drawn.legend) == ([[1, 2, 3, 4]], [("car", "#222")])


def test_mends_are_added_up_by_setting_and_way(tiny_fpn: FasterRCNN) -> None:
    at = Settings.of(tiny_fpn)
    fix = lambda name, after, alarms: Fix(name, 10, after, at, alarms, 1, at)  # noqa: E731
    tried = [[fix("a", 12, 3), fix("a", 4, 0)], [], [fix("a", 20, 1), fix("b", 11, -2)], [fix("a", 6, 5)]]
    assert mends(tried) == [Mend("a", 10, 12, 20, 2, 4), Mend("a", 10, 6, 4, 2, 5), Mend("b", 10, 11, 11, 1, -2)]


def test_an_empty_page_and_its_texts_are_escaped() -> None:
    text = page("<x>", "a & b \ud800", [el("p", "<i>", el("b", "in"), "</i>")], {"a": "</script>"})
    assert "<title>&lt;x&gt;</title>" in text
    assert "<p>a &amp; b ?</p>" in text
    assert "<p>&lt;i&gt;<b>in</b>&lt;/i&gt;</p>" in text
    assert Read(text).numbers == {"a": "</script>"}


def test_what_is_told_to_mend_a_miss_does(examined: tuple) -> None:
    detector, _, images, (case, _), text = examined
    told = Read(text).numbers["cases"][0]["objects"]
    assert case.fixes
    for number, tried in case.fixes.items():
        assert [(one["name"], one["after"]) for one in told[number]["fixes"]] == [(f.name, f.after) for f in tried]
        for fix in tried:
            at = Trace(
                detector.model, (make_image(120, 160, seed=int(case.name[0])) * 255).to(torch.uint8), fix.settings
            )
            assert not examine_image(detector, at, images[0].truth).findings[number].missed, fix.name
