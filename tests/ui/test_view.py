"""The view: everything that is seen goes into a link and comes back; its options keep their types."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some

from frcnn_viz.paths import PACKAGE, ROOT
from frcnn_viz.pipeline.settings import FIELD_NAMES
from frcnn_viz.ui import view
from frcnn_viz.ui.view import SELECTIONS, SETS, Option, View

TEXT = some.text(some.characters(exclude_categories=("Cs",)), min_size=1, max_size=60)
VIEWS = some.builds(
    View,
    page=some.sampled_from(["overview", "rois"]),
    image=TEXT,
    set=some.sampled_from(SETS),
    model=TEXT,
    random=some.booleans(),
    device=TEXT,
    changes=some.dictionaries(some.sampled_from(FIELD_NAMES), TEXT).map(
        lambda changes: tuple((name, changes[name]) for name in FIELD_NAMES if name in changes)
    ),
    selected=some.dictionaries(some.sampled_from(SELECTIONS), some.integers(0, 10**9 - 1)).map(
        lambda chosen: tuple(chosen.items())
    ),
    options=some.dictionaries(some.from_regex(r"[a-z_]{1,9}\.[a-z_]{1,9}", fullmatch=True), TEXT, max_size=9).map(
        lambda options: tuple(options.items())
    ),
    look=TEXT,
    pinned=TEXT,
    lesson=TEXT,
    only=TEXT,
)


@given(VIEWS)
def test_a_view_comes_back_from_its_link(seen: View) -> None:
    link = dict(parse_qsl(urlencode(seen.link()), keep_blank_values=True))
    assert View.of(link, seen.page) == seen


@given(VIEWS)
def test_a_pinned_view_comes_back_without_what_it_was_pinned_beside(seen: View) -> None:
    assert View.of_text(seen.text()).link() == {k: v for k, v in seen.link().items() if k != "pinned"}
    assert View.of_text(seen.text()).page == seen.page


@given(some.dictionaries(TEXT, some.text(max_size=500)))
def test_any_link_is_a_view(link: dict[str, str]) -> None:
    seen = View.of(link, "overview")
    assert View.of(seen.link(), "overview") == seen


@pytest.mark.parametrize(
    ("first", "values", "bad"),
    [
        (False, [True], ["yes", "2", ""]),
        (3, [0, 12], ["x", "1.5", "1_0", "\u00b2", "9" * 400]),
        (0.5, [0.1, 1e-9], ["nan", "inf", "1,5", "1_0"]),
        ("mean", ["max", "", "PCA to RGB"], []),
    ],
)
def test_an_option_keeps_its_type(first: object, values: list, bad: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view.st, "session_state", {})
    option = Option("page.option", first)
    for value in values:
        option.set(value)
        assert option.value == value
        assert type(option.value) is type(first)
    option.set(first)
    assert view.now().options == ()
    for text in bad:
        view.change(options=(("page.option", text),))
        assert option.value == first


@pytest.mark.parametrize(
    ("fields", "look"), [({"image": "fog"}, ""), ({"page": "rois"}, ""), ({"set": "this"}, "z=3,9,9")]
)
def test_the_look_of_a_link_is_of_its_page_and_picture(
    fields: dict[str, str], look: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view.st, "session_state", {"view": View(look="z=3,9,9")})
    view.change(**fields)
    assert view.now() == View(**fields, look=look)


def test_nothing_but_the_view_touches_the_sessions_state() -> None:
    sources = [*PACKAGE.rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]
    touching = [path for path in sources if "session_state" in path.read_text(encoding="utf-8")]
    assert touching == [PACKAGE / "ui" / "view.py"]


def test_options_are_named_by_their_page_once() -> None:
    sources: list[Path] = [*(PACKAGE / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    declared = re.compile(r"^[A-Z_, ]+ = (Option\(.*)$", re.M)
    lines = [line for path in sources for line in declared.findall(path.read_text(encoding="utf-8"))]
    named = [name for line in lines for name in re.findall(r'Option\("([^"]+)"', line)]
    assert len(named) > 15
    assert sorted(set(named)) == sorted(named)
