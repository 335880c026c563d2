"""What is on the screen, as one frozen value: from a link, to a link. Nothing else reads or writes the session's state.

The link is the whole view, so that a link, Back and Forward bring back what was seen. What is not in it is as at first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from frcnn_viz.data.samples import SAMPLE_SETS, SAMPLES
from frcnn_viz.models.registry import DEFAULT_DETECTOR
from frcnn_viz.pipeline.settings import FIELD_NAMES
from frcnn_viz.ui.overlap import is_to_be_sent_again

SELECTIONS = ("cell", "anchor", "candidate", "proposal", "detection", "loss_anchor", "loss_roi", "object")
SETS = ("this", "yours", "class", *SAMPLE_SETS)
"""The images that pages about many work on: the one in view, one's own, the teacher's, those of the program."""
FIRST_IMAGE = {"autopsy": "fog"}
"""Where a page that is opened without a picture begins with another than the first sample; in this one objects are
missed."""
MOST_TEXT, MOST_OPTIONS = 2000, 60
T = TypeVar("T")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class View:
    """Everything that decides what is seen.

    Attributes:
        page: its name. image: a sample's name, an image's id in a workspace, or `clip:NAME@FRAME`.
        set: one of `SETS`.
        model: the detector's name; empty in a link that names none. random: whether it has random weights.
        device: `auto` or a torch device.
        changes: the settings that differ from the model's own, as text.
        selected: kind and index of what is chosen; the last chosen last.
        options: what is chosen on pages, by `page.option`, as text; only what is not as at first.
        look: zoom, filters and hidden groups of the page's canvas, in the canvas's own words.
        pinned: the link of another view to compare with; empty where none is.
        lesson: the name of the one that is open; empty where none is.
        only: the controls that are shown, parted by commas, by the name of their setting, option or field of the view;
            empty where all are, and any other word where none is.
    """

    page: str = "overview"
    image: str = next(iter(SAMPLES))
    set: str = SETS[0]
    model: str = DEFAULT_DETECTOR
    random: bool = False
    device: str = "auto"
    changes: Pairs = ()
    selected: tuple[tuple[str, int], ...] = ()
    options: Pairs = ()
    look: str = ""
    pinned: str = ""
    lesson: str = ""
    only: str = ""

    @classmethod
    def of(cls, link: Mapping[str, str], page: str) -> View:
        """The view that a link gives; what no view can hold is left out."""
        link = {name: text[:MOST_TEXT] if name != "pinned" else text[:4000] for name, text in link.items()}
        numbers = [(kind, text[:9]) for kind, text in link.items() if kind in SELECTIONS]
        options = [(name, text) for name, text in link.items() if _OPTION.fullmatch(name)]
        return cls(
            page,
            link.get("image", FIRST_IMAGE.get(page, cls.image)),
            link.get("set", cls.set) if link.get("set") in SETS else cls.set,
            link.get("model", ""),
            link.get("weights") == "random",
            link.get("device", cls.device),
            tuple((name, link[name]) for name in FIELD_NAMES if name in link),
            tuple((kind, int(text)) for kind, text in numbers if text.isascii() and text.isdecimal()),
            tuple(options[:MOST_OPTIONS]),
            link.get("look", ""),
            link.get("pinned", ""),
            link.get("lesson", ""),
            link.get("only", ""),
        )

    @classmethod
    def of_text(cls, link: str) -> View:
        """The view that `text` gave."""
        parts = dict(parse_qsl(link))
        return cls.of(parts, parts.pop("page", cls.page))

    def link(self) -> dict[str, str]:
        """The view as a link's parts, without the page, which is its path."""
        told = {"model": self.model, "image": self.image}
        told |= {"weights": "random"} if self.random else {}
        for name in ("set", "device", "look", "pinned", "lesson", "only"):
            if (value := getattr(self, name)) != getattr(View, name):
                told[name] = value
        return {**told, **dict(self.changes), **{k: str(i) for k, i in self.selected}, **dict(self.options)}

    def text(self) -> str:
        """The view in one line, with its page, without what it is compared with."""
        return urlencode({"page": self.page, **replace(self, pinned="").link()})


_OPTION = re.compile(r"[a-z_]{1,20}\.[a-z_]{1,30}")


