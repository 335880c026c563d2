"""Examinations on disk: the same numbers come back, anything they depend on is another record, damage is no harm."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from frcnn_viz import load_detector, trace
from frcnn_viz.analysis.archive import TENSORS, from_json, key_of, open_archive, to_json
from frcnn_viz.analysis.examination import Examination, examine_image
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import CLASSES, sample_scene
from frcnn_viz.pipeline.settings import Settings


@pytest.fixture(scope="module", params=["crowd", "nothing"])
def one(request: pytest.FixtureRequest) -> Examination:
    """Of many objects, and of none and no detections."""
    detector = load_detector("street-c4", "cpu")
    scene = sample_scene("crowd")
    settings = Settings.of(detector.model)
    truth = GroundTruth(scene.boxes_in_image, tuple(CLASSES[label - 1] for label in scene.labels.tolist()))
    if request.param == "nothing":
        truth, settings = GroundTruth(torch.zeros(0, 4), ()), settings.replace(box_score_thresh=1.0)
    return examine_image(detector, trace(detector, from_pil(scene.image, "a.png"), settings), truth)


def test_the_same_comes_back(one: Examination, tmp_path: Path) -> None:
    archive = open_archive(tmp_path)
    assert archive.get(["a"]) == {}
    archive.put("a", one)
    (again,) = archive.get(["a", "b"]).values()
    assert again.findings == one.findings
    assert again.alarms == one.alarms
    assert again.ms == one.ms
    for name in TENSORS:
        mine, theirs = getattr(again, name), getattr(one, name)
        assert mine.dtype == theirs.dtype
        assert torch.equal(mine, theirs)
    assert to_json(from_json(to_json(one))) == to_json(one)


def test_many_are_kept_at_once(one: Examination, tmp_path: Path) -> None:
    archive = open_archive(tmp_path)
    archive.put_all({})
    archive.put_all(dict.fromkeys("abc", one))
    assert list(archive.get("abcd")) == ["a", "b", "c"]


def test_whatever_it_depends_on_is_another_record() -> None:
    detector = load_detector("street-fpn", "cpu")
    settings = Settings.of(detector.model)
    truth = GroundTruth(torch.tensor([[1.0, 2.0, 3.0, 4.0]]), ("car",))
    base = key_of(detector, settings, "a", truth)
    assert key_of(detector, settings.replace(seed=5), "a", truth) == base  # which no detection depends on
    others = {
        key_of(load_detector("street-fpn", "cpu", random_weights=True), settings, "a", truth),
        key_of(replace(detector, name="other"), settings, "a", truth),
        key_of(detector, settings.replace(box_nms_thresh=0.4), "a", truth),
        key_of(detector, settings, "b", truth),
        key_of(detector, settings, "a", GroundTruth(truth.boxes_in_image + 1, ("car",))),
        key_of(detector, settings, "a", GroundTruth(truth.boxes_in_image, ("bird",))),
        key_of(detector, settings, "a", replace(truth, crowd=torch.tensor([True]))),
        key_of(detector, settings, "a", replace(truth, difficult=torch.tensor([True]))),
    }
    assert len(others) == 8
    assert base not in others


def test_a_damaged_file_is_kept_and_another_begun(one: Examination, tmp_path: Path) -> None:
    archive, damaged = open_archive(tmp_path), b"no database " * 1000
    archive.path.write_bytes(damaged)
    archive.put("a", one)
    assert list(archive.get(["a"])) == ["a"]
    archive.path.write_bytes(damaged + b"!")
    assert archive.get(["a"]) == {}
    archive.put("b", one)
    assert list(archive.get(["a", "b"])) == ["b"]
    kept = sorted(tmp_path.glob("examined.sqlite.damaged-*"), key=lambda path: path.stat().st_mtime_ns)
    assert [path.read_bytes() for path in kept] == [damaged, damaged + b"!"]


def test_a_damaged_record_takes_no_other_with_it(one: Examination, tmp_path: Path) -> None:
    archive = open_archive(tmp_path)
    for key in ("a", "b", "c"):
        archive.put(key, one)
    with closing(sqlite3.connect(archive.path)) as file, file:
        for key, text in (("a", "[1]"), ("b", '{"findings": [1]}')):
            file.execute("UPDATE examined SET record = ? WHERE key = ?", (text, key))
    assert list(archive.get(["a", "b", "c"])) == ["c"]
