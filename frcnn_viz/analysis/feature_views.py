"""Ways to look at a feature map of many channels. C channels of h x w cells."""

from __future__ import annotations

import torch
from torch import Tensor

ORDERS = ("index", "activation", "variance")


def channel_order(feature_map: Tensor, by: str) -> Tensor:
    """Channels of [C, h, w] by index, by mean absolute activation, or by variance, largest first: int64 [C]."""
    if by == "index":
        return torch.arange(len(feature_map))
    flat = feature_map.flatten(1).float()
    strength = flat.abs().mean(dim=1) if by == "activation" else flat.var(dim=1, correction=0)
    return strength.argsort(descending=True, stable=True).cpu()


def pca_to_rgb(feature_map: Tensor) -> Tensor:
    """The three strongest principal components of [C, h, w] as red, green and blue in 0..1: [3, h, w].

    Each component's sign is chosen so that its largest loading is positive, so the colours do not flip from
    run to run; each is stretched to its own extremes. Fewer than three channels or cells leave black.
    """
    _, height, width = feature_map.shape
    cells = feature_map.flatten(1).T.double().cpu()  # [h * w, C]
    cells = cells - cells.mean(dim=0)
    _, _, directions = torch.linalg.svd(cells, full_matrices=False)
    directions = directions[:3]
    largest = directions.abs().argmax(dim=1, keepdim=True)
    directions = directions * directions.gather(1, largest).sign()
    parts = (cells @ directions.T).T  # [3, h * w]
    low, high = parts.amin(dim=1, keepdim=True), parts.amax(dim=1, keepdim=True)
    picture = torch.zeros(3, height * width)
    picture[: len(parts)] = ((parts - low) / (high - low).clamp(min=1e-12)).float()
    return picture.view(3, height, width)
