"""A clip's frame on the pages: by link, with its neighbours, drawn or of a video, and what is not there."""

from __future__ import annotations

import pytest
import torch

from frcnn_viz.data.annotations import Object
from frcnn_viz.data.clips import find_clip
from frcnn_viz.ui import library, session
from frcnn_viz.ui.edits import Edit
from frcnn_viz.ui.panes.draw_frame import keep
from tests.data.videos import pictures, write_video
from tests.pages.opening import open_app, open_page, seen

PLACES = ("rois", "proposals", "autopsy/this_picture", "training/sampling", "images/draw")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A video among yours: the key of its first frame."""
    path = write_video(tmp_path_factory.mktemp("video") / "street.mp4", pictures(5, 96, 128))
    return library.add(path.read_bytes(), path.name)


@pytest.mark.parametrize("place", PLACES)
def test_a_frame_opens_by_link(place: str) -> None:
    test = open_page(place, image="clip:crossing@7")
    assert seen(test).image == "clip:crossing@7"
    assert not test.error


@pytest.mark.parametrize("place", PLACES)
def test_a_videos_frame_opens_without_ground_truth(place: str, video: str) -> None:
    frame = video.replace("@0", "@3")
    test = open_page(place, image=frame)
    assert seen(test).image == frame
    assert not test.error


def test_a_clip_alone_is_its_first_frame() -> None:
    assert seen(open_page("input", image="clip:crossing")).image == "clip:crossing@0"


@pytest.mark.parametrize("image", ["clip:crossing@30", "clip:crossing@x", "clip:nothing@0", "clip:"])
def test_what_is_not_there_gives_way_to_a_sample(image: str) -> None:
    assert seen(open_page("input", image=image)).image == "first-street"


def test_the_sidebar_names_the_clip_and_steps_through_its_frames(video: str) -> None:
    test = open_app(image="clip:crossing@28")
    choice = test.sidebar.selectbox(key="choose_image")
    assert choice.value == "clip:crossing"
    assert {"Clip: Street crossing", "Clip: Evening traffic", "Clip: street.mp4"} <= set(choice.options)
    assert "Frame 28 of 0 to 29, at 2.80 s." in [caption.value for caption in test.sidebar.caption]
    for frame in (29, 0):
        test.sidebar.button(key="next").click().run()
        assert seen(test).image == f"clip:crossing@{frame}"
    test.sidebar.button(key="previous").click().run()
    assert seen(test).image == "clip:crossing@29"
    test.sidebar.selectbox(key="choose_image").select(video.removesuffix("@0")).run()
    assert seen(test).image == video
    assert not test.exception
    test.sidebar.button(key="open_clip:crossing").click().run()
    assert seen(test).image == "clip:crossing@0"


def test_what_is_looked_at_and_what_the_code_opens_is_the_frame() -> None:
    test = open_page("input", image="clip:crossing@7")
    here, clip = session.of(seen(test)), find_clip("crossing")
    assert (here.clip.name, here.frame, here.item) == ("crossing", 7, None)
    assert torch.equal(here.image.pixels, clip.frame(7).pixels)
    assert torch.equal(here.ground_truth.boxes_in_image, clip.truth(7).boxes_in_image)
    names: dict[str, torch.Tensor] = {}
    exec(open_page("input/code", image="clip:crossing@7").code[0].value, names)
    assert torch.equal(names["image"], here.image.tensor)


def test_boxes_of_a_frame_are_carried_to_the_next_and_are_the_same_things(video: str) -> None:
    name = video.removeprefix("clip:").partition("@")[0]
    clips = library.workspace().clips
    car = Object((10.0, 10.0, 60.0, 40.0), "car")
    clips.save(name, 1, [car, car])
    test = open_page("images/draw", image=f"clip:{name}@1")
    test.button(key="draw_carry").click().run()
    assert not test.exception
    assert seen(test).image == f"clip:{name}@2"
    first, second = (clips.objects(name, frame) for frame in (1, 2))
    assert first == second
    assert [one.identity for one in first] == ["car-1", "car-2"]
    keep(session.of(seen(test)), Edit((second[1],), ("car", "van"), "1"))
    test = open_page("images/draw", image=f"clip:{name}@1")
    test.button(key="draw_carry").click().run()  # what was taken away comes back, what is there stays
    assert [one.identity for one in clips.objects(name, 2)] == ["car-2", "car-1"]
    assert test.button(key="draw_carry")
    assert open_page("images/draw", image=f"clip:{name}@4").button(key="draw_carry").disabled


def test_a_clip_is_removed_and_another_picture_shown(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write_video(tmp_path_factory.mktemp("video") / "gone.mp4", pictures(3, 96, 128))
    key = library.add(path.read_bytes(), path.name)
    name = key.removeprefix("clip:").partition("@")[0]
    test = open_page("images/draw", image=key)
    test.button(key="remove_clip").click().run()
    assert not test.exception
    assert name not in library.workspace().clips.ids()
    assert seen(test).image == "first-street"
