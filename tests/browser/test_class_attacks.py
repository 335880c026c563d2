"""Nobody in a class gets at another's data: every way in is tried, and what comes back is searched for what is hers.

Ada keeps some of everything, and her browser has it all on its screen; Bob, who knows her ids, her links and the name
of her folder, tries for it.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import runpy
import secrets
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.proto.WidgetStates_pb2 import WidgetState

from frcnn_viz.canvas.pictures import png
from frcnn_viz.classroom.rules import CLASS_VARIABLE, digest_of, rules
from frcnn_viz.data import tenant as tenants
from frcnn_viz.data.images import load_image
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.models.own import PREFIX as OWN
from frcnn_viz.paths import APP
from frcnn_viz.ui import images
from frcnn_viz.ui.classroom.door import COOKIE, TEACHER_COOKIE
from frcnn_viz.ui.frame.pages import PAGES
from tests.browser.classroom import EXPERIMENT, RUN, SECRET, Classroom, picture
from tests.browser.wire import Tab, ask

SMALL = {"min_size": "64", "max_size": "96"}
"""Settings at which pages are quick."""
LEAST = 500
"""Attempts by requests alone."""
STREAMLITS = (
    *(
        "/media/{id}",
        "/component/{id}",
        "/static/{id}",
        "/app/static/{id}",
        "/{id}",
        "/?image={id}",
        "/detections/{id}",
    ),
    *("/_stcore/upload_file/{id}/{id}", "/_stcore/bidi-components/{id}", "/_stcore/agent/{id}"),
    *("/_stcore/metrics?families={id}", "/_stcore/host-config?{id}", "/_stcore/script-health-check?{id}"),
)
"""Routes that Streamlit adds to the app's own."""


@dataclass(frozen=True)
class Prey:
    """What Bob knows of Ada, and what is looked for.

    Attributes:
        pictures, clip, checkpoint: their ids. folder: of her workspace. session: Streamlit's id of her tab.
        urls: where her browser was sent, and Bob's was not. needles: parts of what is hers alone, as bytes.
        files: the digest of every file but Bob's.
    """

    pictures: tuple[str, ...]
    clip: str
    checkpoint: str
    folder: Path
    session: str
    urls: tuple[str, ...]
    needles: tuple[bytes, ...]
    files: dict[Path, str]

    def got(self, received: bytes, sent: object) -> list[bytes]:
        """What of hers is in what was received and was not sent."""
        told = str(sent).encode()
        found = [needle for needle in self.needles if needle in received and needle not in told]
        return found + [b"pixels"] * is_hers(received.partition(b"\r\n\r\n")[2])


def is_hers(content: bytes) -> bool:
    """Whether this is a picture in the colour of all of hers."""
    with suppress(OSError), Image.open(io.BytesIO(content)) as found:
        return bool(np.abs(np.asarray(found.convert("RGB")).mean((0, 1)) - (222, 32, 195)).max() < 12)
    return False


def files_of(classroom: Classroom) -> dict[Path, str]:
    """The digest of every file of the class but Bob's, whose times of visit are no matter."""
    found = (path for path in classroom.base.rglob("*") if path.is_file())
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
        if not path.is_relative_to(classroom.bob.tenant.folder)
    }


