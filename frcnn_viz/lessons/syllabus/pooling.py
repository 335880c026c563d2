"""Lesson 8: which map a proposal is pooled from, and what rounding costs."""

from __future__ import annotations

from math import floor, log2
from random import Random

import torch

from frcnn_viz.lessons import (
    Alternative,
    Answer,
    Box,
    CannotAsk,
    ChooseOne,
    Field,
    GiveNumbers,
    Lesson,
    Mark,
    Question,
    Scene,
    Screen,
    Wrong,
    reasons,
)
from frcnn_viz.pipeline.rois import LevelAssignment, assign_levels

CLEAR = (0.2, 0.46)
"""How far from the nearest whole cell an edge lies that is asked about, in cells."""
SURE = 0.08
"""How far from the next level a proposal lies, in levels."""
LEAST_SIDE = 24.0
"""Pixels of the user's image, of a proposal."""
PAPER = 224
"""The canonical size of the FPN paper."""
LEFT = "left it in the network's pixels"
BACK = "multiplied by the scale instead of dividing"
CANONICAL = f"took {PAPER} px for every detector"
EDGES = ("left", "top")
"""Those that are asked about: of the other two RoIPool takes the cell that they lie in as a whole."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The map of one proposal, where there are several; then how far each pooling moves an edge of it."""
    assigned = _assigned(scene)
    proposal, edge = _draw(scene, assigned, rng)
    shift = _shift(scene, assigned, proposal, edge)
    return (_level(scene, assigned, proposal), shift) if len(assigned.names) > 1 else (shift,)


