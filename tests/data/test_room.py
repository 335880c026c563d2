"""What a workspace may hold is never passed, whoever writes; what is refused changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from frcnn_viz.analysis.archive import Archive
from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.formats import read_dataset
from frcnn_viz.data.importing import import_source
from frcnn_viz.data.room import FullError, Room
from frcnn_viz.data.sources import from_bytes
from frcnn_viz.data.tenant import Limits, Tenant, acting_as
from frcnn_viz.data.workspace import BESIDE, Workspace
from frcnn_viz.models.own import add_checkpoint, checkpoints
from frcnn_viz.models.registry import ENTRIES
from frcnn_viz.models.variant import Variant
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.training.experiment import Arm, Experiment
from frcnn_viz.training.experiments import start as start_experiment
from frcnn_viz.training.process import start
from frcnn_viz.training.recipe import Recipe, TrainingError
from frcnn_viz.training.room import kept_bytes
from frcnn_viz.training.run import Run
from frcnn_viz.training.snapshot import split, take
from frcnn_viz.training.store import RunFolder, all_runs
from frcnn_viz.training.trainer import Trainer
from tests.data.videos import pictures, write_video
from tests.pictures import square

FULL = r"^Your workspace is full: \d+\.\d of its \d+ MB are left, and this needs \d+\.\d MB\. Remove"


def files(folder: Path) -> dict[str, bytes]:
    """All that is in a folder but for locks."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def total(folder: Path) -> int:
    """The slow twin of `Room.held`: each file once, whatever names it has."""
    return sum({path.stat().st_ino: path.stat().st_size for path in folder.rglob("*") if path.is_file()}.values())


def test_what_is_held_is_counted_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, Limits(images=9))
    assert workspace.room.held().images == 0
    keys = [workspace.add(square(seed), f"{seed}.png")[0] for seed in range(3)]
    for step in range(3):  # of which the last but one has two names for one file
        workspace.save(keys[0], [Object((0.0, 0.0, 4.0 + step, 4.0), "car")])
    workspace.clips.add(write_video(tmp_path / "a.mp4", pictures(3)).read_bytes(), "a.mp4")
    held = Room(tmp_path).held()
    assert (held.images, held.nbytes) == (4, total(tmp_path))
    assert workspace.room.held().images == 4


@pytest.fixture
def full(tmp_path: Path) -> Workspace:
    """A workspace that takes two pictures or clips, and has them."""
    workspace = Workspace(tmp_path / "full", Limits(images=2))
    for seed in range(2):
        workspace.add(square(seed), f"{seed}.png")
    return workspace


def test_one_picture_too_many_changes_nothing(full: Workspace, tmp_path: Path) -> None:
    before = files(full.folder)
    told = "^Your workspace is full: it holds 2 of 2 pictures and clips. Remove one"
    with pytest.raises(FullError, match=told):
        full.add(square(2), "2.png")
    with pytest.raises(FullError, match=told):
        full.clips.add(write_video(tmp_path / "a.mp4", pictures(2)).read_bytes(), "a.mp4")
    assert files(full.folder) == before
    assert full.add(square(0), "again.png", [Object((0.0, 0.0, 4.0, 4.0), "car")]) == (full.ids[0], False)
    assert [len(item.objects) for item in full.items()] == [1, 0]


def test_a_removed_picture_gives_its_place_to_another(full: Workspace) -> None:
    gone = full.ids[0]
    full.save(gone, [Object((0.0, 0.0, 4.0, 4.0), "car")])
    full.save(gone, [])
    full.remove(gone)
    assert not [name for name in files(full.folder) if gone in name or name.startswith("removed")]
    assert full.add(square(2), "2.png")[1]


def test_a_removed_clip_gives_its_place_to_another(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "one", Limits(images=1))
    key, _ = workspace.clips.add(write_video(tmp_path / "a.mp4", pictures(2)).read_bytes(), "a.mp4")
    workspace.clips.save(key, 0, [Object((0.0, 0.0, 4.0, 4.0), "car")])
    workspace.clips.remove(key)
    assert not [name for name in files(workspace.folder) if name.startswith(("clips", "removed"))]
    assert workspace.add(square(0), "0.png")[1]


def test_what_cannot_be_deleted_is_told(full: Workspace, tmp_path: Path) -> None:
    key = full.ids[0]
    (full.folder / "images" / f"{key}.odd").mkdir()
    with pytest.raises(DataError, match=f"files of image {key} cannot be taken out of"):
        full.remove(key)
    workspace = Workspace(tmp_path / "clips", Limits(images=1))
    key, _ = workspace.clips.add(write_video(tmp_path / "a.mp4", pictures(2)).read_bytes(), "a.mp4")
    (workspace.clips.folder / f"{key}.odd").mkdir()
    with pytest.raises(DataError, match=f"files of clip {key} cannot be taken out of"):
        workspace.clips.remove(key)


def test_of_an_import_all_that_fits_is_kept_and_the_rest_is_counted(full: Workspace) -> None:
    full.remove(full.ids[0])
    source = from_bytes({f"{seed}.png": square(seed) for seed in range(1, 5)})  # of which the first is there
    done = import_source(full, source, read_dataset(source))
    assert (len(done.added), len(done.known), done.problems) == (1, 1, ())
    assert [sentence.split(". ")[0] for sentence in done.full] == ["2 pictures were left out"]


