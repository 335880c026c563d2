"""Clips: drawn ones and those of a workspace behind one interface; what is drawn on frames; export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.clip_files import ClipFiles, carry
from frcnn_viz.data.clips import find_clip, find_frame, is_clip, split_key
from frcnn_viz.data.formats import read_dataset, write_dataset
from frcnn_viz.data.recent import looked_at, recent
from frcnn_viz.data.sample_clips import SAMPLE_CLIPS
from frcnn_viz.data.sources import open_source
from frcnn_viz.data.video import probe
from frcnn_viz.data.workspace import Workspace
from tests.data.videos import COUNT, pictures, write_sound, write_video

CAR, BIRD = Object((1, 2, 20, 30), "car"), Object((5, 5, 9, 9), "bird")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_video(tmp_path_factory.mktemp("video") / "a.mp4", pictures()).read_bytes()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.mark.parametrize("name", SAMPLE_CLIPS)
def test_a_drawn_clip_knows_all_of_every_frame(name: str) -> None:
    clip = find_clip(name)
    assert clip.times == pytest.approx([number / 10 for number in range(clip.count)])
    known = {identity for frame in range(clip.count) for identity in clip.identities(frame)}
    for frame in range(clip.count):
        truth, visible = clip.truth(frame), clip.visible(frame)
        assert len(truth) == len(clip.identities(frame)) == len(set(clip.identities(frame)))
        assert {identity for identity, share in visible.items() if share} == set(clip.identities(frame))
        assert set(visible) <= known
        shares = torch.tensor([visible[identity] for identity in clip.identities(frame)])
        assert bool((truth.difficult | (shares >= 0.35)).all())
    image = clip.frame(7)
    assert image.size == clip.size == (480, 640)
    assert image.notes == (f"Frame 7 of 0 to {clip.count - 1}, at 0.70 s.",)


def test_frames_have_the_digest_of_their_pixels() -> None:
    clip = find_clip("crossing")
    assert clip.frame(3).sha256 == find_clip("crossing").frame(3).sha256 != clip.frame(4).sha256


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("clip:crossing@7", ("crossing", 7)),
        ("clip:crossing", ("crossing", 0)),
        ("clip:crossing@", ("crossing", 0)),
        ("clip:crossing@-1", None),
        ("clip:crossing@seven", None),
        ("clip:crossing@\N{ARABIC-INDIC DIGIT SEVEN}", None),
        ("crossing@7", None),
    ],
)
def test_keys(key: str, parts: tuple[str, int] | None) -> None:
    assert split_key(key) == parts


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("clip:crossing@30", "Street crossing has no frame 30; its frames are 0 to 29"),
        ("clip:crossing@" + "9" * 5_000, "Street crossing has no frame 999999999"),
        ("clip:nothing@0", "no longer in the workspace"),
        ("clip:../../x@0", "no longer in the workspace"),
        ("clip:" + "0" * 16 + "@0", "no longer in the workspace"),
        ("clip:crossing@x", "no longer in the workspace"),
    ],
)
def test_what_is_not_there_is_told(key: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path))
    with pytest.raises(DataError, match=told):
        find_frame(key)


def test_a_video_is_kept_as_it_came_with_what_is_in_it(workspace: Workspace, video: bytes) -> None:
    key, is_new = workspace.clips.add(video, "street.mp4")
    assert is_new
    assert workspace.clips.add(video, "again.mp4") == (key, False)
    assert workspace.clips.video_path(key).read_bytes() == video
    assert workspace.clips.clip(key).facts == probe(workspace.clips.video_path(key), "street.mp4")
    assert Workspace(workspace.folder).clips.ids() == (key,)
    assert workspace.ids == ()
    clip = find_clip(key, workspace.folder)
    assert (clip.title, clip.count, clip.truth(3), clip.identities(3), clip.visible(3)) == (
        *("street.mp4", COUNT),
        *(None, (), {}),
    )
    assert clip.frame(3).size == clip.size == (48, 64)
    assert clip.frame(3).name == "street-0003.png"


def test_what_is_no_video_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    for content in (b"text", write_sound(tmp_path / "sound.mp4").read_bytes()):
        with pytest.raises(DataError, match=r"clip\.mp4"):
            workspace.clips.add(content, "clip.mp4")
    assert not [path for path in workspace.clips.folder.iterdir() if path.suffix != ".lock"]
    with pytest.raises(DataError, match=r"no\.mp4 cannot be read"):
        workspace.clips.add_path(tmp_path / "no.mp4")


def test_boxes_are_carried_and_corrected(workspace: Workspace, video: bytes) -> None:
    key, _ = workspace.clips.add(video, "street.mp4")
    first = carry([CAR, BIRD, CAR])
    assert [one.identity for one in first] == ["car-1", "bird-1", "car-2"]
    assert carry(first) == first
    assert [one.identity for one in carry([first[2], CAR])] == ["car-2", "car-1"]
    workspace.clips.save(key, 4, first)
    moved = Object((3, 2, 22, 30), "car", identity="car-1")
    workspace.clips.save(key, 5, [moved, *carry(first)[1:]])
    clip = find_clip(key, workspace.folder)
    assert clip.identities(5) == ("car-1", "bird-1", "car-2") == clip.identities(4)
    assert clip.truth(5).boxes_in_image[0].tolist() == [3, 2, 22, 30]
    assert clip.visible(5) == {"car-1": 1.0, "bird-1": 1.0, "car-2": 1.0}
    assert clip.truth(6) is None
    assert workspace.clips.drawn(key) == (4, 5)
    assert Workspace(workspace.folder).clips.objects(key, 5)[0] == moved


def test_identities_stay_with_their_objects_where_one_cannot_be_used(workspace: Workspace, video: bytes) -> None:
    key, _ = workspace.clips.add(video, "street.mp4")
    flat = Object((5, 5, 5, 9), "bird", identity="bird-7")
    workspace.clips.save(key, 0, [flat, *carry([CAR])])
    clip = find_clip(key, workspace.folder)
    assert (clip.truth(0).names, clip.identities(0)) == (("car",), ("car-1",))


def test_frames_that_make_no_sense_are_refused(workspace: Workspace, video: bytes) -> None:
    key, _ = workspace.clips.add(video, "street.mp4")
    with pytest.raises(DataError, match="car-1 is on frame 0 twice"):
        workspace.clips.save(key, 0, [*carry([CAR]), *carry([CAR])])
    with pytest.raises(DataError, match="has no frame 24; its last is 23"):
        workspace.clips.save(key, COUNT, [CAR])


def test_a_removed_clip_stays_among_what_was_removed(workspace: Workspace, video: bytes) -> None:
    key, _ = workspace.clips.add(video, "street.mp4")
    workspace.clips.save(key, 0, [CAR])
    workspace.clips.remove(key)
    assert workspace.clips.ids() == ()
    (removed,) = (workspace.folder / "removed").iterdir()
    kept = {path.relative_to(removed).as_posix() for path in removed.rglob("*") if path.is_file()}
    assert kept == {f"{key}.mp4", f"{key}.json", f"{key}/annotations/0.json"}
    assert workspace.clips.add(video, "street.mp4") == (key, True)
    assert workspace.clips.objects(key, 0) is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"name": "a", "facts": {"times": [0]}}', '{"name": "a", "facts": 3}']
)
def test_damaged_facts_are_told(workspace: Workspace, video: bytes, content: str) -> None:
    key, _ = workspace.clips.add(video, "street.mp4")
    (workspace.clips.folder / f"{key}.json").write_text(content)
    with pytest.raises(DataError, match="damaged in the workspace"):
        workspace.clips.clip(key)
    assert workspace.clips.add(video, "street.mp4") == (key, True)  # which mends it
    (workspace.clips.folder / f"{key}.mp4").unlink()
    with pytest.raises(DataError, match=r"video of clip .* is missing"):
        find_clip(key, workspace.folder)


def test_frames_are_exported_with_their_ground_truth(tmp_path: Path) -> None:
    clip = find_clip("crossing")
    write_dataset(clip.dataset((2, 3)), "coco", tmp_path / "out", clip.picture)
    read = read_dataset(open_source(tmp_path / "out"))
    for frame, image in zip((2, 3), read.images, strict=True):
        assert [one.label for one in image.objects] == list(clip.truth(frame).names)
        boxes = torch.tensor([one.box for one in image.objects])
        assert torch.allclose(boxes, clip.truth(frame).boxes_in_image)
        with Image.open(tmp_path / "out" / image.file) as picture:
            assert picture.tobytes() == clip.frame(frame).image.tobytes()


def test_which_files_are_clips(video: bytes, tmp_path: Path) -> None:
    Image.new("P", (8, 8)).save(tmp_path / "still.gif")
    moving = write_video(tmp_path / "moving.gif", pictures(2)).read_bytes()
    assert is_clip(b"", "a.MP4")
    assert is_clip(moving, "a.gif")
    assert not is_clip((tmp_path / "still.gif").read_bytes(), "a.gif")
    assert not is_clip(b"GIF89a", "a.gif")
    assert not is_clip(video, "a.png")


def test_of_a_clip_looked_at_the_clip_is_kept(workspace: Workspace) -> None:
    for key in ("clip:crossing@3", "first-street", "clip:crossing@9", "clip:gone@0"):
        looked_at(workspace, key)
    assert recent(workspace) == ["clip:crossing", "first-street"]
    assert json.loads((workspace.folder / "recent.json").read_text())[0] == "clip:gone"


def test_clips_of_two_folders_are_apart(tmp_path: Path, video: bytes) -> None:
    first, second = ClipFiles(tmp_path / "a"), ClipFiles(tmp_path / "b")
    key, _ = first.add(video, "street.mp4")
    assert (first.ids(), second.ids()) == ((key,), ())
