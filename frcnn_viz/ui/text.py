"""Text from outside (file and class names, links, sentences that quote them), shown as it is written.

Streamlit renders labels, captions, warnings, tooltips and metrics as Markdown with additions of its own: a name such as
`![](http://...)` would make the visitor's browser fetch what it names. What did not come from this program's own words
goes through `plain` before it gets there.
"""

from __future__ import annotations

import re
from contextlib import suppress

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.tenant import tenant

_APART = re.compile(
    r":(?=[\w+/-]+:|material/)"  # icons, emoji
    r"|(?<!\S)[-<>~](?=(?:-|=|>|->)(?!\S))"  # arrows
    r"|(?=https?://|www\.)|@(?=[\w-])",  # bare addresses; what is before one is no part of it when it is copied
    re.IGNORECASE,
)
"""What Streamlit looks for after all escapes are resolved, so that only a character between helps."""
_WORD_JOINER = "\N{WORD JOINER}"  # is not drawn, and no line breaks at it
_SPECIAL = re.compile(r"[\\`*\[\]<>#|~$&]|(?<![^\W_])_|_(?![^\W_])|:(?=[A-Za-z/])|(?<=www)\.", re.IGNORECASE)
_FIRST = re.compile(r"^(?:\d{1,9}(?=[.)](?:\s|$))|(?=[-+](?:\s|-|$)))")
"""What would make a line a list or a rule."""


def plain(text: object) -> str:
    """Markdown that reads as `text`, on one line: nothing in it is a link, a picture, a formula, an icon, a style.

    Where the visitor is not to know the server's folders, the workspace's is called by its name.
    """
    told = str(text)
    with suppress(DataError):  # nobody's: then it is of no folder
        told = tenant().discreet(told)
    line = _APART.sub(rf"\g<0>{_WORD_JOINER}", " ".join(told.split()))
    return _FIRST.sub(r"\g<0>\\", _SPECIAL.sub(r"\\\g<0>", line))
