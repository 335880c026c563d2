"""Pictures by URL: encoded once, served whole, bounded in bytes, inside the page where there is no route."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import httpx2
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from frcnn_viz.pipeline.shares import Shares
from frcnn_viz.ui import images

NOISE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)

Get = Callable[[str], httpx2.Response]


@pytest.fixture
def get(monkeypatch: pytest.MonkeyPatch) -> Get:
    monkeypatch.setattr(images, "_routed", False)
    monkeypatch.setattr(images, "_held", {})
    monkeypatch.setattr(images, "_shares", Shares())
    return TestClient(Starlette(routes=images.routes())).get


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_picture_is_served_without_loss(get: Get) -> None:
    answer = get(images.image_url(NOISE))
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert np.array_equal(pixels(answer.content), NOISE)


def test_the_same_picture_has_the_same_url(get: Get) -> None:
    assert images.image_url(NOISE) == images.image_url(Image.fromarray(NOISE))
    assert images.image_url(NOISE) != images.image_url(NOISE[::-1].copy())


def test_a_held_picture_is_not_encoded_again(get: Get) -> None:
    url = images.image_url(NOISE, "a" * 64)
    assert images.image_url(NOISE[::-1].copy(), "a" * 64) == url
    assert np.array_equal(pixels(get(url).content), NOISE)


def test_the_longest_unused_go_first(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = images.image_url(NOISE, "1"), images.image_url(NOISE, "2")
    assert [get(url).status_code for url in (first, second)] == [200, 200]  # which waits until they are encoded
    monkeypatch.setattr(images, "MAX_BYTES", sum(map(len, images._held.values())))
    images.image_url(NOISE, "1")
    third = images.image_url(NOISE, "3")
    assert [get(url).status_code for url in (third, first, second)] == [200, 200, 404]


def test_a_picture_is_encoded_once_however_many_ask(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    png = images.png
    monkeypatch.setattr(images, "png", lambda image: made.append(1) or png(image))
    urls = {images.image_url(NOISE, "once") for _ in range(20)}
    (url,) = urls
    assert np.array_equal(pixels(get(url).content), NOISE)
    assert made == [1]
    assert not images._encoding


def test_without_a_route_it_travels_in_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_routed", False)
    head, content = images.image_url(NOISE).split(",")
    assert head == "data:image/png;base64"
    assert np.array_equal(pixels(base64.b64decode(content)), NOISE)


def test_an_array_is_served_byte_for_byte(get: Get) -> None:
    url = images.array_url(NOISE.tobytes())
    answer = get(url)
    assert answer.content == NOISE.tobytes()
    assert answer.headers["content-type"] == "application/octet-stream"
    assert images.array_url(NOISE.tobytes()) == url


def test_without_a_route_an_array_has_no_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_routed", False)
    assert images.array_url(b"1234") is None
