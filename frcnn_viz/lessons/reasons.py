"""Mistakes that several lessons know, in the same words everywhere: tables count them together."""

ORIGINAL_SIZE = "used the original size, not the input's"
BACKGROUND = "forgot the background"
