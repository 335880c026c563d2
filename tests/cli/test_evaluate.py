"""`frcnn-viz evaluate --data`: COCO's figures of a detector on a set on disk."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from frcnn_viz import load_detector
from frcnn_viz.analysis.metrics import FIGURES, coco_report
from frcnn_viz.cli import cli
from frcnn_viz.data.annotations import AnnotatedImage, Dataset, Object
from frcnn_viz.data.formats import write_dataset
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import from_pil
from frcnn_viz.data.scenes import CLASSES, Scene, draw_scene

SCENES = {f"scene{number}.png": draw_scene(6_000 + number) for number in range(3)}


def objects(scene: Scene) -> tuple[Object, ...]:
    pairs = zip(scene.boxes_in_image.tolist(), scene.labels.tolist(), strict=True)
    return tuple(Object(tuple(box), CLASSES[label - 1]) for box, label in pairs)


def write(folder: Path, format: str, images: list[AnnotatedImage]) -> Path:
    def picture(image: AnnotatedImage) -> bytes:
        buffer = io.BytesIO()
        SCENES[image.name].image.save(buffer, "PNG")
        return buffer.getvalue()

    write_dataset(Dataset(tuple(images), CLASSES), format, folder, picture)
    return folder


def plain() -> list[AnnotatedImage]:
    return [AnnotatedImage(name, objects(scene), *scene.image.size) for name, scene in SCENES.items()]


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, ["evaluate", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("format", ["coco", "voc", "yolo", "cvat"])
def test_the_figures_are_those_of_the_plain_model(tmp_path: Path, format: str) -> None:
    detector = load_detector("street-c4", "cpu")
    with torch.inference_mode():
        found = [detector.model([from_pil(scene.image, "a").tensor])[0] for scene in SCENES.values()]
    truths = [GroundTruth.of(objects(scene)) for scene in SCENES.values()]
    expected = coco_report(found, truths, CLASSES)
    folder = write(tmp_path / "set", format, plain())
    told = json.loads(run("--model", "street-c4", "--device", "cpu", "--data", folder, "--json", "-").stdout)
    assert {name: told[name] for name in FIGURES} == pytest.approx(expected.figures, abs=1e-3)
    assert told["images"] == 3
    assert told["objects"] == sum(map(len, truths))
    assert set(told["per_class"]) == {name for truth in truths for name in truth.names}
    for name, of in told["per_class_and_size"].items():
        assert of["AP"] == told["per_class"][name] == pytest.approx(expected.per_class[name]["AP"], abs=1e-3)
        assert list(of) == list(FIGURES[:6])


def test_what_cannot_be_used_is_said_on_standard_error(tmp_path: Path) -> None:
    first, second, third = plain()
    flat = Object((5, 5, 5, 9), "car")
    stranger = Object((10, 10, 60, 60), "unicorn")
    images = [replace(first, objects=(flat, *first.objects)), replace(second, objects=(*second.objects, stranger))]
    folder = write(tmp_path / "set", "voc", [*images, third])
    (folder / "JPEGImages" / third.name).write_bytes(b"no picture")
    result = run("--data", folder, "--json", "-")
    told = json.loads(result.stdout)
    assert told["left_out"] == 1
    assert told["ignored_classes"] == {"unicorn": 1}
    assert told["images"] == 2
    assert told["objects"] == len(first.objects) + len(second.objects)
    words = " ".join(result.stderr.split())
    assert f"1 object of {first.name} without an area" in words
    assert "classes that street-fpn does not know by name: unicorn." in words
    assert f"{third.name} is no" in words


def test_a_list_takes_a_part_of_the_set(tmp_path: Path) -> None:
    folder, listed = write(tmp_path / "set", "coco", plain()), tmp_path / "val.txt"
    listed.write_text("scene2\nscene0.png\nnever\n")
    result = run("--data", folder, "--list", listed)
    assert "street-fpn on 2 images of" in " ".join(result.stdout.split())
    assert "names never, which" in " ".join(result.stderr.split())
    listed.write_text("never\n")
    with pytest.raises(ValueError, match="names no picture of"):
        run("--data", folder, "--list", listed)
    with pytest.raises(ValueError, match="say which with --data"):
        run("--list", listed)


def test_where_no_class_matches_that_is_the_answer(tmp_path: Path) -> None:
    images = [replace(image, objects=(Object((10, 10, 60, 60), "cell"),)) for image in plain()]
    with pytest.raises(ValueError, match=r"knows none of the classes of .* \(cell\).*it knows person, car"):
        run("--data", write(tmp_path / "set", "coco", images))
