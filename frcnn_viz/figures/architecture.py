"""The module tree and the stages of a detector as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from frcnn_viz.analysis.architecture import STAGES, Module
from frcnn_viz.words import word

TITLES = {
    **{name: word(f"number.{name}").term for name in ("box_map", "mask_map", "kp_map", "parameters")},
    "GFLOPS": f"{word('number.multiply_adds').term}, 10⁹",
}


def stage_rows(modules: Sequence[Module], ms: Mapping[str, float]) -> list[dict[str, object]]:
    """The parts that hold weights: parameters, multiply-adds for this picture, and the time of their stage."""
    parts = {module.path: module for module in modules if module.path in STAGES}
    return [
        {
            "part": path,
            "parameters": f"{part.parameters:,}",
            "multiply-adds": amount(part.multiply_adds),
            "stage": ", ".join(STAGES[path]),
            "ms of the stage": sum(ms.get(stage, 0.0) for stage in STAGES[path]),
        }
        for path, part in parts.items()
    ]


def tree_rows(modules: Sequence[Module], depth: int) -> list[dict[str, object]]:
    """The tree down to a depth, indented."""
    return [
        {
            "module": "\u2003" * module.depth + (module.path if not module.depth else module.path.rsplit(".", 1)[1]),
            "kind": module.kind,
            word("number.gives").term: _shapes(module.shapes),
            "parameters": f"{module.parameters:,}" if module.parameters else "",
            "multiply-adds": amount(module.multiply_adds) if module.multiply_adds else "",
        }
        for module in modules
        if module.depth <= depth
    ]


def _shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    """All where they are one or two; of more, how many, the first and the last."""
    told = [" x ".join(map(str, shape)) for shape in shapes]
    return "; ".join(told) if len(told) < 3 else f"{len(told)}: {told[0]} … {told[-1]}"


def published_rows(published: Mapping[str, float], measured: Mapping[str, float]) -> list[dict[str, object]]:
    """What torchvision states, beside what is so here."""
    return [
        {
            "": TITLES[name],
            "torchvision states": f"{value:,.1f}" if value < 1e4 else f"{value:,.0f}",
            "here": measured.get(name) or "",
        }
        for name, value in published.items()
        if name in TITLES
    ]


def amount(count: int) -> str:
    """1.2 thousand, 3.4 million, 5.6 billion."""
    for size, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if count >= size:
            return f"{count / size:.2f} {name}"
    return f"{count:,}"
