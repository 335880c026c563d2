"""The torch calls that give the map of why a score is what it is, ready to paste and run."""

from __future__ import annotations

from frcnn_viz.analysis.attribution import STEPS_OF_PIECE, Attribution, Kind
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.ui.code import code_of


def code_of_map(trace: Trace, found: Attribution, *, model: str, image: str, random_weights: bool = False) -> str:
    """A program that ends with `attribution`, the map [h, w] in the input frame.

    Args:
        trace: of the picture.
        found: the map.
        model: the detector's name in the registry.
        image: an expression for the picture.
        random_weights: whether the detector is opened with them.
    """
    kind, stage = found.target.kind, "anchors" if found.target.kind.of_anchor else "proposals"
    before = code_of(stage, model=model, image=image, settings=trace.settings, random_weights=random_weights)
    body = _of_anchor(trace, found) if kind.of_anchor else _of_proposal(found)
    return before + _NUMBER.format(body=body) + (_integrated(found.edges) if found.edges else _GRADIENT)


_NUMBER = """
def number(pixels):   # [N, 3, H, W] -> [N]; the box is held fixed
    maps = model.backbone(pixels)
    maps = {{"0": maps}} if isinstance(maps, torch.Tensor) else maps
    {body}

pixels = images.tensors.clone()                 # zero is the mean colour
height, width = images.image_sizes[0]
"""

_GRADIENT = """pixels.requires_grad_()
(gradient,) = torch.autograd.grad(number(pixels).sum(), pixels)
attribution = (gradient * pixels.detach())[0, :, :height, :width].sum(0)
"""


def _integrated(edges: tuple[float, ...]) -> str:
    return f"""from itertools import pairwise

from captum.attr import IntegratedGradients     # pip install captum

edges = {edges}   # of pieces of the way from the mean colour to the image
ways = IntegratedGradients(number)
parts = sum(
    ways.attribute(pixels * end, pixels * start, n_steps={STEPS_OF_PIECE}) for start, end in pairwise(edges)
)
attribution = parts[0, :, :height, :width].sum(0)
"""


def _of_proposal(found: Attribution) -> str:
    target, heads = found.target, "model.roi_heads"
    value = {
        Kind.LOGIT: f"logits[:, {target.label}]",
        Kind.PROBABILITY: f"logits.softmax(-1)[:, {target.label}]",
        Kind.DELTA: f"deltas.view(len(pixels), -1, 4)[:, {target.label}, {target.side}]",
    }[target.kind]
    return f"""box = proposals[0][[{target.box}]].clone()
    pooled = {heads}.box_roi_pool(maps, [box] * len(pixels), images.image_sizes * len(pixels))
    logits, deltas = {heads}.box_predictor({heads}.box_head(pooled))
    return {value}"""


def _of_anchor(trace: Trace, found: Attribution) -> str:
    target = found.target
    level, row, column, shape = trace.anchors.place(target.box)
    value = {
        Kind.OBJECTNESS: f"objectness[:, {shape}, {row}, {column}]",
        Kind.LIKELIHOOD: f"objectness[:, {shape}, {row}, {column}].sigmoid()",
        Kind.ANCHOR_DELTA: f"deltas[:, {4 * shape + target.side}, {row}, {column}]",
    }[target.kind]
    return f"""(objectness,), (deltas,) = model.rpn.head([list(maps.values())[{level}]])
    return {value}                              # of anchor {target.box}"""
