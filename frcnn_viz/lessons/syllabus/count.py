"""Lesson 3: how many anchors there are."""

from __future__ import annotations

from random import Random

from frcnn_viz.lessons import Field, GiveNumbers, Lesson, Question, Scene, Screen, Wrong, reasons
from frcnn_viz.pipeline.boxes import are_inside

SHARES = (0.5, 0.6, 0.75, 0.9, 1.0)
"""Of the scene's own `min_size`, so that not every student counts the same."""
MORE = 3.0
"""A ratio that comes to the others."""
CELLS, STRIDE = "counted cells, not anchors", "off by the stride"


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The anchors of one level; then, where there are several levels, of all."""
    there = _smaller(scene, rng)
    grid = there.trace.anchors
    level = rng.randrange(len(grid.counts))
    changes = scene.changes(there)
    questions = (_of_level(there, level, Screen(options={"stage.level": str(level)}, settings=changes)),)
    return (*questions, _of_all(there, Screen(settings=changes))) if len(grid.counts) > 1 else questions


def ask_more(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """What one more ratio on every level would make."""
    before = _smaller(scene, rng)
    ratios = tuple((*level, MORE) for level in before.settings.aspect_ratios)
    there = before.at(aspect_ratios=ratios)
    old, new, sizes = before.trace.anchors, there.trace.anchors, before.settings.anchor_sizes
    each = {(len(one), len(other) - 1) for one, other in zip(sizes, ratios, strict=True)}
    told = " or ".join(f"{_count(size, 'size')} and {_count(ratio, 'ratio')}" for size, ratio in sorted(each))
    cells = sum(rows * columns for rows, columns in old.grid_sizes)
    return (
        Question(
            name="more",
            text=f"On this picture the detector has {cells:,} cells in all, and {len(old):,} anchors: {told} on each "
            "cell. Every cell now gets one ratio more. How many anchors are there then?",
            form=GiveNumbers((Field("how many", "anchors"),)),
            right=[len(new)],
            wrong=(
                Wrong(
                    [len(old) + cells],
                    "added one anchor to each cell",
                    "The new ratio comes in every size that the cell has.",
                ),
                Wrong([len(old) + 1], "added one anchor in all", "Every cell gets the new ratio, not one of them."),
                Wrong(
                    [len(old) + len(old.counts)],
                    "added one anchor to each level",
                    "Every cell of a level gets the new ratio.",
                ),
                Wrong([2 * len(old)], "doubled them", "The ratios that were there stay; one comes to them."),
                Wrong([cells], CELLS, "The cells stay as they are; what each carries grows."),
            ),
            hints=(
                "A cell carries an anchor for each pair of a size and a ratio.",
                f"Before, each cell carried {' or '.join(map(str, sorted(set(old.per_cell))))} anchors; "
                f"now it carries {' or '.join(map(str, sorted(set(new.per_cell))))}.",
            ),
            why=f"{len(new):,} anchors, {len(new) / len(old):.2f} times as many; the RPN's head would have to be "
            "trained anew for them.",
            code="answer = [len(trace.anchors)]",
            screen=Screen(settings=scene.changes(there)),
        ),
    )


def _smaller(scene: Scene, rng: Random) -> Scene:
    least = max(32, round(scene.settings.min_size * rng.choice(SHARES)))
    return scene.at(min_size=min(least, scene.settings.min_size))


def _of_level(there: Scene, level: int, screen: Screen) -> Question:
    grid, data = there.trace.anchors, there.trace.input
    (rows, columns), (down, across), each = grid.grid_sizes[level], grid.strides[level], grid.per_cell[level]
    (image_h, image_w), (input_h, input_w), (padded_h, padded_w) = data.image_size, data.input_size, data.padded_size
    steps = f"{across} px" if across == down else f"{across} px across and {down} px down"
    sizes, ratios = there.settings.anchor_sizes[level], there.settings.aspect_ratios[level]
    return Question(
        name="level",
        text=f"Your picture of {image_w} x {image_h} px is resized to {input_w} x {input_h} and padded to "
        f"{padded_w} x {padded_h}. Level {there.trace.features.titles[level]} has one cell every {steps}, and on each "
        f"anchors of {_count(len(sizes), 'size')} and {_count(len(ratios), 'ratio')}. How many anchors has this level?",
        form=GiveNumbers((Field("how many", "anchors"),)),
        right=[grid.counts[level]],
        wrong=(
            Wrong([rows * columns], CELLS, f"There are so many cells, and each carries {each} anchors."),
            Wrong(
                [image_h // down * (image_w // across) * each],
                reasons.ORIGINAL_SIZE,
                "The cells lie on the picture as the network sees it: resized and padded.",
            ),
            Wrong(
                [input_h // down * (input_w // across) * each],
                "forgot the padding",
                f"The network sees the padded picture, {padded_w} x {padded_h} px, and the padding has cells too.",
            ),
            Wrong(
                [padded_h // (2 * down) * (padded_w // (2 * across)) * each],
                STRIDE,
                f"That is a stride twice as large; this level has a cell every {steps}.",
            ),
            Wrong(
                [2 * rows * 2 * columns * each],
                STRIDE,
                f"That is a stride half as large; this level has a cell every {steps}.",
            ),
            Wrong(
                [padded_h * padded_w * each],
                "put anchors on every pixel",
                "Anchors lie on the cells of the feature map, not on the pixels of the picture.",
            ),
            Wrong(
                [(rows + columns) * each],
                "added rows and columns",
                "Each of the rows has all the columns: multiply them.",
            ),
        ),
        hints=(
            "Count the cells across and down on the padded picture, then the anchors that each carries.",
            f"There are {columns} cells across and {rows} down.",
        ),
        why=f"{columns} x {rows} cells with {each} anchors each make {grid.counts[level]:,}.",
        code=f"""
