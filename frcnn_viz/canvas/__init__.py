"""The one canvas: a picture with boxes on it, filtered, zoomed, picked and edited in the browser. It knows no host.

`scene.py` packs what is shown; the JavaScript beside it shows it. The scripts are plain and local, and joined in the
order of `SCRIPTS` into one ES module.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
SCRIPTS = ("decode.js", "nms.js", "sieve.js", "view.js", "stage.js", "draw.js", "canvas.js")
"""`decode.js` reads the message, `nms.js` and `sieve.js` filter while a dial is held, `view.js` maps image to screen
and finds boxes, `stage.js` is what the box editor does alike, `draw.js` paints, `canvas.js` ties them to the host."""


def read(name: str) -> str:
    """One of the files beside this one."""
    return (_HERE / name).read_text(encoding="utf-8")


def module() -> str:
    """The scripts as one ES module."""
    return "\n".join(map(read, SCRIPTS))
