"""What travels of an examination is the examination; two runs write the same bytes; one shard changes alone."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from frcnn_viz.analysis import archive
from frcnn_viz.analysis.examination import Examination, examine_image
from frcnn_viz.analysis.fixes import fixes
from frcnn_viz.analysis.waterfall import LOST_AT
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import load_image
from frcnn_viz.data.sources import open_source
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.scale.examine import Examiner, examine_batches
from frcnn_viz.scale.folder import ResultsFolder
from frcnn_viz.scale.planning import pending
from frcnn_viz.scale.rows import REFERENCES
from frcnn_viz.scale.work import do_shard, open_examiner
from tests.scale.runs import BROKEN, PICTURES, contents, open_detector, plan_run, write_set


@pytest.fixture(scope="module")
def detector() -> Detector:
    with pytest.MonkeyPatch.context() as patch:
        yield open_detector(patch)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("examine") / "files")


def run(named: Path, out: Path, detector: Detector, **changes: object) -> tuple[ResultsFolder, int]:
    """All that is to be done, here; and how many shards that were."""
    folder, plan = plan_run(named, out, detector, **changes)
    shards, examiner = list(pending(folder, plan)), open_examiner(folder.plan)
    for shard, key in shards:
        do_shard(folder, shard, key, examiner)
    return folder, len(shards)


@pytest.fixture(scope="module")
def done(named: Path, detector: Detector, tmp_path_factory: pytest.TempPathFactory) -> ResultsFolder:
    return run(named, tmp_path_factory.mktemp("results") / "out", detector)[0]


def test_rows_are_the_apps_examinations(done: ResultsFolder, named: Path, detector: Detector) -> None:
    rows = {name: pq.read_table(done.path / name).to_pylist() for name in ("findings", "images", "times")}
    images = {row["image_id"]: row for row in rows["images"]}
    verdicts = set()
    for image in read_dataset(open_source(named)).images:
        if image.name in BROKEN:
            continue
        truth, picture = GroundTruth.of(image.objects), load_image(named / image.file)
        one = archive.from_json(archive.to_json(examine_image(detector, Trace(detector.model, picture.pixels), truth)))
        found = [row for row in rows["findings"] if row["image_id"] == image.name]
        assert_same(found, images[image.name], one, truth, detector)
        assert images[image.name]["sha256"] == picture.sha256
        assert {row["stage"] for row in rows["times"] if row["image_id"] == image.name} == {
            *one.ms,
            "decode",
            "examine",
        }
        verdicts |= {row["verdict"] for row in found}
    assert {"found", "ignored", "unknown class", "background"} < verdicts


def assert_same(found: list[dict], row: dict, one: Examination, truth: GroundTruth, detector: Detector) -> None:
    objects, alarms = found[: len(truth)], found[len(truth) :]
    assert [(o["number"], o["class"], o["verdict"], o["sentence"], o["near"], o["stage"]) for o in objects] == [
        (number, name, finding.verdict.value, finding.sentence, finding.neighbour, LOST_AT.get(finding.verdict))
        for number, (name, finding) in enumerate(zip(truth.names, one.findings, strict=True))
    ]
    for name in ("iou", "score"):
        assert torch.equal(column(objects, name), torch.tensor([getattr(f, name) for f in one.findings]))
    assert torch.equal(column(objects, "ious").reshape(one.ious.shape), one.ious)
    assert torch.equal(column(objects, "size"), one.sizes)
    assert torch.equal(corners(objects), truth.boxes_in_image)
    assert [(a["what"], a["number"], a["verdict"], a["near"]) for a in alarms] == [
        ("false alarm", alarm.detection, alarm.mistake.value, alarm.object) for alarm in one.alarms
    ]
    places = [alarm.detection for alarm in one.alarms]
    assert torch.equal(corners(alarms), one.detections[places])
    assert torch.equal(column(alarms, "score"), one.scores[places])
    assert [a["class"] for a in alarms] == [detector.classes[label] for label in one.labels[places].tolist()]
    counts = (int(one.counted.sum()), one.missed, len(one.alarms), truth.left_out)
    assert tuple(row[name] for name in ("objects", "missed", "false_alarms", "left_out")) == counts
    assert row["found"] + row["missed"] == row["objects"]
    assert torch.equal(corners(row["detections"]), one.detections)
    assert [d["label"] for d in row["detections"]] == one.labels.tolist()
    assert [d["ignored"] for d in row["detections"]] == one.ignored.tolist()
    assert torch.equal(corners(row["truth"]), truth.boxes_in_image)
    assert (row["problem"], row["tags"]) == (None, [])


def column(rows: list[dict], name: str) -> torch.Tensor:
    return torch.tensor([row[name] for row in rows], dtype=torch.float32)


def corners(rows: list[dict]) -> torch.Tensor:
    return torch.tensor([[row[name] for name in ("x0", "y0", "x1", "y1")] for row in rows]).reshape(-1, 4)


def test_what_cannot_be_examined_is_a_row_with_its_sentence(done: ResultsFolder) -> None:
    rows = {row["image_id"]: row for row in pq.read_table(done.path / "images").to_pylist()}
    assert len(rows) == PICTURES + len(BROKEN)
    told = {name: row["problem"] for name, row in rows.items() if row["problem"]}
    assert set(told) == set(BROKEN)
    assert told["broken.png"].startswith("broken.png is no JPEG")
    assert "3,000 x 1 pixels is too thin" in told["thin.png"]
    assert told["square.png"].startswith("The memory ran out on square.png")
    assert all(rows[name]["detections"] is None for name in BROKEN)


def test_pictures_may_be_at_an_address(named: Path, detector: Detector) -> None:
    (picture,) = named.rglob("s00.png")
    paths = {
        "a": str(picture),
        "b": f"file://{picture}",
        "c": "nowhere://x/y.png",
        "d": "file:///no/there.png",
        "e": None,
    }
    rows = [{"image_id": name, "path": path, "objects": [], "tags": [("week", "7")]} for name, path in paths.items()]
    batch = pa.RecordBatch.from_pylist(rows, REFERENCES)
    told: list[tuple[int, tuple[str, ...]]] = []
    examiner = Examiner(detector, Settings.of(detector.model))
    (found,) = examine_batches([batch], examiner, tell=lambda done, at: told.append((done, at)))
    images = found["images"].to_pylist()
    assert images[0] | {"image_id": "b", "path": paths["b"]} == images[1]
    assert images[0]["sha256"] == load_image(picture).sha256
    assert images[0]["tags"] == [("week", "7")]
    assert [image["problem"] is None for image in images] == [True, True, False, False, False]
    assert images[2]["problem"].startswith("c cannot be read from nowhere://x/y.png")
    assert told == [(0, ("a",)), (0, ("a", "b")), (1, ("b", "c")), (2, ("c", "d")), (3, ("d", "e"))]


def test_two_runs_write_the_same_bytes_and_the_second_one_nothing(
    done: ResultsFolder, named: Path, detector: Detector, tmp_path: Path
) -> None:
    other, shards = run(named, tmp_path / "out", detector)
    assert shards == 4
    assert contents(other) == contents(done)
    assert run(named, tmp_path / "out", detector)[1] == 0


def test_only_what_changed_is_examined_again(detector: Detector, tmp_path: Path) -> None:
    named, out = write_set(tmp_path / "files", 8), tmp_path / "out"
    folder, shards = run(named, out, detector)
    before = contents(folder)
    (picture,) = named.rglob("s03.png")
    with Image.open(picture) as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(picture)
    assert run(named, out, detector)[1] == 1
    after = contents(folder)
    assert len(set(before) - set(after)) == len(set(after) - set(before)) == 2
    assert run(named, out, detector, box_score_thresh=0.5)[1] == shards
    assert set(contents(folder)).isdisjoint(after)


def test_the_cheapest_fix_of_each_miss_is_kept(detector: Detector, tmp_path: Path) -> None:
    named, changes = write_set(tmp_path / "files", 1), {"box_detections_per_img": 2}
    folder, _ = run(named, tmp_path / "out", detector, fixes=True, **changes)
    rows = [row for row in pq.read_table(folder.path / "findings").to_pylist() if row["image_id"] == "s00.png"]
    (image,) = (image for image in read_dataset(open_source(named)).images if image.name == "s00.png")
    picture, truth = load_image(named / image.file), GroundTruth.of(image.objects)
    settings, memory = Settings.of(detector.model).replace(**changes), Memory(2**28)

    def trace_of(at: Settings) -> Trace:
        return Trace(detector.model, picture.pixels, at, memory=memory, image_key="picture")

    told = 0
    for row, finding in zip(rows, examine_image(detector, trace_of(settings), truth).findings, strict=False):
        found = fixes(trace_of, settings, row["number"], finding.verdict, truth, detector.classes)
        expected = [(one.name, one.before, one.after, one.false_alarms, one.found) for one in found[:1]]
        names = ("fix", "fix_before", "fix_after", "fix_false_alarms", "fix_found")
        assert tuple(row[name] for name in names) == (expected[0] if expected else (None,) * 5)
        told += len(expected)
    assert told
    assert all(row["fix"] is None for row in rows[len(truth) :])