rows, columns = trace.anchors.grid_sizes[{level}]
answer = [rows * columns * trace.anchors.per_cell[{level}]]
""",
        screen=screen,
    )


def _of_all(there: Scene, screen: Screen) -> Question:
    grid, names = there.trace.anchors, there.trace.features.titles
    cells = [rows * columns for rows, columns in grid.grid_sizes]
    each = [
        f"{name}: {columns} x {rows} with {count}"
        for name, (rows, columns), count in zip(names, grid.grid_sizes, grid.per_cell, strict=True)
    ]
    inside = int(are_inside(grid.boxes, there.trace.input.input_size).sum())
    return Question(
        name="all",
        text=f"The levels have these cells, with so many anchors on each cell: {'; '.join(each)}. "
        "How many anchors does this detector have on this picture?",
        form=GiveNumbers((Field("how many", "anchors"),)),
        right=[len(grid)],
        wrong=(
            Wrong([sum(cells)], CELLS, "These are the cells of all levels; each cell carries several anchors."),
            Wrong(
                [grid.counts[0]],
                "counted the finest level alone",
                "It has most of them, but the RPN looks at every level.",
            ),
            Wrong(
                [sum(grid.counts[:-1])],
                "forgot the coarsest level",
                "It has few cells, but its anchors find the largest objects.",
            ),
            Wrong(
                [inside],
                "left out those that cross the border",
                "The paper leaves them out in training; when it detects, every anchor is scored.",
            ),
            Wrong(
                [2 * len(grid)],
                "counted two for object and background",
                "The RPN gives one objectness for each anchor here, and one box.",
            ),
        ),
        hints=("Multiply for each level, then add the levels.", f"The finest level has {grid.counts[0]:,}."),
        why=f"{' + '.join(f'{count:,}' for count in grid.counts)} = {len(grid):,}, "
        f"{grid.counts[0] / len(grid):.0%} of them on the finest level.",
        code="answer = [len(trace.anchors)]",
        screen=screen,
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


LESSON = Lesson(
    number=3,
    name="count",
    title="Count the anchors",
    goal="Count the anchors of any picture and detector from its size, strides, sizes and ratios.",
    page="anchors",
    ask=ask,
    transfer=ask_more,
)
