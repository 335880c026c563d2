"""Class names, whoever gives them: cleaned once, where objects enter; a whole workspace goes out and comes back."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from frcnn_viz.data.annotations import AnnotatedImage, Dataset, Object, clean_class
from frcnn_viz.data.formats import FORMATS, read_dataset, written_files, zip_dataset
from frcnn_viz.data.importing import import_source
from frcnn_viz.data.sources import from_bytes
from frcnn_viz.data.workspace import Workspace
from tests.pictures import picture

BOX = (1.0, 2.0, 31.0, 40.0)
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # without its non-joiner it is another word
HINDI = "\u0915\u094d\u200d\u0937"
TECHNOLOGIST = "\U0001f469\u200d\U0001f4bb"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
KEPT = (PERSIAN, HINDI, TECHNOLOGIST, SCOTLAND, "a,b: #1 <c> & 'd' \"e\"")
HOSTILE = {
    "traffic  light": "traffic light",
    "stop\tsign": "stop sign",
    "park\nbench\r\n": "park bench",
    "wide\u3000and\u2028long": "wide and long",
    "x" * 61: "x" * 60,
    "\u202eevil\u202c \u2067cat\u2069": "evil cat",
    "\ufeffmark\u200b\x00\x07": "mark",
    "\ud800half": "half",
    "\u200d\u200c": "unnamed",
    "": "unnamed",
    **dict(zip(KEPT, KEPT, strict=True)),
}


@pytest.mark.parametrize(("given_name", "kept"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_a_name_is_kept_clean(given_name: str, kept: str) -> None:
    assert Object(BOX, given_name).label == kept
    assert Object.from_dict({"box": BOX, "label": given_name}).label == kept
    image = AnnotatedImage("a.png", (Object(BOX, given_name),), 64, 48)
    dataset = Dataset((image,), (given_name, kept), declared=(given_name, given_name))
    assert dataset.classes == dataset.declared == (kept,)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=80))
@example("x" * 59 + " \u200dy")
@example("\u200c \u200d a")
def test_clean_names_fit_on_a_line_in_every_format(name: str) -> None:
    cleaned = clean_class(name)
    assert len(cleaned) <= 60
    assert cleaned == " ".join(cleaned.split()) == clean_class(cleaned)
    assert not {unicodedata.category(c) for c in cleaned} & {"Cc", "Cs", "Zl", "Zp"}
    assert json.loads(json.dumps(cleaned, ensure_ascii=False).encode()) == cleaned
    assert len(cleaned.splitlines()) <= 1


def drawn(workspace: Workspace) -> dict[str, tuple[Object, ...]]:
    return {item.id: item.objects for item in workspace.items()}


@pytest.fixture
def hostile(tmp_path: Path) -> Workspace:
    """Two images for each name, imported as COCO, which can hold any name."""
    names = list(filter(None, HOSTILE))
    files = {f"{n}.png": picture(n) for n in range(2 * len(names))}
    annotations = [{"id": n, "image_id": n, "category_id": n // 2, "bbox": [4, 8, 16, 12]} for n in range(len(files))]
    coco = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 48} for n in range(len(files))],
        "annotations": annotations,
        "categories": [{"id": n, "name": name} for n, name in enumerate(names)],
    }
    source = from_bytes({**files, "coco.json": json.dumps(coco).encode()})
    workspace = Workspace(tmp_path / "hostile")
    done = import_source(workspace, source, read_dataset(source))
    assert (len(done.added), done.problems) == (len(files), ())
    return workspace


@pytest.mark.parametrize("format_", FORMATS)
def test_a_workspace_goes_out_and_comes_back(hostile: Workspace, tmp_path: Path, format_: str) -> None:
    labels = {one.label for objects in drawn(hostile).values() for one in objects}
    assert labels == set(hostile.classes) == set(HOSTILE.values())
    source = from_bytes({"export.zip": zip_dataset(hostile.dataset(), format_, hostile.picture)})
    back = Workspace(tmp_path / format_)
    assert import_source(back, source, read_dataset(source)).problems == ()
    assert drawn(back) == drawn(hostile)
    assert set(back.classes) == labels


def test_a_workspace_with_raw_names_opens_and_goes_out(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    workspace = Workspace(folder)
    for n, name in enumerate(HOSTILE):
        key, _ = workspace.add(picture(n), f"{n}.png", [Object(BOX, "to be replaced")])
        path = folder / "annotations" / f"{key}.json"
        content = json.loads(path.read_bytes())
        content["objects"][0]["label"] = name
        path.write_text(json.dumps(content))
    index = json.loads((folder / "workspace.json").read_bytes())
    (folder / "workspace.json").write_text(json.dumps({**index, "classes": ["stop\tsign", "traffic light", "spare"]}))
    workspace = Workspace(folder)
    assert workspace.classes[:3] == ("stop sign", "traffic light", "spare")
    assert set(workspace.classes) == {*HOSTILE.values(), "spare"}
    assert json.loads((folder / "workspace.json").read_bytes())["classes"] == list(workspace.classes)
    for format_ in FORMATS:
        assert dict(written_files(workspace.dataset(), format_))


@pytest.mark.parametrize("format_", FORMATS)
def test_names_of_files_that_no_format_expects(tmp_path: Path, format_: str) -> None:
    names = [
        "12:30:00.png",
        "12_30_00.png",
        "no ending",
        "no ending.xml",
        "猫" * 100 + ".png",
        "🐈" * 100,
        ".png",
        "a?.jpg",
    ]
    workspace = Workspace(tmp_path / "names")
    for n, name in enumerate(names):
        workspace.add(picture(n), name, [Object(BOX, f"class {n}")])
    content = zip_dataset(workspace.dataset(), format_, workspace.picture)
    source = from_bytes({"export.zip": content})
    back = Workspace(tmp_path / "back")
    assert import_source(back, source, read_dataset(source)).problems == ()
    assert drawn(back) == drawn(workspace)
