"""The tools and their host: whose boxes stand, and how far back one can go, whenever an answer comes."""

from __future__ import annotations

from playwright.sync_api import Page

from frcnn_viz.canvas.scene import CanvasScene, Tools
from frcnn_viz.data.annotations import Object
from tests.canvas.host import Host, picture_url

PLACES = {"dog": 10.0, "cat": 90.0, "bird": 180.0}
DOG, CAT, BIRD = (Object((x, 10.0, x + 50, 60.0), label) for label, x in PLACES.items())
URL = picture_url(640, 480)


def scene(*objects: Object, epoch: str = "0", ack: str = "", url: str = URL) -> CanvasScene:
    return CanvasScene(url, 640, 480, [], tools=Tools(objects, ["dog", "cat", "bird"], ["#0072B2"], epoch, ack))


def labels(host: Host) -> list[str]:
    return host.state("S.tools.boxes.map((box) => box.label)")


def draw(host: Host, x: float) -> str:
    """Draw a dog from there; returns the edit's serial."""
    host.page.mouse.move(*host.place(x, 200))
    host.page.mouse.down()
    host.page.mouse.move(*host.place(x + 50, 250), steps=3)
    host.page.mouse.up()
    return host.told("edit")[-1]["serial"]


def test_an_older_answer_undoes_nothing(page: Page) -> None:
    host = Host(page, scene(CAT))
    first = draw(host, 20)
    second = draw(host, 120)
    host.update(scene(CAT))  # a run that began before both
    assert labels(host) == ["cat", "dog", "dog"]
    host.update(scene(CAT, DOG, ack=first))
    assert labels(host) == ["cat", "dog", "dog"]
    host.canvas.press("Control+z")
    host.update(scene(CAT, DOG, DOG, ack=second))
    assert labels(host) == ["cat", "dog"]
    host.canvas.press("Control+z")
    assert labels(host) == ["cat"]


def test_another_s_change_is_taken_once_all_is_kept_and_can_be_undone(page: Page) -> None:
    host = Host(page, scene(CAT))
    serial = draw(host, 20)
    host.update(scene(BIRD, epoch="1"))
    assert labels(host) == ["cat", "dog"], "the host had not got the last change"
    again = host.told("edit")[-1]["serial"]
    assert again != serial
    host.update(scene(BIRD, epoch="2", ack=again))
    assert labels(host) == ["bird"]
    host.canvas.press("Control+z")
    assert labels(host) == ["cat", "dog"]


def test_a_canvas_mounted_anew_takes_what_one_before_had_sent(page: Page) -> None:
    host = Host(page, scene(CAT, ack="before:6"))
    host.update(scene(CAT, DOG, ack="before:7"))
    assert labels(host) == ["cat", "dog"]
    serial = draw(host, 120)
    assert [row[4] for row in host.told("edit")[-1]["boxes"]] == ["cat", "dog", "dog"]
    host.update(scene(CAT, DOG, ack="before:7"))
    assert labels(host) == ["cat", "dog", "dog"]
    host.update(scene(CAT, DOG, DOG, ack=serial))
    assert labels(host) == ["cat", "dog", "dog"]


def test_a_canvas_mounted_anew_does_not_overrule_the_host(page: Page) -> None:
    host = Host(page, scene(CAT, ack="before:6"))
    host.update(scene(BIRD, epoch="1", ack="before:6"))  # an earlier version is restored
    assert labels(host) == ["bird"]
    assert host.told("edit") == []


def test_another_picture_has_a_history_of_its_own(page: Page) -> None:
    host = Host(page, scene(CAT))
    draw(host, 20)
    host.update(scene(BIRD, epoch="1", url=picture_url(640, 479)))
    assert labels(host) == ["bird"]
    host.canvas.press("Control+z")
    assert labels(host) == ["bird"]
    assert len(host.told("edit")) == 1


def test_an_arrow_that_is_held_is_told_once_it_is_let_go(page: Page) -> None:
    host = Host(page, scene(CAT, ack="before:6"))
    host.canvas.press("n")
    for _ in range(4):
        page.keyboard.down("ArrowRight")
    host.update(scene(BIRD))  # a run that began before
    assert (labels(host), host.told("edit")) == (["cat"], [])
    page.keyboard.up("ArrowRight")
    assert [edit["boxes"][0][:4] for edit in host.told("edit")] == [[94, 10, 144, 60]]
    page.keyboard.down("ArrowDown")
    page.evaluate("document.activeElement.blur()")
    assert [edit["boxes"][0][:4] for edit in host.told("edit")][1:] == [[94, 11, 144, 61]]
    page.keyboard.up("ArrowDown")
    for _ in range(2):
        host.canvas.press("Control+z")
    assert host.told("edit")[-1]["boxes"][0][:4] == [90, 10, 140, 60]
