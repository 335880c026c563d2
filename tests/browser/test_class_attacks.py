"""Nobody in a class gets at another's data: every way in is tried, and what comes back is searched for what is hers.

Ada keeps some of everything, and her browser has it all on its screen; Bob, who knows her ids, her links and the name
of her folder, tries for it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from itertools import product

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from frcnn_viz.classroom.rules import digest_of
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.models.own import PREFIX as OWN
from frcnn_viz.ui.classroom.door import COOKIE, TEACHER_COOKIE
from frcnn_viz.ui.frame.pages import PAGES
from tests.browser.attacks import SMALL, cookies, links, own_routes, requests, states_of, uploads
from tests.browser.classroom import EXPERIMENT, RUN, SECRET, Classroom
from tests.browser.prey import Prey, files_of, needles_of
from tests.browser.wire import Tab, ask

LEAST = 500
"""Attempts by requests alone."""


@pytest.fixture(scope="module")
def prey(classroom: Classroom) -> Iterator[Prey]:
    """Ada's tab is open, and the server holds all of hers that a page ever shows; Bob has his own tab open."""
    folder = classroom.ada.tenant.folder
    workspace = Workspace(folder)
    *pictures, both = workspace.ids
    (clip,) = workspace.clips.ids()
    checkpoint = next((folder / "models").glob(f"{OWN}*.json")).stem
    seen = {
        "detections": {"image": pictures[0], **SMALL},
        "proposals": {"image": pictures[1], "model": f"run:{RUN}@3", **SMALL},
        "images": {"image": pictures[2]},
        "video": {"image": f"clip:{clip}@1", **SMALL},
        "autopsy": {"image": both, "set": "yours", "model": "street-c4"},
        "metrics": {"image": both, "set": "yours", "model": "street-c4"},
        "train": {"train.tab": "runs"},
        "experiments": {"model": checkpoint, **SMALL},
        "lessons": {},
    }
    with Tab(classroom.address, classroom.bob.cookie) as own:
        theirs: set[str] = set()
        mine = {"image": Workspace(classroom.bob.tenant.folder).ids[0], **SMALL}
        for page, link in [("", {}), *((page, mine) for page in seen), ("video", {}), ("autopsy", seen["autopsy"])]:
            own.open(page, **link)
            theirs |= own.urls
    with Tab(classroom.address, classroom.ada.cookie) as tab:
        hers: set[str] = set()
        for page, link in seen.items():
            assert SECRET.encode() in tab.open(page, **link)
            hers |= tab.urls
        tab.press("lesson_download")
        hers |= tab.urls
        for url in hers - theirs:
            ask(classroom.address, f"/{url}", classroom.ada.cookie)
        urls, needles = tuple(sorted(hers - theirs)), tuple(needles_of(folder, pictures))
        yield Prey(tuple(pictures), both, clip, checkpoint, folder, tab.session, urls, needles)


@pytest.fixture
def unharmed(classroom: Classroom, prey: Prey) -> Iterator[None]:
    """Whatever was tried, no byte of anybody else's has changed, and no folder has come."""
    before, folders = files_of(classroom), sorted((classroom.base / "visitors").iterdir())
    yield
    assert files_of(classroom) == before
    assert sorted((classroom.base / "visitors").iterdir()) == folders


def test_what_is_looked_for_is_found_in_what_ada_gets(classroom: Classroom, prey: Prey) -> None:
    found = set()
    for url in prey.urls:
        answer = ask(classroom.address, f"/{url}", classroom.ada.cookie)
        assert answer.status == 200, url
        found |= {url.partition("/")[0]} if prey.got(answer.content, "") else set()
    assert found == {"img", "thumbnail", "frame", "media"}  # an array is of numbers, in which nothing could be found
    assert any(url.startswith("array/") for url in prey.urls)
    assert prey.got(ask(classroom.address, "/class/workspace.zip", classroom.ada.cookie).content, "")


# --- requests


@pytest.mark.usefixtures("unharmed")
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


@pytest.mark.usefixtures("unharmed")
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


@pytest.mark.usefixtures("unharmed")
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
        assert b"image=night" not in tab.open("glossary")  # the page's own link has it
        assert b"image=night" in tab.answer([WidgetState(id=tab.find("choose_image"), string_value="Night")])
        for page, value in product(pages, hostile):
            tab.open(page, **pages[page], **SMALL)
            assert len(tab.widgets) > 4
            states = [state for one in tab.widgets.items() for state in states_of(*one, value)]
            if found := prey.got(tab.answer(states), hostile):
                succeeded.append((page, value, found))
    assert succeeded == []


