"""Lesson 2: the picture that the network sees is another size."""

from __future__ import annotations

from random import Random

from frcnn_viz.lessons import CannotAsk, Field, GiveNumbers, Lesson, Mark, Question, Scene, Screen, Wrong, reasons

LIMITS = ((320, 400), (320, 800), (400, 500), (400, 1000), (600, 700), (600, 1000), (800, 1000), (800, 1333))
"""Pairs of `min_size` and `max_size`; in some of them the longer side decides."""
LEAST_CHANGE = 0.1
"""By which the scale differs from 1."""


def ask(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The size after the resize, and how wide one object is then."""
    there, screen = _resized(scene, rng)
    return _size(there, screen), _object(there, rng, screen)


def ask_back(scene: Scene, rng: Random) -> tuple[Question, ...]:
    """The other way: how wide something is on the picture that has a width for the network."""
    there, screen = _resized(scene, rng)
    mark = _pick(there, rng)
    x0, y0, x1, y1 = mark.box
    across, width, (_, input_w) = there.trace.input.scale[1], x1 - x0, there.trace.input.input_size
    return (
        Question(
            name="back",
            text=f"A picture {there.image.size[1]} px wide is {input_w} px wide for the network. A {mark.label} is "
            f"{width * across:.1f} px wide there. How wide is it in the picture?",
            form=GiveNumbers((Field("width", "px", max(1.0, 0.02 * width)),)),
            right=[width],
            wrong=(
                Wrong([width * across], "left it as the network sees it", "That is its width after the resize."),
                Wrong(
                    [width * across**2],
                    "multiplied by the scale once more",
                    "The resize multiplied it by the scale; to come back, divide.",
                ),
            ),
            hints=(
                "The resize multiplied it by the scale of the picture; go back.",
                f"The scale is {input_w} / {there.image.size[1]} = {across:.3f}.",
            ),
            why=f"{width * across:.1f} / {across:.3f} = {width:.0f} px; every box of the network comes back so.",
            code=f"""
box = torch.tensor([[0.0, 0.0, {width * across:.4f}, 1.0]])
answer = [trace.input.boxes_in_image(box)[0, 2].item()]
""",
            screen=screen,
            looks=lambda widths: [((x0, y0, x0 + widths[0], y1), f"{widths[0]:.0f} px")],
        ),
    )


def _resized(scene: Scene, rng: Random) -> tuple[Scene, Screen]:
    """The scene at limits that change its size, and the page that shows it."""
    height, width = scene.image.size
    if scene.detector.model.transform.fixed_size is not None:
        raise CannotAsk(f"{scene.detector.name} brings every picture to one size; choose another detector.")
    scales = {limits: min(limits[0] / min(height, width), limits[1] / max(height, width)) for limits in LIMITS}
    limits = [
        one for one, scale in scales.items() if abs(scale - 1) >= LEAST_CHANGE and scale * min(height, width) >= 32
    ]
    if not limits:
        raise CannotAsk("This picture is too thin for this lesson; choose another.")
    low, high = rng.choice(limits)
    there = scene.at(min_size=low, max_size=high)
    return there, Screen(options={"input.step": "resized"}, settings=scene.changes(there))


def _size(there: Scene, screen: Screen) -> Question:
    (height, width), low, high = there.image.size, there.settings.min_size, there.settings.max_size
    data = there.trace.input
    (input_h, input_w), (padded_h, padded_w), (down, across) = data.input_size, data.padded_size, data.scale
    by_low, by_high = low / min(height, width), high / max(height, width)
    stretched = (high, low) if width >= height else (low, high)
    by_long = by_high < by_low
    return Question(
        name="size",
        text=f"The picture is {width} px wide and {height} px high. min_size is {low}, max_size is {high}. "
        "How large is it for the network, before padding?",
        form=GiveNumbers((Field("width", "px", 1), Field("height", "px", 1))),
        right=[input_w, input_h],
        wrong=(
            Wrong([width, height], reasons.ORIGINAL_SIZE, "That is the picture as it came; first it is resized."),
            Wrong(
                [int(width * by_low), int(height * by_low)],
                "forgot max_size",
                f"So the longer side has over {high} px, which is more than max_size allows.",
            ),
            Wrong(
                [int(width * by_high), int(height * by_high)],
                "filled max_size",
                f"max_size is a limit, not an aim: the shorter side goes to {low} first.",
            ),
            Wrong(
                list(stretched),
                "stretched each side on its own",
                "Both sides are multiplied by one scale; a picture is never stretched.",
            ),
            Wrong(
                [padded_w, padded_h],
                "added the padding",
                "Padding comes after the resize; it adds a border and changes no object.",
            ),
            Wrong([input_h, input_w], "swapped width and height", "Width comes first here, height second."),
        ),
        hints=(
            "One scale for both sides: the shorter side goes to min_size, unless the longer one would pass max_size.",
            f"By the shorter side the scale is {by_low:.3f}, by the longer one {by_high:.3f}; the smaller is taken.",
        ),
        why=f"The {'longer side reaches max_size' if by_long else 'shorter side reaches min_size'} first: the scale is "
        f"{min(by_low, by_high):.3f}, and {width} x {height} becomes {input_w} x {input_h}.",
        code="""
input_height, input_width = trace.input.input_size
answer = [input_width, input_height]
""",
        screen=screen,
        looks=lambda size: [((0.0, 0.0, size[0] / across, size[1] / down), f"{size[0]:g} x {size[1]:g}")],
    )


def _object(there: Scene, rng: Random, screen: Screen) -> Question:
    mark = _pick(there, rng)
    x0, y0, x1, y1 = mark.box
    across, (input_h, input_w) = there.trace.input.scale[1], there.trace.input.input_size
    width, height = x1 - x0, y1 - y0
    return Question(
        name="object",
        text=f"The marked {mark.label} is {width:.0f} px wide in your picture, which is {there.image.size[1]} px wide. "
        f"For the network the picture is {input_w} x {input_h}. How wide is the {mark.label} there?",
        form=GiveNumbers((Field("width", "px", max(1.0, 0.02 * width * across)),)),
        right=[width * across],
        wrong=(
            Wrong([width], reasons.ORIGINAL_SIZE, "That is its width in your picture; the object is resized with it."),
            Wrong(
                [width / across],
                "divided by the scale",
                "The scale is what the picture's sides are multiplied by, and so are the object's.",
            ),
            Wrong(
                [width * across**2],
                "scaled it like an area",
                "A width is multiplied by the scale once; only an area is twice.",
            ),
            Wrong([height * across], "took its height", "That is how high it is there; the width was asked for."),
        ),
        hints=(
            "Objects change by the same scale as the picture.",
            f"The scale is {input_w} / {there.image.size[1]} = {across:.3f}.",
        ),
        why=f"{width:.0f} px x {across:.3f} = {width * across:.0f} px; anchor sizes are measured against these pixels.",
        code=f"""
down, across = trace.input.scale
answer = [{width:.4f} * across]
""",
        marks=(mark,),
        screen=screen,
        looks=lambda widths: [((x0, y0, x0 + widths[0] / across, y1), f"{widths[0]:.0f} px")],
    )


def _pick(there: Scene, rng: Random) -> Mark:
    """An object; where nobody said what is on the picture, a part of it."""
    rows = list(zip(there.objects.boxes_in_image.tolist(), there.objects.names, strict=True))
    wide = [(box, name) for box, name in rows if box[2] - box[0] >= 8]
    if wide:
        box, name = rng.choice(wide)
        return Mark(tuple(box), name)
    height, width = there.image.size
    x0, y0, x1, y1 = rng.uniform(0, 0.4), rng.uniform(0, 0.4), rng.uniform(0.6, 1), rng.uniform(0.6, 1)
    return Mark((x0 * width, y0 * height, x1 * width, y1 * height), "part")


LESSON = Lesson(
    number=2,
    name="resize",
    title="Resize",
    goal="Say how large a picture and its objects are for the network.",
    page="input",
    ask=ask,
    transfer=ask_back,
)
