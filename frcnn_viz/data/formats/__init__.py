"""Annotation formats in and out: Pascal VOC, COCO, YOLO, CVAT for images 1.1; told apart by content."""

from __future__ import annotations

from frcnn_viz.data.formats.read import read_dataset
from frcnn_viz.data.formats.write import FORMATS, write_dataset, written_files, zip_dataset

__all__ = ["FORMATS", "read_dataset", "write_dataset", "written_files", "zip_dataset"]