def test_the_teachers_page_is_the_teachers(classroom: Classroom, prey: Prey) -> None:
    with Tab(classroom.address, classroom.teacher) as tab:
        assert SECRET.encode() in tab.open("teacher", **{"teacher.tab": "here"})
    for cookie in cookies(classroom).values():
        with Tab(classroom.address, cookie or "") as tab:
            assert prey.got(tab.open("teacher", **{"teacher.tab": "here"}), "") == []


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


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET", "POST", "HEAD", "OPTIONS"])
def test_what_she_uploads_is_out_of_reach(classroom: Classroom, prey: Prey, method: str) -> None:
    for cookie in (classroom.bob.cookie, "", f"{COOKIE}={prey.folder.name}"):
        answer = ask(classroom.address, f"/_stcore/upload_file/{prey.session}/x", cookie, method)
        assert answer.status == 404


# --- uploads


@pytest.mark.usefixtures("unharmed")
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


# --- cookies


def given(content: bytes) -> list[str]:
    """The cookies of the app that an answer gives, each with its attributes."""
    return [line.decode() for line in re.findall(rb"set-cookie: (frcnn_viz[^\r]*)", content)]


@pytest.mark.parametrize("proxy", ["http", "https"])
def test_the_cookie_is_32_random_bytes_for_the_browser_alone(classroom: Classroom, proxy: str) -> None:
    head = {"Accept": "text/html", "X-Forwarded-Proto": proxy}
    answers = [ask(classroom.address, f"/{page}", headers=head).content for page in ("", "images")]
    (first,), (second,) = map(given, answers)
    name, *attributes = first.split("; ")
    assert len(base64.urlsafe_b64decode(f"{name.removeprefix(f'{COOKIE}=')}=")) == 32
    assert name != second.split("; ")[0]
    wanted = {"Path=/", "HttpOnly", "SameSite=lax"} | ({"Secure"} if proxy == "https" else set())
    assert {one for one in attributes if not one.startswith("Max-Age=")} == wanted
    assert all(b"cache-control: no-store" in answer for answer in answers)


def test_the_secret_is_told_nowhere(classroom: Classroom) -> None:
    """In no page, and so in no link; in no answer, and not in the log."""
    ada, told = classroom.ada, []
    with Tab(classroom.address, ada.cookie) as tab:
        for page in PAGES:
            told.append(tab.open(page, **SMALL))
            told += [ask(classroom.address, f"/{url}", ada.cookie).content for url in list(tab.urls)[:3]]
    told += [ask(classroom.address, target, ada.cookie).content for target in ("/", "/health", "/_stcore/metrics")]
    told.append(classroom.log.read_bytes())
    secrets = {ada.secret, classroom.token, ada.tenant.folder.name, digest_of(ada.secret), digest_of(classroom.token)}
    assert [one for one in secrets if any(one.encode() in content for content in told)] == []


@pytest.mark.usefixtures("unharmed")
def test_a_secret_that_comes_otherwise_than_by_the_cookie_is_none(classroom: Classroom, prey: Prey) -> None:
    secret = classroom.ada.secret
    head = {"Accept": "text/html", "Authorization": f"Bearer {secret}", COOKIE: secret}
    for target in (f"/?{COOKIE}={secret}", f"/{secret}", f"/thumbnail/{prey.pictures[0]}.jpg?{COOKIE}={secret}"):
        answer = ask(classroom.address, target, headers=head)
        assert secret not in "".join(given(answer.content))
        assert prey.got(answer.content, "") == []
    with Tab(classroom.address) as tab:
        assert prey.got(tab.open("images", **{COOKIE: secret, "image": prey.pictures[0]}), prey.pictures) == []


def test_who_keeps_no_cookie_leaves_nothing_and_who_does_stays_one(classroom: Classroom) -> None:
    """Previews of links and robots; a second tab, Back, and a browser that keeps odd cookies of others."""
    folders = sorted((classroom.base / "visitors").iterdir())
    for agent in ("Twitterbot/1.0", "curl/8.0", "Mozilla/5.0"):
        for accept in ("text/html", "*/*", "image/png", ""):
            for method in ("GET", "HEAD", "POST", "OPTIONS"):
                answer = ask(classroom.address, "/", None, method, {"User-Agent": agent, "Accept": accept})
                assert len(given(answer.content)) == (accept == "text/html" and method == "GET")
    odd = f'bad[name=1; "; {classroom.ada.cookie}; other=\xe4'
    for cookie in (classroom.ada.cookie, odd):
        for target in ("/", "/images", "/"):
            assert given(ask(classroom.address, target, cookie, headers={"Accept": "text/html"}).content) == []
    with Tab(classroom.address, classroom.ada.cookie) as one, Tab(classroom.address, odd) as other:
        assert SECRET.encode() in one.open("images")
        assert SECRET.encode() in other.open("images")
        assert one.session != other.session
    assert sorted((classroom.base / "visitors").iterdir()) == folders
