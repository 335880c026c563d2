"""What the box canvas draws, and how it travels: one header of JSON, then plain arrays; large ones by URL.

Shape shorthand: N boxes of a layer. All coordinates are pixels of the user's image.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from frcnn_viz.canvas.message import Message
from frcnn_viz.canvas.sieve import Sieve
from frcnn_viz.data.annotations import FLAGS, Object


@dataclass(frozen=True, eq=False)
class BoxLayer:
    """Boxes drawn in one manner.

    Attributes:
        name: shown in the legend, and returned when one of its boxes is clicked.
        boxes_in_image: [N, 4] xyxy.
        legend: (label, colour) of each group.
        groups: [N], index into `legend`; all 0 when None.
        ids: [N], whole numbers returned on a click; 0..N-1 when None.
        kind: what the ids number, as `CanvasScene.chosen` calls it; empty where none of the boxes is ever chosen.
        scores: [N]; with them the canvas offers its score and top-k filters.
        columns: numbers [N] shown on hover, by name.
        labels: text drawn at each box.
        named: of so many groups, the first, each box has its group's name and its score drawn at it.
        frames: whole numbers [N], the frame of the scene's film that each is in, from 0; None: it is in all.
        tails: [N, 2], where an arrow to the box's centre starts.
        width: of the strokes, screen pixels. widths: of a group that has another.
        dashes: of a group whose strokes are not solid, the lengths of stroke and gap, screen pixels: what differs in
            colour should differ so as well, for those who see few colours.
        visible: whether it is shown before the reader chooses.
        pickable: whether its boxes are clicked; a click on others goes to what lies under them.
        hidden_groups: groups not shown before the reader chooses.
        sieve: with it the canvas offers the stage's settings; `groups` must be what they lead to.
    """

    name: str
    boxes_in_image: Tensor
    legend: list[tuple[str, str]]
    groups: Tensor | None = None
    ids: Tensor | None = None
    kind: str = ""
    scores: Tensor | None = None
    columns: dict[str, Tensor] = field(default_factory=dict)
    labels: list[str] | None = None
    named: int = 0
    frames: Tensor | None = None
    tails: Tensor | None = None
    width: float = 1.5
    widths: dict[int, float] = field(default_factory=dict)
    dashes: dict[int, tuple[float, float]] = field(default_factory=dict)
    visible: bool = True
    pickable: bool = True
    hidden_groups: tuple[int, ...] = ()
    sieve: Sieve | None = None

    def __post_init__(self) -> None:
        count = len(self.boxes_in_image)
        if self.boxes_in_image.shape != (count, 4):
            raise ValueError(f"layer {self.name!r}: expected boxes [N, 4], got {list(self.boxes_in_image.shape)}")
        parts = {
            "groups": self.groups,
            "ids": self.ids,
            "scores": self.scores,
            "tails": self.tails,
            "frames": self.frames,
        }
        parts |= self.columns
        for name, values in parts.items():
            if values is not None and len(values) != count:
                raise ValueError(f"layer {self.name!r}: expected {count} {name}, got {len(values)}")
        if self.labels is not None and len(self.labels) != count:
            raise ValueError(f"layer {self.name!r}: expected {count} labels, got {len(self.labels)}")
        if self.groups is not None and count and int(self.groups.max()) >= len(self.legend):
            raise ValueError(
                f"layer {self.name!r}: group {int(self.groups.max())} is not in a legend of {len(self.legend)}"
            )


@dataclass(frozen=True, eq=False)
class Overlay:
    """A small picture laid over the image, its pixels kept square-edged.

    Attributes:
        url: of the picture.
        extent: x0, y0, x1, y1 it covers, image pixels.
        opacity: at first; the reader can change it.
        name: shown beside the opacity.
    """

    url: str
    extent: tuple[float, float, float, float]
    opacity: float = 0.6
    name: str = "overlay"


@dataclass(frozen=True)
class Tools:
    """Boxes that can be drawn, moved, resized, named and deleted; they lie on all layers.

    They live in the browser; those given here replace them only when `epoch` is another than before. So a new scene
    never undoes what the user did meanwhile.

    Attributes:
        objects: what is drawn at first, or after a change of `epoch`.
        classes: names to choose from.
        colours: one for each class, taken round.
        epoch: another whenever something else than these tools changed the objects.
        ack: `serial` of the last edit that was kept, or empty.
        marks: words about some of the objects, by index, shown on them.
        annotates: whether the user names and flags the boxes; else they are of the one class there is.
    """

    objects: Sequence[Object]
    classes: Sequence[str]
    colours: Sequence[str]
    epoch: str
    ack: str = ""
    marks: dict[int, str] = field(default_factory=dict)
    annotates: bool = True

    def header(self) -> dict[str, object]:
        """What the canvas is told. JSON has no nan: such a corner goes as null, and its box is not drawn."""
        corners = [[corner if math.isfinite(corner) else None for corner in o.box] for o in self.objects]
        flags = [[flag for flag in FLAGS if getattr(o, flag)] for o in self.objects]
        return {
            "boxes": [[*c, o.label, f, o.identity] for c, o, f in zip(corners, self.objects, flags, strict=True)],
            "classes": list(self.classes),
            "colours": list(self.colours),
            "epoch": self.epoch,
            "ack": self.ack,
            "marks": {str(index): words for index, words in self.marks.items()},
            "annotates": self.annotates,
        }


@dataclass(frozen=True)
class Film:
    """Pictures of one size in the place of the one picture.

    Attributes:
        name: another for every film. urls: of its frames. times: of each, in seconds, rising.
        now: the frame that is shown unless the user has gone to another since, which is told as "frame".
        words: term and sentence of the controls: `step`, `speed`, `play`, `pause`, `back`, `next`.
    """

    name: str
    urls: Sequence[str]
    times: Sequence[float]
    now: int
    words: dict[str, tuple[str, str]]


@dataclass(frozen=True, eq=False)
class CanvasScene:
    """Everything one canvas shows.

    Attributes:
        url: of the base image; its size in pixels is `width` x `height`.
        layers: drawn in order, the last on top.
        points: [M, 2], small dots, such as cell centres.
        overlay: drawn between image and boxes.
        score_from: where the score filter starts; the reader can move it.
        chosen: kind and id of what is chosen, the last chosen last: the last that a layer has is named in words.
        answered: names the last turn of dials that the host has taken, as it told it.
        caption: of the picture, in words: named to who cannot see it, and written below where it is saved.
        tools: with them the user draws.
        look: what the reader set on the canvas, as its "look" told it (see `look.js`), and an epoch: it is taken when
            the epoch is another than that of the look taken last.
        link: canvases of the same link are turned together; empty for one alone.
        film: with it the canvas goes through its frames and plays them; `url` is that of the frame `film.now`.
        controls: whether it has filters and a legend; without, those of a canvas it is linked with are its own.
        follows: whether the host may put its next picture there while what is found on that is not known yet;
            not with tools, whose boxes are of this one, nor in a film.
    """

    url: str
    width: int
    height: int
    layers: list[BoxLayer]
    points: Tensor | None = None
    overlay: Overlay | None = None
    score_from: float = 0.0
    caption: str = ""
    chosen: Sequence[tuple[str, int]] = ()
    answered: str = ""
    tools: Tools | None = None
    look: tuple[str, int] | None = None
    link: str = ""
    controls: bool = True
    film: Film | None = None
    follows: bool = False

    def pack(self, url_of: Callable[[bytes], str | None] = lambda content: None) -> bytes:
        """One message; arrays go by URL as `Message` says."""
        message = Message(url_of)
        put = message.put
        layers = []
        for layer in self.layers:
            count = len(layer.boxes_in_image)
            layers.append(
                {
                    "name": layer.name,
                    "kind": layer.kind,
                    "count": count,
                    "legend": layer.legend,
                    "width": layer.width,
                    "widths": layer.widths,
                    "dashes": layer.dashes,
                    "visible": layer.visible,
                    "pickable": layer.pickable,
                    "hiddenGroups": list(layer.hidden_groups),
                    "labels": layer.labels,
                    "named": layer.named,
                    "boxes": put(layer.boxes_in_image, "<f4"),
                    "groups": put(np.zeros(count) if layer.groups is None else layer.groups, _groups(layer)),
                    "ids": put(np.arange(count) if layer.ids is None else layer.ids, "<i4"),
                    "scores": None if layer.scores is None else put(layer.scores, "<f4"),
                    "frames": None if layer.frames is None else put(layer.frames, "<i4"),
                    "tails": None if layer.tails is None else put(layer.tails, "<f4"),
                    "sieve": layer.sieve and layer.sieve.header(put),
                    "columns": [[name, put(values, "<f4")] for name, values in layer.columns.items()],
                }
            )
        overlay = self.overlay
        header = {
            "url": self.url,
            "width": self.width,
            "height": self.height,
            "layers": layers,
            "scoreFrom": self.score_from,
            "caption": self.caption,
            "chosen": list(self.chosen),
            "answered": self.answered,
            "look": self.look and {"text": self.look[0], "epoch": self.look[1]},
            "link": self.link,
            "controls": self.controls,
            "follows": self.follows,
            "film": self.film and vars(self.film),
            "tools": self.tools and self.tools.header(),
            "points": None if self.points is None else put(self.points, "<f4"),
            "overlay": overlay
            and {"url": overlay.url, "extent": overlay.extent, "opacity": overlay.opacity, "name": overlay.name},
        }
        return message.pack(header)


def _groups(layer: BoxLayer) -> str:
    """How groups travel; `decode.js` reads them alike."""
    return "u1" if len(layer.legend) <= 256 else "<u2"
