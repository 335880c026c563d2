"""What Bob sends in order to get at what is Ada's: targets, cookies, links, states of widgets, files."""

from __future__ import annotations

import io
import json
import re
import runpy
import secrets
import stat
import zipfile
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from frcnn_viz.classroom.rules import CLASS_VARIABLE, digest_of, rules
from frcnn_viz.data import tenant as tenants
from frcnn_viz.paths import APP
from frcnn_viz.ui import images
from frcnn_viz.ui.classroom.door import COOKIE, TEACHER_COOKIE
from frcnn_viz.ui.frame.pages import PAGES
from tests.browser.classroom import EXPERIMENT, RUN, SECRET, Classroom, picture
from tests.browser.prey import Prey
from tests.pages.opening import places

SMALL = {"min_size": "64", "max_size": "96"}
"""Settings at which pages are quick."""
STREAMLITS = (
    *("/media/{id}", "/component/{id}", "/static/{id}", "/app/static/{id}", "/{id}", "/?image={id}"),
    *("/detections/{id}", "/_stcore/upload_file/{id}/{id}", "/_stcore/bidi-components/{id}"),
    *("/_stcore/agent/{id}", "/_stcore/metrics?families={id}", "/_stcore/host-config?{id}"),
)
"""Routes that Streamlit adds to the app's own."""


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
        "garbage": f"{COOKIE}=%7f%00..%2f;;=;",
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
    yield from product([route for route in walked if "{id}" not in route], names)
    within = str(prey.folder.relative_to(classroom.base))
    paths = [f"{within}/{name}" for name in ("visitor.json", f"images/{prey.pictures[0]}.png", "lessons.json")]
    paths += [str(prey.folder / "workspace.json").lstrip("/"), "etc/passwd"]
    for route, path in product([route for route in walked if "{id}" in route], paths):
        for spelt in spellings(path):
            before, _, after = route.partition("{id}")
            after = after.replace("{id}", "0")
            whole = before.encode() + spelt + after.encode() if isinstance(spelt, bytes) else before + spelt + after
            yield whole, "his"


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
    """Links to every tab of every page that name what is hers wherever a link can name anything."""
    first, second, third = prey.pictures
    paths = {"results.path": str(prey.folder), "results.against": str(classroom.base)}
    named = {"train.run": RUN, "train.name": RUN, "experiments.name": EXPERIMENT, "lesson": "count", "set": "yours"}
    sets = {"train.set": str(prey.folder), "experiments.set": f"{prey.folder}/images", "images.text": SECRET[:2]}
    pins = [
        {"pinned": f"page=detections&image={second}&model={prey.checkpoint}"},
        {"pinned": f"page=video&image=clip:{prey.clip}@2&model=run:{RUN}@0"},
    ]
    for place in places():
        page, _, tab = place.partition("/")
        yield page, {"image": first, "model": f"run:{RUN}@3", f"{page}.tab": tab, **paths, **named, **pins[0], **SMALL}
    for page in PAGES:
        yield page, {"image": f"clip:{prey.clip}@1", "model": prey.checkpoint, **sets, **pins[1], **SMALL}
    for n, name in enumerate(ways_out(prey)):
        yield ("glossary", "model")[n % 2], {"image": name, "model": name, "train.run": name, **SMALL}
    yield "images", {"image": third, "images.tab": "draw"}
    for place in ("images/draw", "autopsy/", "metrics/", "detections/", "lab/", "images/yours", "training/"):
        page, _, tab = place.partition("/")
        yield page, {"image": prey.both, "set": "yours", "model": "street-c4", **({f"{page}.tab": tab} if tab else {})}
    yield "train", {"train.tab": "runs", "train.run": RUN}
    yield "experiments", {"experiments.tab": "arms", "experiments.name": EXPERIMENT}
    yield "lessons", {"lessons.tab": "question", "lesson": "count", "image": first, "model": f"run:{RUN}"}
    yield "train", {"train.tab": "learn", "train.set": str(prey.folder)}


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
