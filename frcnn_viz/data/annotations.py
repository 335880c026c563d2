"""Annotated images as every format gives them: boxes in pixels, classes by name."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any


class DataError(ValueError):
    """Images or annotations cannot be used. The message is one plain sentence naming the file."""


Box = tuple[float, float, float, float]
MAX_COORDINATE = 1e9
"""Pixels from the origin; far beyond it, products of coordinates leave float32."""

FLAGS = ("difficult", "truncated", "crowd")
MAX_OBJECTS = 5_000
"""Of one image."""
MAX_CLASS_NAME = 60
"""Characters."""
UNNAMED = "unnamed"
"""The class of an object whose name held nothing that can be seen."""
JOINERS = "\u200c\u200d"
"""Zero-width non-joiner and joiner: invisible, but Persian, Hindi and emoji are other words without them."""


def clean_class(name: str) -> str:
    """A class name as it is kept, shown and written everywhere: on one line, at most 60 characters; maybe empty.

    Spaces of any kind become one; control characters, marks of direction and other invisible ones, and surrogates
    that no UTF-8 can hold are dropped. Joiners stay between what they join, and so do the tags that flags are made of.
    """
    return _cleaned(name[: 20 * MAX_CLASS_NAME])


@lru_cache(maxsize=10_000)
def _cleaned(name: str) -> str:
    seen = "".join(c for c in name if c.isspace() or _stays(c))
    return " ".join(seen.split())[:MAX_CLASS_NAME].strip(" " + JOINERS)


def _stays(c: str) -> bool:
    if unicodedata.category(c) == "Cf":
        return c in JOINERS or "\U000e0020" <= c <= "\U000e007f"
    return unicodedata.category(c) not in ("Cc", "Cs") and c not in "\ufffe\uffff"  # which XML cannot hold


@dataclass(frozen=True)
class Object:
    """One annotated object.

    Attributes:
        box: xyxy, pixels of the image; edges, so that a box over the whole image is 0, 0, width, height.
            As the file gives it: it may be degenerate, outside the image or not a number, which `checks` tells.
        label: the name of its class, made clean whoever gives it.
        difficult, truncated: as Pascal VOC has them. crowd: COCO's `iscrowd`.
        identity: on a clip's frames, which thing it is: the same in every frame; empty where that is not said.
    """

    box: Box
    label: str
    difficult: bool = False
    truncated: bool = False
    crowd: bool = False
    identity: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", clean_class(self.label) or UNNAMED)
        object.__setattr__(self, "identity", clean_class(self.identity))

    @property
    def usable(self) -> bool:
        """Whether a detector can be trained or measured with it: finite, and with an area."""
        x0, y0, x1, y1 = self.box
        return self.finite and x1 > x0 and y1 > y0

    @property
    def finite(self) -> bool:
        """Whether all corners are numbers that a picture could have."""
        return all(math.fabs(corner) < MAX_COORDINATE for corner in self.box)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it; flags and identity only where set."""
        flags = {name: True for name in FLAGS if getattr(self, name)}
        flags |= {"identity": self.identity} if self.identity else {}
        return {"box": list(self.box), "label": self.label, **flags}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Object:
        """What `to_dict` wrote."""
        x0, y0, x1, y1 = map(float, content["box"])
        flags = {name: bool(content.get(name)) for name in FLAGS}
        return cls((x0, y0, x1, y1), str(content["label"]), **flags, identity=str(content.get("identity", "")))


@dataclass(frozen=True)
class AnnotatedImage:
    """One image's annotations.

    Attributes:
        name: the image's file name, as the annotation gives it.
        objects: in the file's order.
        width, height: as the annotation states them, pixels; None where it does not.
        source: the annotation file, for messages.
        file: the image's name in the folder or zip it came with; None where it is not there.
    """

    name: str
    objects: tuple[Object, ...] = ()
    width: int | None = None
    height: int | None = None
    source: str = ""
    file: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """What was left out at reading, and why, in one sentence.

    A whole file; or, where `image` names one, its objects whose corners are no numbers.
    """

    file: str
    sentence: str
    image: str = ""


@dataclass(frozen=True)
class Dataset:
    """A set of annotated images.

    Attributes:
        images: by name. classes: every class name, those that are given first, in their order; no label is lacking.
        format: which format it was read from. declared: the classes the format itself declares; None where it
            declares none (VOC). unreadable: files that were left out.
    """

    images: tuple[AnnotatedImage, ...]
    classes: tuple[str, ...]
    format: str = ""
    declared: tuple[str, ...] | None = None
    unreadable: tuple[Unreadable, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", all_classes(self.images, self.classes))
        if self.declared is not None:
            object.__setattr__(self, "declared", all_classes((), self.declared))

    def with_images(self, images: list[AnnotatedImage]) -> Dataset:
        """The same set with other annotations; classes that are new come last."""
        return replace(self, images=tuple(images))


def all_classes(images: Iterable[AnnotatedImage], first: Iterable[str] = ()) -> tuple[str, ...]:
    """Each class name once, made clean: those of `first`, then the others sorted."""
    known = dict.fromkeys(clean_class(name) or UNNAMED for name in first)
    used = {item.label for image in images for item in image.objects}
    return (*known, *sorted(used - set(known)))
