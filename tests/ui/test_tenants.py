"""Two tenants in one process, with the same names for what is theirs: each sees only their own, whatever is cached."""

from __future__ import annotations

import io
import os
import shutil
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx2
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from starlette.applications import Starlette
from starlette.testclient import TestClient

from frcnn_viz.data import tenant as tenants
from frcnn_viz.data.annotations import DataError, Object
from frcnn_viz.data.tenant import Tenant, acting_as, tenant
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.models import registry
from frcnn_viz.models.entry import ModelError
from frcnn_viz.models.own import add_checkpoint
from frcnn_viz.models.registry import ENTRIES, Detector, find_entry, load_detector
from frcnn_viz.models.street import street_fpn
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.shares import Shares
from frcnn_viz.training.run import WORKSPACE
from frcnn_viz.ui import images, library, survey
from frcnn_viz.ui.frame.sidebar import _small
from frcnn_viz.ui.panes.learn_set import dataset_of, version
from frcnn_viz.ui.subjects import of_items
from tests.training.small import small_run, trained_here

Get = Callable[[Tenant | None, str], httpx2.Response]


@pytest.fixture
def one(tmp_path: Path) -> Tenant:
    return Tenant(tmp_path / "one")


@pytest.fixture
def other(tmp_path: Path) -> Tenant:
    return Tenant(tmp_path / "other")


@pytest.fixture
def get(monkeypatch: pytest.MonkeyPatch) -> Get:
    """Asks the routes for a tenant, or for nobody, as the door of a class does."""
    monkeypatch.setattr(images, "_routed", False)
    app = Starlette(routes=[*images.routes(), *library.routes()])

    def refuse() -> Tenant:
        raise DataError("nobody")

    def ask(who: Tenant | None, url: str) -> httpx2.Response:
        async def door(scope: dict, receive: Callable, send: Callable) -> None:
            with acting_as(who):
                await app(scope, receive, send)

        return TestClient(door).get(url)

    monkeypatch.setattr(tenants, "_find", refuse)
    return ask


