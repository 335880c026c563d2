"""The RPN's candidates and their fates."""

from __future__ import annotations

import torch
from torch import Tensor

from frcnn_viz.canvas.scene import BoxLayer
from frcnn_viz.canvas.sieve import Dial, Sieve
from frcnn_viz.figures.palette import DASHED, DOTTED, FATE_NAMES, FATES, SELECTED, VERMILION
from frcnn_viz.pipeline.boxes import centers
from frcnn_viz.pipeline.results import AnchorGrid, Fate, NetworkInput, Proposals
from frcnn_viz.words import word

DIALS = {
    "nmsIou": "rpn_nms_thresh",
    "most": "rpn_post_nms_top_n",
    "minSide": "rpn_min_size",
    "minScore": "rpn_score_thresh",
}
"""The settings that filter candidates, by what they are to a sieve."""
ORDER = [Fate.KEPT, Fate.SUPPRESSED, Fate.OVER_LIMIT, Fate.BELOW_SCORE, Fate.TOO_SMALL, Fate.BELOW_TOP_K]
PLACES = {
    "kept": ORDER.index(Fate.KEPT),
    "suppressed": ORDER.index(Fate.SUPPRESSED),
    "over": ORDER.index(Fate.OVER_LIMIT),
    "unlikely": ORDER.index(Fate.BELOW_SCORE),
    "small": ORDER.index(Fate.TOO_SMALL),
}


def fate_groups(fate: Tensor) -> Tensor:
    """Each fate's place in `ORDER`: uint8 [N]."""
    place = torch.zeros(len(Fate), dtype=torch.uint8)
    for group, name in enumerate(ORDER):
        place[name] = group
    return place[fate.cpu().long()]


def candidate_layer(
    proposals: Proposals,
    anchors: AnchorGrid,
    network_input: NetworkInput,
    arrows: bool,
    dials: dict[str, Dial] | None = None,
) -> BoxLayer:
    """All candidates coloured by fate; arrows start at the anchor's centre. With dials the canvas filters them."""
    tails = None
    if arrows:
        tails = centers(network_input.boxes_in_image(anchors.boxes[proposals.anchor]))
    return BoxLayer(
        name="candidate",
        boxes_in_image=network_input.boxes_in_image(proposals.candidates),
        legend=[(FATE_NAMES[fate], FATES[fate]) for fate in ORDER],
        groups=fate_groups(proposals.fate),
        kind="candidate",
        scores=proposals.scores,
        columns={
            word("number.objectness_logit").term: proposals.objectness,
            "level": proposals.level,
            word("number.from_anchor").term: proposals.anchor,
        },
        tails=tails,
        width=1.2,
        dashes={ORDER.index(Fate.SUPPRESSED): DASHED, ORDER.index(Fate.OVER_LIMIT): DOTTED},
        hidden_groups=(1, 2, 3, 4, 5),
        sieve=None if dials is None else Sieve(proposals.candidates, proposals.level, dials, PLACES),
    )


def court_layers(proposals: Proposals, candidate: int, network_input: NetworkInput) -> list[BoxLayer]:
    """The selected candidate, and its suppressor or the candidates it suppressed."""

    def layer(name: str, indices: Tensor, colour: str, width: float, dashed: bool = False) -> BoxLayer:
        return BoxLayer(
            name=name,
            boxes_in_image=network_input.boxes_in_image(proposals.candidates[indices]),
            legend=[(name, colour)],
            ids=indices,
            width=width,
            dashes={0: DASHED} if dashed else {},
        )

    own = torch.tensor([candidate])
    by = int(proposals.suppressor[candidate])
    victims = (proposals.suppressor == candidate).nonzero()[:, 0]
    victims_name = word("canvas.victims").term
    layers = [layer(victims_name, victims, FATES[Fate.SUPPRESSED], 1.5, dashed=True)] if len(victims) else []
    if by >= 0:
        layers.append(layer(word("canvas.suppressor").term, torch.tensor([by]), FATES[Fate.KEPT], 3.5))
    return [*layers, layer("selected", own, SELECTED if by < 0 else VERMILION, 3.0)]
