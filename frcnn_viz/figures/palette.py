"""Colours, the same everywhere and told apart by colour-blind eyes (Okabe and Ito, 2008)."""

from __future__ import annotations

from frcnn_viz.analysis.sightings import Cell
from frcnn_viz.pipeline.matching import MatchReason
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.words import word

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#8C8C8C"

DASHED, DOTTED = (5.0, 4.0), (2.0, 3.0)
"""Strokes and gaps, screen pixels, so that states differ without their colours too."""

GROUND_TRUTH = YELLOW
ANCHOR = SKY
SELECTED = VERMILION

FATES = {
    Fate.KEPT: GREEN,
    Fate.SUPPRESSED: ORANGE,
    Fate.OVER_LIMIT: PURPLE,
    Fate.BELOW_SCORE: GREY,
    Fate.TOO_SMALL: SKY,
    Fate.BELOW_TOP_K: "#5B5B8C",
}
FATE_NAMES = {fate: word(f"fate.{fate.name.lower()}").term for fate in FATES}
REASONS = {
    MatchReason.POSITIVE: GREEN,
    MatchReason.POSITIVE_BEST_MATCH: SKY,
    MatchReason.IGNORED: GREY,
    MatchReason.NEGATIVE: VERMILION,
    MatchReason.OUTSIDE: PURPLE,
}
REASON_NAMES = {reason: word(f"match.{reason.name.lower()}").term for reason in REASONS}
CELLS = {
    Cell.OUTSIDE: "#FFFFFF",
    Cell.HIDDEN: "#C8C8C8",
    Cell.LEFT_OUT: GREY,
    Cell.NOTHING: SKY,
    Cell.ANCHOR: "#5B5B8C",
    Cell.CANDIDATE: ORANGE,
    Cell.PROPOSAL: BLUE,
    Cell.REFINED: VERMILION,
    Cell.SCORED: PURPLE,
    Cell.KEPT: YELLOW,
    Cell.FOUND: GREEN,
}
CELL_NAMES = {cell: word(f"cell.{cell.name.lower()}").term for cell in CELLS}
CELL_LETTERS = {cell: "" if cell is Cell.OUTSIDE else name[0].upper() for cell, name in CELL_NAMES.items()}
"""So that the flicker table can be read without its colours."""
LEVELS = [BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, YELLOW, GREY]
CLASSES = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW, GREY]
BACKGROUND_CLASS = GREY


def level_colour(level: int) -> str:
    """The hue of a feature level."""
    return LEVELS[level % len(LEVELS)]


def class_colour(label: int) -> str:
    """The hue of a label; 0 is the background."""
    return CLASSES[(label - 1) % len(CLASSES)] if label else BACKGROUND_CLASS


def text_on(colour: str) -> str:
    """Black or white, whichever is read more easily on a colour `#RRGGBB` (WCAG 2's relative luminance)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#FFFFFF"
