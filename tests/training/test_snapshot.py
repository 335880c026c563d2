"""What a run learns from: fixed when it starts, split by content, and no longer anybody else's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Object
from frcnn_viz.data.formats.voc import write_voc
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.models.registry import load_detector
from frcnn_viz.models.variant import Variant
from frcnn_viz.pipeline.transform import resize, transform_at
from frcnn_viz.training.pictures import network_size, shrink, store_pictures
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.run import Run
from frcnn_viz.training.sets import open_set
from frcnn_viz.training.snapshot import Snapshot, samples_of, split, take
from tests.pictures import picture

RUN = Run("x", Recipe(steps=5), Variant("street-c4", classes=("cell", "speck")), validation=0.0)


def write_picture(folder: Path, name: str, seed: int, *objects: Object) -> None:
    """A noisy picture of 80 x 60, and its VOC file where there are objects."""
    (folder / name).write_bytes(picture(seed, 80, 60))
    if objects:
        annotated = AnnotatedImage(name, objects, 80, 60)
        (folder / name).with_suffix(".xml").write_bytes(write_voc(annotated))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "set"
    made.mkdir()
    for n in range(6):
        write_picture(made, f"{n}.png", n, Object((10.0, 10.0, 40.0, 30.0), "cell"))
    return made


HASHES = st.lists(st.integers(0, 10**9).map(lambda n: hashlib.sha256(str(n).encode()).hexdigest()), unique=True)


@given(HASHES, st.data(), st.integers(0, 2**31 - 1), st.floats(0, 0.9))
def test_a_new_picture_moves_no_other(hashes: list[str], data: st.DataObject, seed: int, part: float) -> None:
    fewer = [one for one in hashes if data.draw(st.booleans())]
    parts = dict(zip(hashes, split(hashes, seed, part), strict=True))
    assert split(fewer, seed, part) == [parts[one] for one in fewer]
    larger = dict(zip(hashes, split(hashes, seed, 0.9), strict=True))
    assert all(larger[one] == "validation" for one, where in parts.items() if where == "validation")


def test_the_part_kept_apart_is_as_large_as_asked_and_the_seeds() -> None:
    hashes = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(4000)]
    assert split(hashes, 0, 0.25).count("validation") == pytest.approx(1000, abs=100)
    assert split(hashes, 0, 0.25) != split(hashes, 1, 0.25)
    assert "validation" not in split(hashes, 0, 0.0)


def test_a_list_comes_back_from_json(folder: Path) -> None:
    taken = take(replace(RUN, data=str(folder), validation=0.5, split_seed=3))
    assert len(taken.pictures) == 6
    assert Snapshot.from_dict(json.loads(json.dumps(taken.to_dict()))) == taken


def test_samples_are_the_pictures_at_the_networks_size(folder: Path, tmp_path: Path) -> None:
    """Boxes scaled alike; no crowds, no difficult ones, no other classes; pictures without objects are there."""
    odd = (
        Object((0.0, 0.0, 80.0, 60.0), "speck"),
        Object((0.0, 0.0, 9.0, 9.0), "cell", difficult=True),
        Object((5.0, 5.0, 5.0, 9.0), "cell"),
        Object((5.0, 5.0, 9.0, 9.0), "dust"),
    )
    write_picture(folder, "6.png", 6, *odd)
    write_picture(folder, "7.png", 7)
    taken = take(replace(RUN, data=str(folder)))
    opened = open_set(str(folder))
    wanted = [(one.sha256, image) for one, image in zip(taken.pictures, opened.dataset.images, strict=True)]
    file, lacking = store_pictures(tmp_path / "kept", opened, wanted, 30, 60)
    samples = samples_of(taken.pictures, file, RUN.classes)
    assert lacking == {}
    assert [picture.shape for picture in samples.images] == [(3, 30, 40)] * 8
    assert samples.boxes[0].tolist() == [[5, 5, 20, 15]]
    assert samples.boxes[6].tolist() == [[0, 0, 40, 30]]
    assert samples.labels[6].tolist() == [2]
    assert samples.boxes[7].shape == (0, 4)
    with Image.open(folder / "7.png") as picture:
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
    assert torch.equal(torch.from_numpy(np.array(samples.images[7])), shrink(pixels, 30, 60))


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 800), st.integers(0, 800))
def test_the_detectors_own_resize_leaves_a_picture_as_it_is(height: int, width: int, low: int, more: int) -> None:
    size = network_size((height, width), low, low + more)
    assert network_size(size, low, low + more) == size
    scale = min(low / min(size), (low + more) / max(size))
    assert scale == 1.0
    assert (height <= width) == (size[0] <= size[1]) or size[0] == size[1]


def test_a_picture_is_shrunk_as_the_detector_would() -> None:
    model = load_detector("street-c4", "cpu").model
    pixels = torch.randint(0, 256, (3, 480, 640), dtype=torch.uint8)
    theirs = resize(transform_at(model, 240, 427), pixels.float())
    assert (shrink(pixels, 240, 427).float() - theirs).abs().max() <= 0.5
    assert shrink(pixels, 480, 640) is pixels


def gone(folder: Path) -> None:
    (folder / "2.png").unlink()


def changed(folder: Path) -> None:
    write_picture(folder, "2.png", 99)


@pytest.mark.parametrize("change", [gone, changed])
def test_a_set_that_is_edited_before_it_is_read_is_told(
    folder: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    taken, opened = take(replace(RUN, data=str(folder))), open_set(str(folder))
    wanted = [(one.sha256, image) for one, image in zip(taken.pictures, opened.dataset.images, strict=True)]
    change(folder)
    file, lacking = store_pictures(tmp_path / "kept", opened, wanted, 30, 40)
    assert list(lacking) == [taken.pictures[2].sha256]
    assert "2.png" in lacking[taken.pictures[2].sha256]
    left = taken.without(lacking)
    assert len(left.pictures) == len(samples_of(left.pictures, file, RUN.classes)) == 5
    assert left.told[-1].startswith("2.png") or "2.png" in left.told[-1]
    again = [one for one in wanted if one[0] not in lacking]
    assert store_pictures(tmp_path / "kept", opened, again, 30, 40)[0].path == file.path


def test_a_set_that_is_removed_once_it_was_read_changes_nothing(folder: Path, tmp_path: Path) -> None:
    taken, opened = take(replace(RUN, data=str(folder))), open_set(str(folder))
    wanted = [(one.sha256, image) for one, image in zip(taken.pictures, opened.dataset.images, strict=True)]
    file, _ = store_pictures(tmp_path / "kept", opened, wanted, 30, 40)
    before = [np.array(image) for image in samples_of(taken.pictures, file, RUN.classes).images]
    for path in folder.iterdir():
        path.unlink()
    again, lacking = store_pictures(tmp_path / "kept", opened, wanted, 30, 40)
    assert lacking == {}
    for one, other in zip(before, samples_of(taken.pictures, again, RUN.classes).images, strict=True):
        assert np.array_equal(one, other)


def test_what_is_cut_off_or_damaged_is_no_picture_file(folder: Path, tmp_path: Path) -> None:
    taken, opened = take(replace(RUN, data=str(folder))), open_set(str(folder))
    wanted = [(one.sha256, image) for one, image in zip(taken.pictures, opened.dataset.images, strict=True)]

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store_pictures(tmp_path / "kept", opened, wanted, 30, 40, stop)
    assert list((tmp_path / "kept").iterdir()) == []
    file, _ = store_pictures(tmp_path / "kept", opened, wanted, 30, 40)
    file.path.write_bytes(file.path.read_bytes()[:-1])
    assert not file.is_here
    assert store_pictures(tmp_path / "kept", opened, wanted, 30, 40)[0].is_here


def test_a_full_disk_is_told(folder: Path, tmp_path: Path) -> None:
    taken, opened = take(replace(RUN, data=str(folder))), open_set(str(folder))
    wanted = [(one.sha256, image) for one, image in zip(taken.pictures, opened.dataset.images, strict=True)]
    (tmp_path / "kept").write_text("in the way")
    with pytest.raises(TrainingError, match="cannot be kept"):
        store_pictures(tmp_path / "kept", opened, wanted, 30, 40)


def test_sets_that_teach_nothing_are_told(folder: Path) -> None:
    run = replace(RUN, data=str(folder))
    with pytest.raises(TrainingError, match="these have cell"):
        take(replace(run, detector=replace(run.detector, classes=("car",))))
    for path in folder.glob("*.xml"):
        path.unlink()
    with pytest.raises(TrainingError, match="no object is on the pictures"):
        take(run)
    for n in range(1, 6):
        (folder / f"{n}.png").unlink()
    with pytest.raises(TrainingError, match="has 1 picture that can be used"):
        take(replace(run, validation=0.2))
    with pytest.raises(DataError, match="is not there"):
        take(replace(run, data=str(folder / "nowhere")))


def test_one_picture_without_a_part_kept_apart_is_a_set(folder: Path) -> None:
    for n in range(1, 6):
        (folder / f"{n}.png").unlink()
        (folder / f"{n}.xml").unlink()
    assert len(take(replace(RUN, data=str(folder))).pictures) == 1


def test_lists_tell_the_parts(folder: Path, tmp_path: Path) -> None:
    """By stem, by name, and as VOC's lists of one class have it."""
    train, apart = tmp_path / "train.txt", tmp_path / "val.txt"
    train.write_text("0 -1\n1.png\n\n2\n")
    apart.write_text("3\n")
    run = replace(RUN, data=str(folder), train_list=str(train), validation_list=str(apart))
    parts = {one.name: one.part for one in take(run).pictures}
    assert parts == {"0.png": "train", "1.png": "train", "2.png": "train", "3.png": "validation"}
    rest = {one.name: one.part for one in take(replace(run, train_list="")).pictures}
    assert rest == {f"{n}.png": "validation" if n == 3 else "train" for n in range(6)}
    apart.write_text("2\n")
    with pytest.raises(TrainingError, match=r"2\.png is in both lists"):
        take(run)
    apart.write_text("elsewhere\n")
    with pytest.raises(TrainingError, match="names 'elsewhere'"):
        take(run)
    with pytest.raises(TrainingError, match="check the path of the list"):
        take(replace(run, train_list=str(tmp_path / "none.txt")))


def test_scenes_and_the_workspace_are_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    run = replace(RUN, data="scenes:3:7", detector=Variant("street-c4"))
    taken = take(run)
    assert [one.name for one in taken.pictures] == ["scene-7.png", "scene-8.png", "scene-9.png"]
    assert taken == take(run)
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    workspace = Workspace(tmp_path / "workspace")
    workspace.add((folder / "0.png").read_bytes(), "mine.png", [Object((1.0, 2.0, 30.0, 40.0), "cell")])
    (picture,) = take(replace(RUN, data="workspace")).pictures
    assert (picture.name, picture.objects[0].label) == ("mine.png", "cell")
    for wrong in ("scenes", "scenes:", "scenes:0", "scenes:x", "scenes:1:2:3", "scenes:99999999"):
        with pytest.raises(TrainingError, match="scenes"):
            take(replace(run, data=wrong))