def test_two_tabs_at_once_do_not_pass_the_limits(tmp_path: Path) -> None:
    limits = Limits(images=3, nbytes=400_000)
    tabs = [Workspace(tmp_path, limits) for _ in range(2)]

    def add(seed: int) -> None:
        with suppress(FullError):
            tabs[seed % 2].add(square(seed, 128), f"{seed}.png")  # 50 kB

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(12)))
    assert len(tabs[0].ids) == 3
    assert total(tmp_path) <= limits.nbytes


def test_bytes_are_counted_of_drawings_too(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, Limits(nbytes=BESIDE + 20_000))
    key, _ = workspace.add(square(0), "0.png")
    objects: list[Object] = []
    while workspace.room.limits.nbytes - total(tmp_path) > 150 * len(objects):
        objects.append(Object((float(len(objects)), 0.0, len(objects) + 4.0, 4.0), "car"))
        workspace.save(key, objects)
    before = files(tmp_path), workspace.item(key)
    with pytest.raises(FullError, match=FULL):
        workspace.save(key, [*objects, *objects])
    assert (files(tmp_path), workspace.item(key)) == before
    assert total(tmp_path) <= workspace.room.limits.nbytes
    with pytest.raises(FullError):
        workspace.rename_class("car", "lorry" * 12)
    assert (files(tmp_path), workspace.classes) == (before[0], ("car",))


def test_without_limits_nothing_is_refused_or_deleted(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    key, _ = workspace.add(square(0), "0.png")
    workspace.remove(key)
    assert f"removed/{key}.png" in files(tmp_path)
    assert not (tmp_path / ".room.lock").exists()


# --- what others write


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Workspace]:
    """Two pictures with a car on each, in a workspace that has 4 MB more; it is the tenant's."""
    workspace = Workspace(tmp_path / "small")
    for seed in range(2):
        workspace.add(square(seed, 48), f"{seed}.png", [Object((8.0, 8.0, 32.0, 32.0), "car")])
    one = Tenant(workspace.folder, Limits(nbytes=total(workspace.folder) + 4_000_000), opens_paths=False)
    with acting_as(one):
        yield workspace


def small_run(**changes: object) -> Run:
    detector = Variant("street-c4", classes=("car",), min_size=48, max_size=64)
    return replace(Run("small", Recipe(2, batch=1, half=False), detector, validation=0.0, device="cpu"), **changes)


def test_a_checkpoint_for_which_there_is_no_room_is_refused(small: Workspace, tmp_path: Path) -> None:
    base, before = ENTRIES["street-fpn"], files(small.folder)
    with pytest.raises(WeightsError, match=FULL):
        add_checkpoint(base.file, base)
    assert files(small.folder) == before
    with acting_as(Tenant(small.folder, Limits(nbytes=100_000_000))):
        add_checkpoint(base.file, base)
        assert len(checkpoints(ENTRIES, small.folder)) == 1


def test_a_run_that_would_keep_too_much_does_not_start(small: Workspace) -> None:
    with pytest.raises(FullError, match=FULL):
        start(small_run())
    arms = Arm("slow", {"recipe": {"learning_rate": 0.001}}), Arm("quick", {"recipe": {"learning_rate": 0.002}})
    hashes = [picture.sha256 for picture in take(small_run()).pictures]
    seed = next(seed for seed in range(99) if len(set(split(hashes, seed, 0.5))) == 2)
    with pytest.raises(FullError, match=FULL):
        start_experiment(Experiment(small_run(split_seed=seed, validation=0.5), arms))
    assert not all_runs()
    assert not (small.folder / "experiments").exists()


def test_what_a_run_keeps_is_known_before_and_bounded_while_it_goes_on(small: Workspace) -> None:
    run = small_run(parts="predictor", keep_every=1)
    snapshot = take(run)
    kept, beside = kept_bytes(run, snapshot)
    folder = RunFolder.create(run, snapshot)
    with pytest.raises(TrainingError, match=FULL):
        Trainer(folder).go()
    assert not folder.steps
    with acting_as(Tenant(small.folder, Limits(nbytes=total(small.folder) + kept + beside + 50_000))):
        Trainer(folder).go()
        assert list(folder.steps) == [0, 1, 2]
        written = sum(path.stat().st_size for path in (*folder.steps.values(), folder.path / "still.safetensors"))
        assert 0.95 * kept < written <= kept
        assert (folder.path / "state.pt").stat().st_size <= beside


def test_an_archive_has_its_share_and_the_oldest_gives_way(tmp_path: Path) -> None:
    limits = Limits(nbytes=1_000_000)
    archive = Archive(tmp_path / "examined.sqlite", str, str, limits)
    for key in range(40):
        archive.put(str(key), f"{key}" * 5_000)
    assert archive.path.stat().st_size <= limits.nbytes / 10
    found = archive.get(map(str, range(40)))
    assert "39" in found
    assert "0" not in found
    assert 3 <= len(found) < 20
    torch.save(torch.zeros(250_000), tmp_path / "rest.pt")  # 1 MB
    archive.put("40", "late")
    assert not archive.get(["40"])