@dataclass(frozen=True)
class Option:
    """A choice of a page: declared once beside it, kept in the view, and so in the link.

    Attributes:
        name: `page.option`. first: what it is before anything is chosen; its type is that of all its values.
    """

    name: str
    first: Any

    def __post_init__(self) -> None:
        assert _OPTION.fullmatch(self.name), self.name

    @property
    def value(self) -> Any:
        """What is chosen now."""
        text = dict(now().options).get(self.name)
        value = None if text is None else _read(text, type(self.first))
        return self.first if value is None else value

    def set(self, value: Any) -> None:
        """Choose; None is as at first."""
        others = tuple(pair for pair in now().options if pair[0] != self.name)
        chosen = () if value is None or value == self.first else ((self.name, _write(value)),)
        change(options=(*others, *chosen))


def _write(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else value if isinstance(value, str) else repr(value)


def _read(text: str, kind: type) -> Any:
    if kind is str:
        return text
    if kind is bool:
        return {"0": False, "1": True}.get(text)
    try:
        value = kind(text) if len(text) < 32 and text.isascii() and "_" not in text else None
    except ValueError:
        return None
    return None if value is None or not math.isfinite(value) else value


def now() -> View:
    """The visitor's view."""
    return st.session_state["view"] if "view" in st.session_state else View()


def change(**fields: object) -> None:
    """Show something else; the look that a link gave is of its page and picture alone."""
    before, after = now(), replace(now(), **fields)
    moved = (after.page, after.image) != (before.page, before.image)
    st.session_state["view"] = replace(after, look="") if moved and "look" not in fields else after


def offers(control: str) -> bool:
    """Whether a control is shown: a setting, an option or a field of the view, by its name. Tabs are none."""
    only = now().only
    return not only or control.endswith(".tab") or control in only.split(",")


def pin(seen: View | None = None) -> None:
    """Keep a view to compare others with; without one, this one."""
    change(pinned=(seen or now()).text())


def swap() -> None:
    """Look at the pinned view, on the same page, and pin the one that was looked at."""
    here, there = now(), View.of_text(now().pinned)
    kept = {name: getattr(here, name) for name in ("page", "set", "options", "look", "lesson", "only")}
    change(**vars(replace(there, **kept)))
    pin(here)


def arrive(page: str) -> bool:
    """Note that `page` is opened; returns whether the link was followed, as on first arrival, Back and Forward.

    A page chosen in the navigation comes without a link, and a rerun of the same page with one that may be behind.
    """
    link = st.query_params.to_dict()
    first, moving = "view" not in st.session_state, st.session_state.pop("moving", False)
    if first or (page != now().page and link and not moving):
        st.session_state["view"] = View.of(link, page)
        st.session_state["restored"] = st.session_state.get("restored", 0) + 1
        return True
    if page != now().page:
        change(page=page, look=now().look if moving else "")
    return False


def restored() -> int:
    """How many times a link was followed."""
    return st.session_state.get("restored", 0)


def go_to(page: str, look: str = "") -> None:
    """Open another page when the script runs again, its canvas with that look; for callbacks."""
    change(look=look)
    st.session_state["go_to"] = page


def open_tab(page: str, tab: str) -> None:
    """Open a tab of a page, by its name or, empty, the first; for callbacks."""
    Option(f"{page}.tab", "").set(tab or None)
    if page != now().page:
        go_to(page)


def going_to() -> str | None:
    """The page to open now, once."""
    target = st.session_state.pop("go_to", None)
    if target:
        st.session_state["moving"] = True
    return target


def is_behind() -> bool:
    """Whether a page is to be opened or a sentence told, for which the page has to run, and not a part of it."""
    return "go_to" in st.session_state or bool(st.session_state.get("sentences"))


def tell(sentence: str) -> None:
    """Keep a sentence for the top of the page."""
    st.session_state["sentences"] = [*st.session_state.get("sentences", []), sentence]


def told() -> list[str]:
    """The sentences kept for this run; they are told once."""
    return st.session_state.pop("sentences", [])


def kept(name: str, make: Callable[[], T]) -> T:
    """What a page keeps while the visitor is here and no link needs: results that were asked for, drafts."""
    if f"kept_{name}" not in st.session_state:
        st.session_state[f"kept_{name}"] = make()
    return st.session_state[f"kept_{name}"]


def forget(name: str) -> None:
    """Let go of what was kept."""
    st.session_state.pop(f"kept_{name}", None)


def held(key: str) -> Any:
    """What a widget or component holds; None where it was not shown yet."""
    return st.session_state.get(key)


def hold(key: str, value: object, typed: bool = False) -> None:
    """Put a widget to a value before it is shown; setting one that has it already makes it draw twice.

    Give it the widget as its first value as well: with that a browser shows it which never saw this.

    `typed`: it is one in which the user writes.
    """
    if st.session_state.get(key) != value or is_to_be_sent_again(key, typed):
        st.session_state[key] = value
