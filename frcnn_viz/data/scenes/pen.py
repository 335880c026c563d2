"""A pen for drawing one object on a tile of its own, in units of the tile."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Points = list[tuple[float, float]]

SUPERSAMPLING = 2
"""Everything is drawn this many times larger and averaged down."""


class Pen:
    """Draws on a transparent tile; coordinates run from 0 to 1 over its width and its height."""

    def __init__(self, width: float, height: float) -> None:
        """A tile of `width` x `height` scene pixels."""
        self.width = max(2, round(width * SUPERSAMPLING))
        self.height = max(2, round(height * SUPERSAMPLING))
        self.tile = Image.new("RGBA", (self.width, self.height))
        self._draw = ImageDraw.Draw(self.tile)

    def _place(self, points: Points) -> Points:
        return [(x * (self.width - 1), y * (self.height - 1)) for x, y in points]

    def polygon(self, points: Points, fill: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon(self._place(points), fill=fill)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, fill: Colour, radius: float = 0.0) -> None:
        """A filled rectangle; `radius` of its corners in tile widths."""
        box = self._place([(x0, y0), (x1, y1)])
        self._draw.rounded_rectangle(box, radius=radius * self.width, fill=fill)

    def ellipse(self, x0: float, y0: float, x1: float, y1: float, fill: Colour) -> None:
        """A filled ellipse within a box."""
        self._draw.ellipse(self._place([(x0, y0), (x1, y1)]), fill=fill)

    def slice(self, x0: float, y0: float, x1: float, y1: float, start: float, end: float, fill: Colour) -> None:
        """A slice of an ellipse, angles in degrees, clockwise from three o'clock."""
        self._draw.pieslice(self._place([(x0, y0), (x1, y1)]), start, end, fill=fill)

    def line(self, points: Points, fill: Colour, width: float) -> None:
        """A line with round ends; `width` in tile widths."""
        thick = max(1, round(width * self.width))
        placed = self._place(points)
        self._draw.line(placed, fill=fill, width=thick, joint="curve")
        for x, y in (placed[0], placed[-1]):
            self._draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=fill)


def shade(colour: Colour, factor: float) -> Colour:
    """A darker (factor < 1) or lighter (> 1) colour."""
    return tuple(int(np.clip(channel * factor, 0, 255)) for channel in colour)  # type: ignore[return-value]


def bright(rng: np.random.Generator) -> Colour:
    """A clear, saturated colour."""
    hue, light = rng.uniform(0, 6), rng.uniform(0.55, 1.0)
    wheel = np.clip([abs(hue - 3) - 1, 2 - abs(hue - 2), 2 - abs(hue - 4)], 0, 1)
    grey = rng.uniform(0.1, 0.45)
    return tuple(int(255 * light * (grey + (1 - grey) * channel)) for channel in wheel)  # type: ignore[return-value]


def pick(rng: np.random.Generator, colours: list[Colour]) -> Colour:
    """One of the colours."""
    return colours[int(rng.integers(len(colours)))]
