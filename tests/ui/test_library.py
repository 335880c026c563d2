"""Pictures of the workspace are part of the one budget: however many are opened, what stays fits in it."""

from __future__ import annotations

import gc
import io
import weakref
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frcnn_viz.data.images import ImageError, load_image
from frcnn_viz.models.registry import load_detector
from frcnn_viz.pipeline.memory import Memory, count_bytes
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui import library
from frcnn_viz.ui.objects import crop_box

BUDGET = 12_000_000


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Memory:
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr(library, "MEMORY", Memory(BUDGET))
    return library.MEMORY


def add(number: int, width: int = 800, height: int = 600) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (number, 200 - number, 90)).save(buffer, "PNG", compress_level=1)
    return library.workspace().add(buffer.getvalue(), f"{number}.png")[0]


def test_many_pictures_and_what_is_made_of_them_stay_within_the_budget(memory: Memory) -> None:
    """Of 20 pictures of 1.4 MB, 29 MB in all, the eight at most that fit stay alive, and no float copy of any."""
    model, opened = load_detector("street-fpn", "cpu").model, []
    for number in range(20):
        picture = library.picture(add(number))
        assert picture.tensor.shape == (3, 600, 800)
        assert picture.image.size == (800, 600)
        trace = Trace(model, picture.pixels, memory=memory, image_key=picture.sha256)
        assert trace.input.image_size == (600, 800)
        opened.append(weakref.ref(picture))
        del picture, trace
    gc.collect()
    alive = [picture for one in opened if (picture := one())]
    assert 3 <= len(alive) <= BUDGET // 1_440_000
    assert all(count_bytes(vars(picture)) == 3 * 600 * 800 for picture in alive)
    assert memory.nbytes <= BUDGET


def test_a_picture_in_use_is_decoded_once(memory: Memory) -> None:
    key = add(1, 40, 30)
    assert library.picture(key) is library.picture(key)
    assert library.picture(key).sha256.startswith(key)


def test_an_upload_is_decoded_once_and_the_file_is_kept_as_it_came(memory: Memory) -> None:
    buffer = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(buffer, "PNG")
    content = buffer.getvalue()
    key = library.add(content, "a.png")
    assert library.workspace().picture_path(key).read_bytes() == content
    expected = library.workspace().load(key)
    library.workspace().picture_path(key).write_bytes(b"not a picture")
    shown = library.picture(key)
    assert (shown.name, shown.sha256) == (expected.name, expected.sha256) == ("a.png", load_image(content).sha256)
    assert library.add(content, "b.png") == key
    assert library.picture(key).name == library.workspace().item(key).name == "a.png"


def test_a_picture_over_the_budget_is_shown_all_the_same(memory: Memory) -> None:
    memory.max_bytes = 1_000
    key = add(2, 40, 30)
    assert library.picture(key).size == (30, 40)
    assert memory.nbytes == 0


def test_a_damaged_picture_is_told_each_time(memory: Memory) -> None:
    key = add(3, 40, 30)
    library.workspace().picture_path(key).write_bytes(b"not a picture")
    for _ in range(2):
        with pytest.raises(ImageError, match=r"3\.png is no"):
            library.picture(key)


def test_an_object_is_cut_from_the_pixels(memory: Memory, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    path = tmp_path / "noise.png"
    Image.fromarray(pixels).save(path)
    key, _ = library.workspace().add(path.read_bytes(), "noise.png")
    box = load_image(path).pixels.new_tensor([16, 12, 32, 28]).float()  # a quarter of 16 more on every side
    assert np.array_equal(crop_box(key, box, side=24), pixels[8:32, 12:36])
