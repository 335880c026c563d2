"""Pascal VOC: one XML file per image. Coordinates are taken as they are; `checks` tells when they are 1-based."""

from __future__ import annotations

from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Object
from frcnn_viz.data.formats.bounded import read_xml
from frcnn_viz.data.formats.xml import add, number, render, shown, whole

ROOT_TAG = "annotation"


def read_voc(content: bytes, file: str) -> AnnotatedImage:
    """One image's annotation.

    Raises:
        DataError: it is no VOC annotation, or an object lacks its class or a corner.
    """
    root = read_xml(content, file)
    if root.tag != ROOT_TAG:
        raise DataError(f"{file} is no Pascal VOC annotation: it starts with <{root.tag[:40]}>.")
    objects = tuple(_object(element, index, file) for index, element in enumerate(root.findall("object")))
    name = (root.findtext("filename") or "").strip() or PurePosixPath(file).stem
    width, height = whole(root.findtext("size/width")), whole(root.findtext("size/height"))
    return AnnotatedImage(name, objects, width, height, source=file)


def write_voc(image: AnnotatedImage) -> bytes:
    """The XML of one image; `crowd`, which VOC lacks, goes into an attribute as CVAT's exports have them."""
    root = Element(ROOT_TAG)
    path = PurePosixPath(image.name)
    add(root, "folder", path.parent.name)
    add(root, "filename", path.name)
    size = add(root, "size")
    for tag, value in (("width", image.width), ("height", image.height), ("depth", 3)):
        add(size, tag, str(value or 0))
    add(root, "segmented", "0")
    for item in image.objects:
        element = add(root, "object")
        add(element, "name", item.label)
        add(element, "pose", "Unspecified")
        add(element, "truncated", str(int(item.truncated)))
        add(element, "difficult", str(int(item.difficult)))
        corners = add(element, "bndbox")
        for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), item.box, strict=True):
            add(corners, tag, shown(value))
        if item.crowd:
            attribute = add(add(element, "attributes"), "attribute")
            add(attribute, "name", "crowd")
            add(attribute, "value", "1")
    return render(root)


def _object(element: Element, index: int, file: str) -> Object:
    label = (element.findtext("name") or "").strip()
    if not label:
        raise DataError(f"{file}: object {index} has no class name.")
    x0, y0, x1, y1 = (
        number(element.findtext(f"bndbox/{tag}"), f"{tag} of object {index} ({label})", file)
        for tag in ("xmin", "ymin", "xmax", "ymax")
    )
    attributes = {a.findtext("name"): a.findtext("value") for a in element.findall("attributes/attribute")}
    return Object(
        (x0, y0, x1, y1),
        label,
        difficult=_is_set(element.findtext("difficult")),
        truncated=_is_set(element.findtext("truncated")),
        crowd=_is_set(attributes.get("crowd")),
    )


def _is_set(text: str | None) -> bool:
    return (text or "").strip().lower() in {"1", "true", "yes"}
