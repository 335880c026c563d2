"""What a detector is made of: every module with the shape it gives for a picture, its parameters, its multiply-adds.

A copy of the model without numbers (on torch's meta device) is walked through with hooks; the model itself is only
read. Multiply-adds are those of convolutions and matrix products, as torchvision counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from frcnn_viz.pipeline.shapes import hollow
from frcnn_viz.pipeline.trace import Trace


@dataclass(frozen=True)
class Module:
    """One module of the tree.

    Attributes:
        path: its name in the model. kind: its class. depth: 0 for the stages.
        shapes: of what it gave, each time it was called; empty where it was not.
        parameters: numbers in it, with all within it.
        multiply_adds: of it and all within it.
    """

    path: str
    kind: str
    depth: int
    shapes: tuple[tuple[int, ...], ...]
    parameters: int
    multiply_adds: int


STAGES = {
    "backbone": ("features",),
    "rpn": ("rpn",),
    "roi_heads.box_head": ("rois",),
    "roi_heads.box_predictor": ("rois",),
    "roi_heads.mask_head": ("masks",),
    "roi_heads.mask_predictor": ("masks",),
    "roi_heads.keypoint_head": ("keypoints",),
    "roi_heads.keypoint_predictor": ("keypoints",),
}
"""The parts that hold weights, and the stage of the trace each works in."""


def modules_of(trace: Trace) -> list[Module]:
    """Every module under the model's parts, in order, for the trace's picture, proposals and detections."""
    model = trace.model
    seen: dict[str, list[tuple[int, ...]]] = {}
    work: dict[str, int] = {}
    parts = dict(_parts(model))
    with torch.inference_mode(False), torch.no_grad():
        copies = {path: hollow(part) for path, part in parts.items()}
        for path, part in copies.items():
            for name, module in part.named_modules():
                module.register_forward_hook(_note(f"{path}.{name}".rstrip("."), seen, work))
        _run(trace, copies)
    found = []
    for path, part in parts.items():
        for name, module in part.named_modules():
            full = f"{path}.{name}".rstrip(".")
            within = [count for other, count in work.items() if other == full or other.startswith(f"{full}.")]
            found.append(
                Module(
                    full,
                    type(module).__name__,
                    0 if not name else name.count(".") + 1,
                    tuple(seen.get(full, ())),
                    sum(p.numel() for p in module.parameters()),
                    sum(within),
                )
            )
    return found


def _parts(model: nn.Module) -> list[tuple[str, nn.Module]]:
    found = []
    for path in STAGES:
        part: nn.Module | None = model
        for name in path.split("."):
            part = getattr(part, name, None)
        if part is not None:
            found.append((path, part))
    return found


def _run(trace: Trace, parts: dict[str, nn.Module]) -> None:
    """Send tensors without numbers, of the sizes of the trace's own, through every part."""
    meta = lambda *shape: torch.empty(*shape, device="meta")  # noqa: E731
    maps = parts["backbone"](meta(*trace.input.images.tensors.shape))
    maps = {"0": maps} if isinstance(maps, Tensor) else maps
    parts["rpn"].head(list(maps.values()))
    channels = next(iter(maps.values())).shape[1]
    heads = trace.model.roi_heads

    def through(head: str, predictor: str, pooler: nn.Module | None, count: int) -> None:
        if head in parts and pooler is not None:
            parts[predictor](parts[head](meta(count, channels, *pooler.output_size)))

    boxes, found = len(trace.proposals), len(trace.detections)
    through("roi_heads.box_head", "roi_heads.box_predictor", heads.box_roi_pool, boxes)
    through("roi_heads.mask_head", "roi_heads.mask_predictor", heads.mask_roi_pool, found)
    through("roi_heads.keypoint_head", "roi_heads.keypoint_predictor", heads.keypoint_roi_pool, found)


def _note(path: str, seen: dict[str, list[tuple[int, ...]]], work: dict[str, int]) -> Callable[..., None]:
    def noted(module: nn.Module, inputs: Sequence[object], output: object) -> None:
        seen.setdefault(path, []).extend(_shapes(output))
        if isinstance(output, Tensor):
            work[path] = work.get(path, 0) + _multiply_adds(module, inputs[0], output)

    return noted


def _shapes(output: object) -> list[tuple[int, ...]]:
    if isinstance(output, Tensor):
        return [tuple(output.shape)]
    values = output.values() if isinstance(output, dict) else output if isinstance(output, list | tuple) else ()
    return [shape for value in values for shape in _shapes(value)]


def _multiply_adds(module: nn.Module, given: object, output: Tensor) -> int:
    if isinstance(module, nn.Linear):
        return output.numel() * module.in_features
    if isinstance(module, _ConvTransposeNd) and isinstance(given, Tensor):
        return given.numel() * module.out_channels // module.groups * torch.Size(module.kernel_size).numel()
    if isinstance(module, _ConvNd):
        return output.numel() * module.in_channels // module.groups * torch.Size(module.kernel_size).numel()
    return 0
