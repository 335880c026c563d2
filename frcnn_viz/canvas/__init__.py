"""The one canvas: a picture with boxes on it, filtered, zoomed, picked and edited in the browser. It knows no host.

`scene.py` packs what is shown; the JavaScript beside it shows it. The scripts are plain and local, and joined in the
order of `SCRIPTS` into one ES module, which exports `mount` (see `mount.js`). `canvas.css` is the host's to put beside
it, where the canvas and its panel (an element of class `canvas-panel`) stand.
"""

from __future__ import annotations

import json
from pathlib import Path

_HERE = Path(__file__).parent
SCRIPTS = (
    "decode.js",  # reads the message
    "nms.js",
    "sieve.js",  # with nms.js: what becomes of the boxes while a dial is held
    "court.js",  # with nms.js: NMS step by step
    "view.js",  # maps image to screen
    "filters.js",  # which boxes are shown, and which is under the pointer
    "stage.js",  # the size, the canvases, the pictures
    "tags.js",  # words on boxes
    "draw.js",
    "raster.js",  # thousands of boxes
    "density.js",  # more than can be told apart
    "hold.js",  # a slider under the hand
    "panel.js",  # the controls: filters, legend
    "dials.js",  # the controls: settings of a stage
    "film.js",  # pictures in the place of one
    "player.js",  # the controls: steps of a court, frames of a film
    "words.js",  # what is told in words
    "boxes.js",  # the tools' boxes and their history
    "tools.js",  # drawing, moving, naming
    "toolpaint.js",
    "toolbar.js",
    "look.js",  # what the reader set, to and from a text
    "link.js",  # canvases that are turned together
    "pointer.js",
    "focus.js",  # the boxes by keyboard
    "keys.js",
    "png.js",
    "mount.js",  # ties them to the host
)


def read(name: str) -> str:
    """One of the files beside this one."""
    return (_HERE / name).read_text(encoding="utf-8")


def script() -> str:
    """The scripts as one plain script."""
    return "\n".join([f"const MARKUP = {json.dumps(read('canvas.html'))};", *map(read, SCRIPTS)])


def module() -> str:
    """The scripts as one ES module, which exports `mount`."""
    return script() + "\nexport { mount };\n"
