"""Mistakes that several lessons know, in the same words everywhere: tables count them together."""

ORIGINAL_SIZE = "used the original size, not the input's"
CELLS = "counted cells, not anchors"
STRIDE = "off by the stride"
BACKGROUND = "forgot the background"