def needles_of(folder: Path) -> Iterator[bytes]:
    """Parts of what is hers alone: words, the middle of every picture and video, or the end where that begins alike."""
    yield from (SECRET.encode(), RUN.encode(), EXPERIMENT.encode())
    workspace = Workspace(folder)
    whole = [path.read_bytes() for name in ("images", "clips") for path in (folder / name).glob("*.[pm][n4]*")]
    for key in workspace.ids:
        loaded = load_image(workspace.picture_path(key))
        yield loaded.sha256.encode()
        whole.append(png(to_uint8(loaded.pixels)))
    yield from (content[len(content) // 2 :][:40] for content in whole)
    yield from (path.read_bytes()[-42:-2] for path in (folder / "thumbnails").iterdir())


@pytest.fixture(scope="module")
def prey(classroom: Classroom) -> Iterator[Prey]:
    """Ada's tab is open, and the server holds all of hers that a page ever shows; Bob has his own tab open."""
    folder = classroom.ada.tenant.folder
    workspace = Workspace(folder)
    first, *_ = pictures = workspace.ids
    (clip,) = workspace.clips.ids()
    checkpoint = next((folder / "models").glob(f"{OWN}*.json")).stem
    links = {
        "detections": {"image": first, **SMALL},
        "proposals": {"image": pictures[1], "model": f"run:{RUN}@3", **SMALL},
        "images": {"image": pictures[2]},
        "video": {"image": f"clip:{clip}@1", **SMALL},
        "train": {"train.tab": "runs"},
        "experiments": {"model": checkpoint, **SMALL},
        "lessons": {},
    }
    with Tab(classroom.address, classroom.bob.cookie) as own:
        theirs: set[str] = set()
        for page in ("detections", "images", "video"):
            own.open(page, image=Workspace(classroom.bob.tenant.folder).ids[0], **SMALL)
            theirs |= own.urls
    with Tab(classroom.address, classroom.ada.cookie) as tab:
        hers: set[str] = set()
        for page, link in links.items():
            assert SECRET.encode() in tab.open(page, **link)
            hers |= tab.urls
        tab.press("lesson_download")
        hers |= tab.urls
        for url in hers - theirs:
            ask(classroom.address, f"/{url}", classroom.ada.cookie)
        needles = tuple(needles_of(folder))
        yield Prey(
            pictures, clip, checkpoint, folder, tab.session, tuple(sorted(hers - theirs)), needles, files_of(classroom)
        )


@pytest.fixture(autouse=True)
def unharmed(classroom: Classroom, prey: Prey) -> Iterator[None]:
    """Whatever was tried, no byte of anybody else's has changed, and no folder has come."""
    yield
    assert files_of(classroom) == prey.files
    assert {path.name for path in (classroom.base / "visitors").iterdir()} == {
        classroom.ada.tenant.folder.name,
        classroom.bob.tenant.folder.name,
    }


def test_what_is_looked_for_is_found_in_what_ada_gets(classroom: Classroom, prey: Prey) -> None:
    found = set()
    for url in prey.urls:
        answer = ask(classroom.address, f"/{url}", classroom.ada.cookie)
        assert answer.status == 200, url
        found |= {url.partition("/")[0]} if prey.got(answer.content, "") else set()
    assert found == {"img", "thumbnail", "frame", "media"}  # an array is of numbers, in which nothing could be found
    assert any(url.startswith("array/") for url in prey.urls)


# --- requests


def own_routes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The routes that the app of a class adds to Streamlit's."""
    monkeypatch.setenv(CLASS_VARIABLE, json.dumps({"teacher": "0" * 64}))
    monkeypatch.setattr(images, "_routed", images._routed)
    monkeypatch.setattr(tenants, "_find", tenants._find)
    rules.cache_clear()
    found = runpy.run_path(str(APP))["app"]._user_routes
    rules.cache_clear()
    return [re.sub(r"{\w+(:\w+)?}", "{id}", route.path) for route in found]


def spellings(path: str) -> list[str | bytes]:
    """A path out of where one is, as those write it who hope that it is read twice, or not at all."""
    up = f"../../../{path}"
    return [
        up,
        up.replace("..", "%2e%2e"),
        up.replace("/", "%2f"),
        up.replace(".", "%2e").replace("/", "%2f"),
        up.replace("..", "%252e%252e").replace("/", "%252f"),
        up.replace("/", "\\"),
        up.replace("/", "%5c"),
        up.replace("../", "....//"),
        up.replace("../", "..;/"),
        up.replace("/", "%c0%af").replace("..", "%c0%ae%c0%ae"),
        up.replace("..", "\uff0e\uff0e").replace("/", "\uff0f"),
        f"{up}%00",
        f"{up}%00.png",
        f"{up}...",
        f"{up}%20",
        f"{up}::$DATA",
        f"{up}?a=.png",
        f"{up}%23",
        f"x{'x' * 5000}/{up}",
        f"/{path}",
        f"file:%2f%2f%2f{path}",
        up.encode() + b"\x00",
    ]


def cookies(classroom: Classroom) -> dict[str, str | None]:
    """What Bob may send in the place of a cookie that he does not have."""
    ada, bob, guess = classroom.ada, classroom.bob, secrets.token_urlsafe(32)
    whole, teacher = digest_of(ada.secret), digest_of(classroom.token)
    other = "".join(c.swapcase() if c.isalpha() else c for c in ada.secret)
    return {
        "his": bob.cookie,
        "none": None,
        "empty": f"{COOKIE}=",
        "garbage": f"{COOKIE}=\x7f%00..%2f;;=;",
        "her folder": f"{COOKIE}={ada.tenant.folder.name}",
        "her folder's path": f"{COOKIE}={ada.tenant.folder}",
        "her digest": f"{COOKIE}={whole}",
        "the other half": f"{COOKIE}={whole[32:]}",
        "cut": f"{COOKIE}={ada.secret[:-1]}",
        "longer": f"{COOKIE}={ada.secret}=",
        "in other case": f"{COOKIE}={other}",
        "another's name": f"frcnn_viz_={ada.secret}; frcnn-viz={ada.secret}; FRCNN_VIZ={ada.secret}",
        "a guess": f"{COOKIE}={guess}",
        "two": f"{bob.cookie}; {COOKIE}={ada.tenant.folder.name}",
        "two, his last": f"{COOKIE}={whole}; {bob.cookie}",
        "injected": f'{COOKIE}="{bob.secret}; {COOKIE}={whole}"',
        "with a path": f"{COOKIE}={bob.secret}/../{ada.tenant.folder.name}",
        "teacher, none": f"{TEACHER_COOKIE}=; {bob.cookie}",
        "teacher, a guess": f"{TEACHER_COOKIE}={guess}; {bob.cookie}",
        "teacher, the digest": f"{TEACHER_COOKIE}={teacher}; {bob.cookie}",
        "teacher, the class's": f"{TEACHER_COOKIE}={classroom.base.name}",
    }


def requests(classroom: Classroom, prey: Prey, routes: list[str]) -> Iterator[tuple[str | bytes, str]]:
    """Every target that is asked for, and the name of the cookie with which."""
    names = tuple(cookies(classroom))
    yield from product([f"/{url}" for url in prey.urls], names)
    ids = (*prey.pictures, prey.clip, f"clip:{prey.clip}@1", RUN, EXPERIMENT, prey.checkpoint, prey.session)
    walked = list(dict.fromkeys([*routes, *STREAMLITS]))
    yield from ((route.replace("{id}", one), "his") for route, one in product(walked, ids))
    within = str(prey.folder.relative_to(classroom.base))
    paths = [f"{within}/{name}" for name in ("visitor.json", f"images/{prey.pictures[0]}.png", "lessons.json")]
    paths += [str(prey.folder / "workspace.json").lstrip("/"), "etc/passwd"]
    for route, path in product([route for route in walked if "{id}" in route], paths):
        for spelt in spellings(path):
            before, _, after = route.partition("{id}")
            after = after.replace("{id}", "0")
            whole = before.encode() + spelt + after.encode() if isinstance(spelt, bytes) else before + spelt + after
            yield whole, "his"


def test_no_request_gets_at_anything_of_hers(classroom: Classroom, prey: Prey, monkeypatch: pytest.MonkeyPatch) -> None:
    known, tried, succeeded = cookies(classroom), set(), []
    for target, cookie in requests(classroom, prey, own_routes(monkeypatch)):
        if (target, cookie) in tried:
            continue
        tried.add((target, cookie))
        answer = ask(classroom.address, target, known[cookie])
        refused = answer.status != 200 or str(target)[1:] not in prey.urls
        if not refused or prey.got(answer.content, target) or b"root:x:0" in answer.content:
            succeeded.append((target, cookie, answer.status))
    assert succeeded == []
    assert len(tried) >= LEAST


# --- links


def ways_out(prey: Prey) -> list[str]:
    """Names of hers that lead out of where names are looked up."""
    above = f"../../{prey.folder.name}"
    first = prey.pictures[0]
    return [
        f"{above}/images/{first}.png",
        f"{above}/images/{first}",
        f"{prey.folder}/images/{first}.png",
        f"clip:{above}/clips/{prey.clip}@1",
        f"clip:{prey.folder}/clips/{prey.clip}@1",
        f"run:{above}/runs/{RUN}",
        f"run:{above}/runs/{RUN}@3",
        f"run:../../../{prey.folder.name}/runs/{RUN}",
        f"{prey.folder}/models/{prey.checkpoint}",
        f"{above}/models/{prey.checkpoint}",
        f"own-{above}/models/{prey.checkpoint}",
        f"{first}\0",
        f"{first.upper()}",
        f"[{first[0]}]{first[1:]}",
        "*",
        "?" * 16,
        f"clip:{prey.clip[:8]}*@0",
        f"run:{RUN[:2]}*",
        f"run:{RUN}/",
        f"run:./{RUN}",
    ]


def links(classroom: Classroom, prey: Prey) -> Iterator[tuple[str, dict[str, str]]]:
    """Links to every page that name what is hers wherever a link can name anything."""
    first, second, third = prey.pictures
    places = {"results.path": str(prey.folder), "results.against": str(classroom.base)}
    named = {"train.run": RUN, "train.name": RUN, "experiments.name": EXPERIMENT, "lesson": "count", "set": "yours"}
    sets = {"train.set": str(prey.folder), "experiments.set": f"{prey.folder}/images", "images.text": SECRET[:2]}
    pins = [
        {"pinned": f"page=detections&image={second}&model={prey.checkpoint}"},
        {"pinned": f"page=video&image=clip:{prey.clip}@2&model=run:{RUN}@0"},
    ]
    for page in PAGES:
        yield page, {"image": first, "model": f"run:{RUN}@3", **places, **named, **pins[0], **SMALL}
    for page in PAGES:
        yield page, {"image": f"clip:{prey.clip}@1", "model": prey.checkpoint, **sets, **pins[1], **SMALL}
    for n, name in enumerate(ways_out(prey)):
        yield ("glossary", "model")[n % 2], {"image": name, "model": name, "train.run": name, **SMALL}
    yield "images", {"image": third, "images.tab": "draw"}
    yield "train", {"train.tab": "runs", "train.run": RUN}
    yield "experiments", {"experiments.tab": "arms", "experiments.name": EXPERIMENT}
    yield "lessons", {"lessons.tab": "question", "lesson": "count", "image": first, "model": f"run:{RUN}"}
    yield "train", {"train.tab": "learn", "train.set": str(prey.folder)}


def test_no_link_shows_anything_of_hers(classroom: Classroom, prey: Prey) -> None:
    succeeded = []
    for cookie in (classroom.bob.cookie, ""):
        with Tab(classroom.address, cookie) as tab:
            sent = []
            for page, link in links(classroom, prey):
                sent.append(link)
                if found := prey.got(tab.open(page, **link), sent):
                    succeeded.append((page, link, found))
    assert succeeded == []


def test_no_choice_that_was_not_offered_is_taken(classroom: Classroom, prey: Prey) -> None:
    """Whatever a widget is sent, it holds what the page offered."""
    above = f"../../{prey.folder.name}/images/{prey.pictures[0]}"
    hostile = [prey.pictures[0], f"clip:{prey.clip}@1", f"run:{RUN}@3", prey.checkpoint, str(prey.folder), above, RUN]
    pages = {
        "images": {"images.tab": "yours"},
        "train": {"train.tab": "learn"},
        "experiments": {"experiments.tab": "begin"},
        "compare": {},
        "lessons": {},
        "results": {},
        "model": {},
    }
    succeeded = []
    with Tab(classroom.address, classroom.bob.cookie) as tab:
        for page, value in product(pages, hostile):
            tab.open(page, **pages[page], **SMALL)
            assert len(tab.widgets) > 4
            states = [state for one in tab.widgets.items() for state in states_of(*one, value)]
            if found := prey.got(tab.answer(states), hostile):
                succeeded.append((page, value, found))
    assert succeeded == []


def states_of(name: str, widget: Any, value: str) -> Iterator[WidgetState]:
    """A widget as one would have it that holds a value which it does not offer."""
    kind = type(widget).__name__
    if kind in ("Selectbox", "TextInput", "TextArea"):
        yield WidgetState(id=name, string_value=value)
    elif kind in ("MultiSelect", "ButtonGroup"):
        state = WidgetState(id=name)
        state.string_array_value.data.append(value)
        yield state
    elif kind == "BidiComponent":
        events = [{"event": event, "value": value} for event in ("pick", "press", "go", "edit", "frame", "dials")]
        yield WidgetState(id=name, json_value=json.dumps({event["event"]: value for event in events}))
        yield WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{name}__events", json_trigger_value=json.dumps(events))


# --- sessions


def test_to_know_a_session_is_not_to_have_it(classroom: Classroom, prey: Prey) -> None:
    """With another's cookie, or none, Streamlit begins a session of one's own; hers goes on."""
    for cookie in (classroom.bob.cookie, "", f"{TEACHER_COOKIE}={prey.session}"):
        with Tab(classroom.address, cookie, prey.session) as tab:
            received = tab.open("lessons")
            assert tab.session != prey.session
            assert prey.got(received, prey.session) == []
    with Tab(classroom.address, classroom.ada.cookie, prey.session) as tab:
        assert SECRET.encode() in tab.open("lessons")
        assert tab.session == prey.session


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET", "POST", "HEAD", "OPTIONS"])
def test_what_she_uploads_is_out_of_reach(classroom: Classroom, prey: Prey, method: str) -> None:
    for cookie in (classroom.bob.cookie, "", f"{COOKIE}={prey.folder.name}"):
        answer = ask(classroom.address, f"/_stcore/upload_file/{prey.session}/x", cookie, method)
        assert answer.status == 404


# --- uploads


def uploads(classroom: Classroom, prey: Prey) -> Iterator[dict[str, bytes]]:
    """What is uploaded at once: files whose names lead to hers, or which name hers as their pictures."""
    hers = prey.folder / "images" / f"{prey.pictures[0]}.png"
    above = f"../{prey.folder.name}/images/{prey.pictures[0]}.png"
    named = ("/etc/passwd", str(hers), above, f"../{above}", f"file://{hers}", f"C:\\..\\{prey.folder.name}\\a.png")
    plain = [*named[1:4], named[5], f"../../{prey.folder.name}/workspace.json.png", ".lock.png", f"{'x' * 300}.png"]
    yield {name: picture((50, 60, 70), n) for n, name in enumerate(plain, 500)}
    yield {"out.zip": archive({name: picture((50, 60, 70), n) for n, name in enumerate(named, 600)})}
    yield {"links.zip": archive({}, {f"link-{n}.png": name for n, name in enumerate(named)})}
    coco = {
        "images": [{"id": n, "file_name": name, "width": 64, "height": 48} for n, name in enumerate(named)],
        "annotations": [{"image_id": n, "category_id": 1, "bbox": [1, 1, 9, 9], "id": n} for n in range(len(named))],
        "categories": [{"id": 1, "name": "square"}],
    }
    yield {"coco.zip": archive({"instances.json": json.dumps(coco)})}
    voc = "<annotation><folder>{0}</folder><filename>{0}</filename><path>{0}</path></annotation>"
    yield {"voc.zip": archive({f"{n}.xml": voc.format(name) for n, name in enumerate(named)})}
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{prey.folder}/lessons.json">]>'
    yield {"entity.zip": archive({"a.xml": entity + voc.format("&x;")})}
    cvat = "".join(f'<image id="{n}" name="{name}" width="64" height="48"/>' for n, name in enumerate(named))
    yield {"cvat.zip": archive({"a.xml": f"<annotations>{cvat}</annotations>"})}
    lists = {"data.yaml": f"path: {prey.folder}\ntrain: images\nnames: [a]", "train.txt": "\n".join(named)}
    yield {"yolo.zip": archive({"labels/a.txt": "0 .5 .5 .1 .1", **lists})}
    video = prey.folder / "clips" / f"{prey.clip}.mp4"
    playlists = {
        "list.mp4": f"ffconcat version 1.0\nfile '{video}'\n",
        "list.webm": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{video}\n#EXT-X-ENDLIST\n",
        "list.mov": f"#EXTM3U\n#EXTINF:1,\nconcat:{video}|{video}\n",
        "list.avi": f"<MPD><BaseURL>file://{video}</BaseURL></MPD>",
    }
    yield {name: text.encode() for name, text in playlists.items()}


def archive(files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None) -> bytes:
    """A zip of a picture, of files, and of symbolic links to where they lead."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as out:
        for name, data in {"a.png": picture((1, 2, 3), len(files)), **files}.items():
            out.writestr(name, data)
        for name, leads in (links or {}).items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            out.writestr(entry, leads)
    return content.getvalue()


def test_no_upload_reaches_out_of_his_workspace(classroom: Classroom, prey: Prey) -> None:
    with Tab(classroom.address, classroom.bob.cookie) as tab:
        for n, files in enumerate(uploads(classroom, prey)):
            tab.open("glossary")
            tab.open("images")
            received = tab.press("import", tab.upload(f"import_files_{n}", files))
            assert prey.got(received, list(files)) == []
    folder = classroom.bob.tenant.folder
    workspace = Workspace(folder)
    assert len(workspace.ids) > 10
    assert workspace.clips.ids() == ()
    assert not set(workspace.ids) & set(prey.pictures)
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder.resolve())
        assert path.is_dir() or prey.got(path.read_bytes(), (RUN, EXPERIMENT)) == []
