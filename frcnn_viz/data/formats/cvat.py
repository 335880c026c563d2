"""CVAT for images 1.1: one XML file for all images."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from frcnn_viz.data.annotations import FLAGS, AnnotatedImage, DataError, Object
from frcnn_viz.data.formats.bounded import read_xml
from frcnn_viz.data.formats.xml import add, number, render, shown, whole

ROOT_TAG = "annotations"


def read_cvat(content: bytes, file: str) -> tuple[list[AnnotatedImage], tuple[str, ...]]:
    """The images, and the classes that the task declares. Shapes other than boxes are no ground truth here.

    Raises:
        DataError: it is no such file, or a box lacks its class or a corner.
    """
    root = read_xml(content, file)
    if root.tag != ROOT_TAG or (root.find("image") is None and root.find("meta") is None):
        raise DataError(f"{file} is no CVAT for images 1.1 file.")
    if root.find("track") is not None:
        raise DataError(f"{file} is a CVAT for video file; export the task as CVAT for images 1.1.")
    names = [(element.text or "").strip() for element in root.findall("meta//labels/label/name")]
    images = [_image(element, file) for element in root.findall("image")]
    return images, tuple(dict.fromkeys(name for name in names if name))


def write_cvat(images: Sequence[AnnotatedImage], classes: Sequence[str]) -> bytes:
    """One file for all images; the flags are attributes of each box, where set."""
    root = Element(ROOT_TAG)
    add(root, "version", "1.1")
    labels = add(add(add(root, "meta"), "task"), "labels")
    for name in classes:
        label = add(labels, "label")
        add(label, "name", name)
        attributes = add(label, "attributes")
        for flag in FLAGS:
            attribute = add(attributes, "attribute")
            for tag, text in (
                ("name", flag),
                ("mutable", "False"),
                ("input_type", "checkbox"),
                ("default_value", "false"),
                ("values", ""),
            ):
                add(attribute, tag, text)
    for number_, image in enumerate(images):
        element = add(
            root, "image", id=str(number_), name=image.name, width=str(image.width or 0), height=str(image.height or 0)
        )
        for item in image.objects:
            corners = dict(zip(("xtl", "ytl", "xbr", "ybr"), map(shown, item.box), strict=True))
            box = add(element, "box", label=item.label, occluded="0", source="manual", **corners, z_order="0")
            for flag in FLAGS:
                if getattr(item, flag):
                    add(box, "attribute", "true", name=flag)
    return render(root)


def _image(element: Element, file: str) -> AnnotatedImage:
    name = (element.get("name") or "").strip()
    if not name:
        raise DataError(f"{file} has an <image> without a name.")
    objects = tuple(_object(box, index, name, file) for index, box in enumerate(element.findall("box")))
    return AnnotatedImage(name, objects, whole(element.get("width")), whole(element.get("height")), source=file)


def _object(element: Element, index: int, image: str, file: str) -> Object:
    label = (element.get("label") or "").strip()
    if not label:
        raise DataError(f"{file}: box {index} of {image} has no label.")
    x0, y0, x1, y1 = (
        number(element.get(corner), f"{corner} of box {index} ({label}) of {image}", file)
        for corner in ("xtl", "ytl", "xbr", "ybr")
    )
    set_flags = {
        a.get("name"): (a.text or "").strip().lower() in {"true", "1", "yes"} for a in element.findall("attribute")
    }
    return Object((x0, y0, x1, y1), label, **{flag: set_flags.get(flag, False) for flag in FLAGS})
