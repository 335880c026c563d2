"""The canvas's message: what is packed can be read back exactly."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from frcnn_viz.canvas.message import BY_URL_FROM
from frcnn_viz.canvas.scene import BoxLayer, CanvasScene, Overlay

LEGEND = [("a", "#000000"), ("b", "#ffffff")]


def unpack(message: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack_from("<I", message)
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def array(body: bytes, place: list[int], dtype: str) -> np.ndarray:
    assert place[0] % 4 == 0
    return np.frombuffer(body[place[0] : place[0] + place[1]], dtype)


@given(count=st.integers(0, 20), name=st.text(max_size=20), seed=st.integers(0, 1000))
def test_what_is_packed_comes_back(count: int, name: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    boxes = torch.rand(count, 4, generator=generator) * 1000
    groups = torch.randint(0, 2, (count,), generator=generator, dtype=torch.uint8)
    scores = torch.rand(count, generator=generator)
    ids = torch.randint(0, 10**6, (count,), generator=generator)
    layer = BoxLayer(
        name, boxes, LEGEND, groups=groups, ids=ids, scores=scores, columns={"IoU": scores}, tails=boxes[:, :2]
    )
    message = CanvasScene("img/x.png", 640, 480, [layer], points=boxes[:, 2:]).pack()
    assert len(message) % 4 == 0
    header, body = unpack(message)
    (packed,) = header["layers"]
    assert packed["name"] == name
    assert packed["count"] == count
    assert np.array_equal(array(body, packed["boxes"], "<f4").reshape(-1, 4), boxes.numpy())
    assert np.array_equal(array(body, packed["groups"], "u1"), groups.numpy())
    assert np.array_equal(array(body, packed["ids"], "<i4"), ids.numpy())
    assert np.array_equal(array(body, packed["scores"], "<f4"), scores.numpy())
    assert np.array_equal(array(body, packed["tails"], "<f4").reshape(-1, 2), boxes[:, :2].numpy())
    assert packed["columns"][0][0] == "IoU"
    assert np.array_equal(array(body, header["points"], "<f4").reshape(-1, 2), boxes[:, 2:].numpy())


def test_large_arrays_go_by_url_and_small_ones_in_the_message() -> None:
    count = BY_URL_FROM // 16
    boxes = torch.rand(count, 4)
    held: dict[str, bytes] = {}

    def url_of(content: bytes) -> str:
        held[f"array/{len(held)}"] = content
        return f"array/{len(held) - 1}"

    header, body = unpack(CanvasScene("img/x.png", 2, 1, [BoxLayer("b", boxes, LEGEND)]).pack(url_of))
    (packed,) = header["layers"]
    assert np.array_equal(np.frombuffer(held[packed["boxes"]], "<f4").reshape(-1, 4), boxes.numpy())
    assert np.array_equal(array(body, packed["ids"], "<i4"), np.arange(count))
    assert list(held) == [packed["boxes"]]


def test_an_overlay_travels_by_url() -> None:
    header, _ = unpack(
        CanvasScene("img/x.png", 2, 1, [], overlay=Overlay("img/y.png", (0, 0, 2, 1), 0.5, "map")).pack()
    )
    assert header["overlay"] == {"url": "img/y.png", "extent": [0, 0, 2, 1], "opacity": 0.5, "name": "map"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"boxes_in_image": torch.zeros(2, 3)}, "expected boxes [N, 4], got [2, 3]"),
        ({"scores": torch.zeros(3)}, "expected 2 scores, got 3"),
        ({"labels": ["one"]}, "expected 2 labels, got 1"),
        ({"columns": {"IoU": torch.zeros(1)}}, "expected 2 IoU, got 1"),
        ({"groups": torch.tensor([0, 2])}, "group 2 is not in a legend of 2"),
    ],
)
def test_a_layer_that_does_not_fit_says_so(wrong: dict, words: str) -> None:
    arguments = {"name": "boxes", "boxes_in_image": torch.zeros(2, 4), "legend": LEGEND, **wrong}
    with pytest.raises(ValueError, match="layer 'boxes'") as error:
        BoxLayer(**arguments)
    assert words in str(error.value)