def picture(colour: int, width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (colour, 200 - colour, 90)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def rename(folder: Path, old: str, new: str) -> None:
    """Give an image of a workspace's folder another's id, as a visitor may who edits what is brought back."""
    for path in [*folder.glob(f"*/{old}.*")]:
        path.rename(path.with_name(path.name.replace(old, new)))
    for path in (folder / "workspace.json", *folder.glob(f"annotations/{new}.json")):
        path.write_text(path.read_text().replace(old, new))


def test_a_guessed_id_or_url_gives_nothing_of_anothers(one: Tenant, other: Tenant, get: Get) -> None:
    with acting_as(one):
        key = library.add(picture(1), "a.png")
        loaded = library.picture(key)
        url, array = images.image_url(np.asarray(loaded.image), loaded.sha256), images.array_url(b"12345678")
    urls = [library.thumbnail_url(key), url, array]
    answers = [get(one, url) for url in urls]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert all(answer.headers["cache-control"].startswith("private") for answer in answers)
    for whom in (other, None):
        assert [get(whom, url).status_code for url in urls] == [404] * 3
    with acting_as(other):
        with pytest.raises(DataError, match="no longer in the workspace"):
            library.picture(key)
        with pytest.raises(ValueError, match="no longer held"):
            images.content_of(url)
    with acting_as(one):
        assert images.content_of(url) == answers[1].content


def test_a_frame_is_given_to_who_has_the_clip(one: Tenant, other: Tenant, get: Get) -> None:
    assert get(one, "frame/crossing/0.png").status_code == get(other, "frame/crossing/0.png").status_code == 200
    answer = get(one, "frame/0123456789abcdef/0.png")
    assert (answer.status_code, "no longer" in answer.text) == (404, True)
    assert get(None, "frame/0123456789abcdef/0.png").status_code == 404


def test_an_id_that_was_made_up_gives_ones_own_picture(one: Tenant, other: Tenant) -> None:
    with acting_as(one):
        key = library.add(picture(1), "a.png")
    with acting_as(other):
        mine = library.add(picture(2), "a.png")
        rename(other.folder, mine, key)
    for who, red in ((one, 1), (other, 2), (one, 1)):
        with acting_as(who):
            assert library.picture(key).pixels[:, 0, 0].tolist() == [red, 200 - red, 90]
            assert _small(library.source_of(key), key)[0, 0].tolist() == [red, 200 - red, 90]


def test_what_two_see_is_encoded_and_held_once(
    one: Tenant, other: Tenant, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, png, before = [], images.png, len(images._held)
    monkeypatch.setattr(images, "png", lambda image: made.append(1) or png(image))
    noise = np.random.default_rng(5).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    for who in (one, other):
        with acting_as(who):
            url = images.image_url(noise, "5" * 64)
        assert get(who, url).status_code == 200
    assert (made, len(images._held) - before) == ([1], 1)


def test_many_pictures_of_one_push_out_none_of_another(
    one: Tenant, other: Tenant, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "MEMORY", Memory(20_000, lambda: tenant().folder))  # of some 5 pictures of 3,600
    monkeypatch.setattr(images, "_held", {})
    monkeypatch.setattr(images, "_shares", Shares())
    monkeypatch.setattr(images, "MAX_BYTES", 5_000)
    with acting_as(one):
        key = library.add(picture(1), "a.png")
        first, array = library.picture(key), images.array_url(bytes(1_000))
    with acting_as(other):
        opened = [library.picture(library.add(picture(2 + n), f"{n}.png")) for n in range(12)]
        arrays = [images.array_url(bytes([n]) * 1_000) for n in range(1, 12)]
        assert library.picture(opened[0].sha256[:16]) is not opened[0]
    with acting_as(one):
        assert library.picture(key) is first
    assert get(one, array).status_code == get(other, arrays[-1]).status_code == 200
    assert get(other, arrays[0]).status_code == 404


def test_detectors_of_one_name_are_each_ones_own(
    one: Tenant, other: Tenant, squares: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a run with the same name and files of the same size and time, and of a checkpoint whose name was made up."""
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    save_file(street_fpn(3).state_dict(), tmp_path / "pets.safetensors")
    with acting_as(one):
        trained_here(small_run(squares, steps=1, evaluate_every=0))
        own = add_checkpoint(tmp_path / "pets.safetensors", ENTRIES["street-fpn"], ["cat", "dog"])
    shutil.copytree(one.folder, other.folder)
    files = (f"models/{own}.safetensors", "runs/small/steps/1.safetensors")
    for theirs, changed in ((one.folder / file, other.folder / file) for file in files):
        save_file({name: torch.zeros_like(tensor) for name, tensor in load_file(theirs).items()}, changed)
        os.utime(changed, ns=(theirs.stat().st_mtime_ns, theirs.stat().st_mtime_ns))
    for name in (own, "run:small"):
        assert [is_zero(who, name) for who in (one, other, one)] == [False, True, False]
    with acting_as(other):
        shutil.rmtree(other.folder)
        for name in (own, "run:small"):
            with pytest.raises(ModelError):
                find_entry(name)
    with acting_as(one):
        mine = load_detector("street-fpn", "cpu")
    with acting_as(other):
        assert load_detector("street-fpn", "cpu") is mine


def is_zero(who: Tenant, name: str) -> bool:
    """Whether the last layer of a tenant's detector is."""
    with acting_as(who):
        return not load_detector(name, "cpu").model.roi_heads.box_predictor.cls_score.weight.any()


def test_the_detectors_of_who_has_most_are_given_up(
    one: Tenant, other: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_LOADED", OrderedDict())
    given_up: list[Detector] = []
    monkeypatch.setattr(registry, "ON_GIVE_UP", [given_up.append])
    save_file(street_fpn(2).state_dict(), tmp_path / "pets.safetensors")
    loaded = []
    for who, names in ((one, ["cat"]), (other, ["cat"]), (other, ["dog"])):
        with acting_as(who):
            name = add_checkpoint(tmp_path / "pets.safetensors", ENTRIES["street-fpn"], names)
            loaded.append(load_detector(name, "cpu"))
            monkeypatch.setattr(registry, "MOST_BYTES", 2 * loaded[0].nbytes)
    assert given_up == [loaded[1]]


def test_what_is_there_for_all_is_decoded_once(one: Tenant, other: Tenant, tmp_path: Path, get: Get) -> None:
    key, _ = Workspace(tmp_path / "base").add(picture(1), "a.png")
    opened = []
    for who in (replace(one, shared=tmp_path / "base"), replace(other, shared=tmp_path / "base")):
        assert get(who, library.thumbnail_url(key)).status_code == 200
        with acting_as(who):
            opened.append(library.picture(key))
    assert opened[0] is opened[1]
    assert get(one, library.thumbnail_url(key)).status_code == 404
    with acting_as(one), pytest.raises(DataError, match="no longer in the workspace"):
        library.picture(key)


def test_an_examination_is_its_tenants(one: Tenant, other: Tenant) -> None:
    detector = load_detector("street-fpn", "cpu")
    settings = Settings.of(detector.model).replace(min_size=96, max_size=128)
    for who in (one, other):
        with acting_as(who):
            library.add(picture(1), "a.png")
            subjects = of_items(library.items())
            assert survey.known(detector, settings, subjects) == {}
            assert survey.run(detector, settings, subjects, lambda *_: None) == []
            assert list(survey.known(detector, settings, subjects)) == [subjects[0].key]


def test_whose_a_finding_is(one: Tenant) -> None:
    mine, theirs = load_detector("street-fpn", "cpu"), "0123456789abcdef"
    brought = Detector("own-0", "", "", mine.model, mine.classes)
    with acting_as(one):
        for key in ("first-street", "clip:crossing@3"):
            assert library.holder_of(mine, key) is None
        for detector, key in ((mine, theirs), (mine, f"clip:{theirs}@3"), (brought, "first-street")):
            assert library.holder_of(detector, key) == one.folder


def test_the_set_that_is_learnt_from_is_ones_own(one: Tenant, other: Tenant) -> None:
    for who, name in ((one, "cat"), (other, "dog")):
        with acting_as(who):
            library.workspace().add_classes([name])
            assert dataset_of(WORKSPACE, version(WORKSPACE)).classes == (name,)  # and no picture
            key = library.add(picture(1), "a.png")
            library.workspace().save(key, [Object((1.0, 1.0, 20.0, 20.0), name)])
    for who, name in ((one, "cat"), (other, "dog"), (one, "cat")):
        with acting_as(who):
            (image,) = dataset_of(WORKSPACE, version(WORKSPACE)).images
            assert [drawn.label for drawn in image.objects] == [name]
