"""Parts of sets and of what hostile ones hold."""

from __future__ import annotations

import io
import zipfile

from hypothesis import strategies as st
from PIL import Image

VOC = b"<annotation><filename>a.png</filename><object><name>cat</name><bndbox>%s</bndbox></object></annotation>"
CORNERS = b"<xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>"
LINE = b"0 0.5 0.5 0.5 0.5\n"


def picture(width: int = 8, height: int = 8, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG", **options)
    return buffer.getvalue()


PICTURE = picture()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "file_name", "bbox"]), inner),
    max_leaves=8,
)


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()
