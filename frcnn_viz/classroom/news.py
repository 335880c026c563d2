"""The picture that the teacher shows to everyone: the last one alone, in `news.json` of the teacher's workspace."""

from __future__ import annotations

import math
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import JsonFiles, as_json, write_whole

MOST_BYTES = 20_000
MOST_WORDS = 500
"""Characters."""
_FILES = JsonFiles()


@dataclass(frozen=True)
class News:
    """What everyone is shown.

    Attributes:
        number: milliseconds since 1970 when it was pushed, or one more than the last; no later news has a lower one.
        picture: its key. words: the teacher's, about it. when: seconds since 1970.
        page: that it is to be looked at on; empty where that is the visitor's choice.
    """

    number: int
    picture: str
    words: str
    when: float
    page: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.number < 2**53 or not math.isfinite(self.when):
            raise ValueError(f"news cannot have the number {self.number} and the time {self.when}")
        is_short = 0 < len(self.picture) <= 200 and len(self.words) <= MOST_WORDS
        if not is_short or not re.fullmatch("[a-z_]{0,30}", self.page):
            raise ValueError("news name a picture, in few words, and a page")

    @classmethod
    def from_dict(cls, content: Any) -> News:
        """What `push` wrote.

        Raises:
            ValueError, TypeError, LookupError, OverflowError: it is something else.
        """
        told = {name: str(content[name]) for name in ("picture", "words", "page")}
        return cls(int(content["number"]), when=float(content["when"]), **told)


def push(base: Path, picture: str, words: str, page: str = "") -> News:
    """Show a picture to everyone.

    Args:
        base: the teacher's workspace.
        picture: the key of one that all can see.
        words: about it; what is too long is cut off.
        page: of the app, on which it is to be looked at; empty leaves that to the visitor.

    Raises:
        DataError: it cannot be written.
        ValueError: it is no key, or no page's name.
    """
    before, now = latest(base), time.time()
    number = max(round(now * 1000), before.number + 1 if before else 0)
    one = News(number, picture, " ".join(words.split())[:MOST_WORDS], now, page)
    write_whole(base / "news.json", as_json(asdict(one)))
    return one


def latest(base: Path) -> News | None:
    """What was pushed last; None where nothing was, or it cannot be read. Read again only when it was replaced."""
    path = base / "news.json"
    with suppress(OSError, DataError):
        if path.stat().st_size <= MOST_BYTES:
            return _FILES.read(path, News.from_dict)
    return None
