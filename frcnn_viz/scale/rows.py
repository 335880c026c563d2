"""The rows that travel: references to pictures go in; findings, images and times come out. Arrow schemas, no code.

What is computed stands in findings and images, which are the same whoever computed them; times stand by themselves.
"""

from __future__ import annotations

import pyarrow as pa

BOX = (("x0", pa.float64()), ("y0", pa.float64()), ("x1", pa.float64()), ("y1", pa.float64()))

OBJECT = pa.struct(
    [
        *BOX,
        ("label", pa.string()),
        ("crowd", pa.bool_()),
        ("difficult", pa.bool_()),
        ("truncated", pa.bool_()),
    ]
)
"""What is annotated, as `data.annotations.Object` has it; xyxy, pixels of the image."""

REFERENCES = pa.schema(
    [
        ("image_id", pa.string()),  # its name in the set, which is its own
        ("path", pa.string()),  # an absolute path or an address that fsspec opens; null where there is no picture
        ("version", pa.string()),  # size and time of change, or an ETag: another means another picture
        ("objects", pa.list_(OBJECT)),
        ("tags", pa.map_(pa.string(), pa.string())),  # what else the set says of it: camera, week
        ("problem", pa.string()),  # why its annotation cannot be used, a sentence; null where it can
    ]
)
"""One row an image: where its picture is and what is on it. Pixels do not travel."""

FINDINGS = pa.schema(
    [
        ("image_id", pa.string()),
        ("what", pa.string()),  # "object", "ignored object" or "false alarm"
        ("number", pa.int32()),  # of the object among the usable ones, or of the detection
        ("class", pa.string()),
        ("verdict", pa.string()),  # a `Verdict`, or a `Mistake`
        ("stage", pa.string()),  # of the waterfall, that lost it; null for what is no miss
        ("iou", pa.float32()),
        ("score", pa.float32()),
        ("x0", pa.float32()),
        ("y0", pa.float32()),
        ("x1", pa.float32()),
        ("y1", pa.float32()),
        ("size", pa.float32()),  # square root of its area in the network's input, pixels
        ("ious", pa.list_(pa.float32())),  # of the waterfall's stages; null for a false alarm
        ("near", pa.int32()),  # the object a false alarm is nearest to, or whose detection counts for another
        ("sentence", pa.string()),
        ("fix", pa.string()),  # the setting whose smallest change finds it at the least price; null: none, not sought
        ("fix_before", pa.float64()),
        ("fix_after", pa.float64()),
        ("fix_false_alarms", pa.int32()),  # how many more there are then
        ("fix_found", pa.int32()),  # how many more objects are found then
    ]
)
"""One row an object and one a false alarm, as `analysis.examination` has them; by image, kind and number."""

DETECTION = pa.struct(
    [
        ("x0", pa.float32()),
        ("y0", pa.float32()),
        ("x1", pa.float32()),
        ("y1", pa.float32()),
        ("label", pa.int32()),
        ("score", pa.float32()),
        ("ignored", pa.bool_()),
    ]
)

IMAGES = pa.schema(
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("sha256", pa.string()),  # of its pixels, as `LoadedImage.sha256`; null where it could not be read
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("objects", pa.int32()),  # that count: found or missed
        ("found", pa.int32()),
        ("missed", pa.int32()),
        ("false_alarms", pa.int32()),
        ("left_out", pa.int32()),  # annotated objects without an area
        ("truth", pa.list_(OBJECT)),  # the usable objects, numbered as the findings are
        ("detections", pa.list_(DETECTION)),
        ("tags", pa.map_(pa.string(), pa.string())),
        ("problem", pa.string()),  # why it was not examined, a sentence; then all but id, path and tags are null
    ]
)
"""One row an image, also one that could not be examined; by id."""

TIMES = pa.schema(
    [("image_id", pa.string()), ("stage", pa.string()), ("ms", pa.float64())],
)
"""One row a stage of an image, as measured; `decode` and `examine` among the stages."""

TABLES = {"findings": FINDINGS, "images": IMAGES, "times": TIMES}
"""What a shard writes, a file each."""