def ask_back(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: how large a square of one map is at least, and how far RoIPool moves an edge there at most."""
    assigned = _assigned(scene)
    several = len(assigned.names) > 1
    level = rng.randrange(1, len(assigned.names)) if several else 0
    most = _most(scene, assigned, level)
    return (_least(scene, assigned, level), most) if several else (most,)


def _assigned(scene: Scene) -> LevelAssignment:
    trace = scene.trace
    return assign_levels(scene.detector.model, trace.features, trace.proposals.boxes, trace.input.input_size)


def _draw(scene: Scene, assigned: LevelAssignment, rng: Random) -> tuple[int, int]:
    """A proposal of any level, and which edge of it lies well between two cells: 0 the left, 1 the upper one."""
    boxes = scene.trace.proposals.boxes
    scales = boxes.new_tensor(assigned.scales)[assigned.levels]
    part = (boxes * scales[:, None]).frac()
    away = torch.minimum(part, 1 - part)
    edges = ((away >= CLEAR[0]) & (away <= CLEAR[1]))[:, : len(EDGES)]
    # torch rounds a half to the even number, RoIPool away from 0.
    halves = ((part - 0.5).abs() < 1e-3).any(dim=1)
    beside = assigned.target.frac() if len(assigned.names) > 1 else torch.full_like(scales, 0.5)
    sides = boxes[:, 2:] - boxes[:, :2]
    seen = (sides >= LEAST_SIDE * max(scene.trace.input.scale)).all(dim=1)
    fit = seen & edges.any(dim=1) & ~halves & (beside >= SURE) & (beside <= 1 - SURE)
    if not bool(fit.any()):
        raise CannotAsk("Here no proposal lies plainly between two cells; choose another picture.")
    level = rng.choice(assigned.levels[fit].unique().tolist())
    proposal = rng.choice((fit & (assigned.levels == level)).nonzero()[:, 0].tolist())
    return proposal, rng.choice(edges[proposal].nonzero()[:, 0].tolist())


def _level(scene: Scene, assigned: LevelAssignment, proposal: int) -> Question:
    trace, canonical, names = scene.trace, assigned.canonical_scale, assigned.names
    box = trace.proposals.boxes[proposal]
    inside = scene.in_image(box)
    w, h = (box[2:] - box[:2]).tolist()
    wide, high = inside[2] - inside[0], inside[3] - inside[1]
    finest = round(-log2(assigned.scales[0]))
    place = lambda target: names[min(max(floor(target) - finest, 0), len(names) - 1)]  # noqa: E731
    rule = lambda side, size=canonical: assigned.canonical_level + log2(side / size)  # noqa: E731
    side, level, target = (w * h) ** 0.5, int(assigned.levels[proposal]), float(assigned.target[proposal])
    anchor_level = int(trace.proposals.level[trace.proposals.kept[proposal]])
    stride = lambda at: f"{1 / assigned.scales[at]:g}"  # noqa: E731
    return Question(
        name="level",
        text=f"The marked proposal is {w:.0f} x {h:.0f} px for the network ({wide:.0f} x {high:.0f} px in your "
        f"picture). It is pooled from one map, by its size: level = {assigned.canonical_level} + log2(sqrt(w h) / "
        f"{canonical}), rounded down and kept among the maps, where stride 2^k is level k. Which map is it?",
        form=ChooseOne(tuple(Alternative(name, f"map {name}, stride {stride(at)}") for at, name in enumerate(names))),
        right=names[level],
        wrong=(
            Wrong(
                trace.features.names[anchor_level],
                "took the level of its anchor",
                "The level that its anchor lay on does not count: the pooler looks at the size of the box alone.",
            ),
            Wrong(
                place(rule((wide * high) ** 0.5)),
                reasons.ORIGINAL_SIZE,
                "The rule takes the box as the network sees it, after the resize.",
            ),
            Wrong(
                place(rule(side) + 0.5),
                "rounded to the nearest level",
                "The rule rounds down: a box keeps its level until its side has doubled.",
            ),
            Wrong(place(rule(max(w, h))), "took the longer side", "The rule takes sqrt(w h), the side of the square."),
            Wrong(
                place(rule(side, PAPER)),
                CANONICAL,
                f"{PAPER} px is the size of ImageNet's pictures; this detector's pooler is made for {canonical} px.",
            ),
            Wrong(
                names[-1 - level],
                "gave a larger box a finer map",
                "A larger box covers more cells, so it goes to a coarser map.",
            ),
            Wrong(names[-1], "took the coarsest map", "Only the largest boxes are pooled there; go by the rule."),
        ),
        hints=(
            f"The side is sqrt({w:.0f} x {h:.0f}) = {side:.0f} px. Each halving of {canonical} px is one level down.",
            f"{assigned.canonical_level} + log2({side:.0f} / {canonical}) = {target:.2f}; the "
            f"levels go from {finest} to {finest + len(names) - 1}.",
        ),
        why=f"{target:.2f} rounded down, among the maps there are, gives stride "
        f"{stride(level)}: so boxes of any size cover about as many cells.",
        code=f"""
from frcnn_viz.pipeline.rois import assign_levels
box = trace.proposals.boxes[[{proposal}]]
made = assign_levels(model, trace.features, box, trace.input.input_size)    # by the pooler's own mapper
answer = made.names[int(made.levels)]
""",
        marks=(Mark(inside, f"proposal {proposal}"),),
        screen=Screen(selected=(("proposal", proposal),)),
    )


def _shift(scene: Scene, assigned: LevelAssignment, proposal: int, edge: int) -> Question:
    trace, level = scene.trace, int(assigned.levels[proposal])
    name, scale = assigned.names[level], assigned.scales[level]
    axis = 1 - edge
    zoom, inside = trace.input.scale[axis], scene.in_image(trace.proposals.boxes[proposal])
    at = float(trace.proposals.boxes[proposal, edge])
    cells = at * scale
    signed = (round(cells) - cells) / scale / zoom
    shift, floored = abs(signed), (cells - floor(cells)) / scale / zoom
    close = max(0.15, 0.02 * shift)
    size, input_size = trace.input.image_size[axis], trace.input.input_size[axis]

    def looks(numbers: Answer) -> list[tuple[Box, str]]:
        way = 1 if signed > 0 else -1
        named = zip(numbers, ("RoIPool", "RoIAlign"), strict=True)
        return [(_moved(inside, edge, way * number), word) for number, word in named]

    return Question(
        name="shift",
        text=f"Map {name} has a cell every {1 / scale:g} px. The {EDGES[edge]} edge of the marked proposal lies at "
        f"{at:.2f} px for the network. Your picture is {size} px {'wide' if axis else 'high'}, {input_size} px for the "
        "network. By how many px of your picture, to a tenth, does rounding move it in RoIPool, and in RoIAlign?",
        form=GiveNumbers((Field("RoIPool", "px", close, 0, 1000), Field("RoIAlign", "px", 0.05, 0, 1000))),
        right=[shift, 0],
        wrong=(
            Wrong(
                [shift, shift],
                "let RoIAlign round too",
                "RoIAlign rounds nothing: it reads between the cells, where the box really lies.",
                lambda numbers: abs(numbers[0] - shift) <= close,
            ),
            Wrong([0, shift], "took one pooling for the other", "RoIPool is the older one, which rounds."),
            Wrong(
                [0, 0], "let RoIPool read between cells", "RoIPool takes whole cells only; that is what RoIAlign mends."
            ),
            Wrong(
                [shift * zoom, 0],
                LEFT,
                "So far it moves for the network; your picture was resized to that.",
            ),
            Wrong([shift * zoom * scale, 0], "counted in cells", "That is the part of a cell; a cell has many pixels."),
            Wrong([floored, 0], "cut off instead of rounding", "RoIPool rounds to the nearest cell, up or down."),
            Wrong(
                [1 / scale / zoom, 0],
                "moved it by a whole cell",
                "Rounding goes to the nearest cell: half a cell is the most.",
            ),
        ),
        hints=(
            f"Divide by {1 / scale:g} for its place in cells, round it, go back to pixels. RoIAlign rounds nothing.",
            f"It lies at {cells:.2f} cells, rounded to {round(cells)}; a cell is {1 / scale / zoom:.1f} px of your "
            "picture.",
        ),
        why=f"|{round(cells)} - {cells:.2f}| cells x {1 / scale:g} px / {zoom:.2f} = {shift:.1f} px of your picture. "
        "For a mask that is much, so Mask R-CNN brought RoIAlign, which reads between cells.",
        code=f"""
from torchvision.ops import roi_align, roi_pool
maps, scale = trace.features.maps[{name!r}], {scale}
box = trace.proposals.boxes[[{proposal}]]
rounded = (box * scale).round() / scale       # to whole cells
moved = ((rounded - box)[0, {edge}].abs() / trace.input.scale[{axis}]).item()
# A pooling that rounds cannot tell the two boxes apart.
blind = lambda pool: torch.equal(pool(maps, [box], (7, 7), scale), pool(maps, [rounded], (7, 7), scale))
answer = [moved if blind(pool) else 0.0 for pool in (roi_pool, roi_align)]
""",
        marks=(Mark(inside, f"proposal {proposal}"),),
        screen=Screen(selected=(("proposal", proposal),)),
        looks=looks,
    )


def _moved(box: Box, edge: int, by: float) -> Box:
    corners = list(box)
    corners[edge] += by
    x0, y0, x1, y1 = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _least(scene: Scene, assigned: LevelAssignment, level: int) -> Question:
    trace, canonical = scene.trace, assigned.canonical_scale
    zoom, finest = trace.input.scale[1], round(-log2(assigned.scales[0]))
    side = canonical * 2.0 ** (level + finest - assigned.canonical_level)
    stride = 1 / assigned.scales[level]
    right = side / zoom
    height, width = trace.input.image_size
    return Question(
        name="least",
        text=f"This detector pools a proposal from level {assigned.canonical_level} + log2(sqrt(w h) / {canonical}), "
        "rounded down, where the map of stride 2^k is level k. Your picture is "
        f"{width} px wide, and {trace.input.input_size[1]} px for the network. How long must the side of a "
        f"square be in your picture, at least, to be pooled from the map of stride {stride:g}?",
        form=GiveNumbers((Field("side", "px", max(1.5, 0.02 * right), 0, 10_000),)),
        right=[right],
        wrong=(
            Wrong([side], LEFT, "So long it is for the network; your picture was resized."),
            Wrong([side * zoom], BACK, "The resize multiplied it by the scale; to come back, divide."),
            Wrong(
                [2 * right],
                "off by one level",
                "There the next level begins: each begins at twice the side of the one before.",
            ),
            Wrong(
                [right / 2], "off by one level", "There the level before begins; each begins at twice the side of that."
            ),
            Wrong(
                [canonical / zoom],
                "took the canonical size",
                f"With {canonical} px for the network level {assigned.canonical_level} begins.",
            ),
            Wrong(
                [right * PAPER / canonical],
                CANONICAL,
                f"{PAPER} px is the paper's; this detector's pooler is made for {canonical} px.",
            ),
        ),
        hints=(
            f"The map of stride {stride:g} is level {level + finest}. For which side is the formula just that?",
            f"It is {side:g} px for the network; divide by {zoom:.3f} to come back to your picture.",
        ),
        why=f"{canonical} x 2^({level + finest} - {assigned.canonical_level}) = {side:g} px for the network, which is "
        f"{right:.0f} px here: the level depends on the resize too.",
        code=f"""
from frcnn_viz.pipeline.rois import assign_levels
sides = torch.arange(1, 8000, device=trace.device) / 4        # of squares, px for the network
squares = torch.stack([0 * sides, 0 * sides, sides, sides], dim=1)
levels = assign_levels(model, trace.features, squares, trace.input.input_size).levels
answer = [sides[levels == {level}].min().item() / trace.input.scale[1]]
""",
        looks=lambda sides: [(_square(sides[0], width, height), f"{sides[0]:.0f} px")],
    )


def _square(side: float, width: int, height: int) -> Box:
    """In the middle of the picture."""
    return (width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2


def _most(scene: Scene, assigned: LevelAssignment, level: int) -> Question:
    stride, zoom = 1 / assigned.scales[level], scene.trace.input.scale[1]
    right = stride / 2 / zoom
    height, width = scene.trace.input.image_size
    left, top = width / 2, height / 4
    return Question(
        name="most",
        text=f"Map {assigned.names[level]} has a cell every {stride:g} px of the network's picture, and that is "
        f"{zoom:.3f} times as wide as yours. How far can RoIPool move the left edge of a box there at most, in px of "
        "yours?",
        form=GiveNumbers((Field("at most", "px", min(0.2, 0.04 * right), 0, 10_000),)),
        right=[right],
        wrong=(
            Wrong([2 * right], "took a whole cell", "It goes to the nearest cell: half a cell is the most."),
            Wrong([stride / 2], LEFT, "So far it moves for the network."),
            Wrong([stride * zoom / 2], BACK, "The resize multiplied it by the scale; to come back, divide."),
            Wrong([0.5], "counted in cells", "Half a cell, but in pixels of your picture."),
            Wrong([0], "took RoIAlign for RoIPool", "RoIAlign moves nothing; RoIPool rounds to whole cells."),
            Wrong(
                [right / 7], "shared it among the bins", "The edge of the box is rounded before it is cut into bins."
            ),
        ),
        hints=(
            "Rounding goes to the nearest cell. How far is the nearest one at most?",
            f"Half a cell is {stride / 2:g} px for the network; divide by {zoom:.3f}.",
        ),
        why=f"Half a cell, {stride / 2:g} px, / {zoom:.3f} = {right:.1f} px of your picture; the coarser the map, the "
        "more, and all four edges move.",
        code=f"""
places = torch.arange(0, {stride:g}, 0.25)                       # of an edge, px for the network
moved = ((places / {stride:g}).round() * {stride:g} - places).abs()
answer = [moved.max().item() / trace.input.scale[1]]
""",
        looks=lambda widths: [((left, top, left + widths[0], 3 * top), f"{widths[0]:g} px")],
    )


LESSON = Lesson(
    number=8,
    name="pooling",
    title="RoIPool and RoIAlign",
    goal="Say from which map a proposal is pooled, and how far rounding moves it on your picture.",
    page="rois",
    ask=ask,
    transfer=ask_back,
)
