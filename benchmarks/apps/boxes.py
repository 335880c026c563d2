"""A canvas of 20,000 boxes, for timing its filters."""

import numpy as np
import torch

from frcnn_viz.canvas.scene import BoxLayer, CanvasScene
from frcnn_viz.ui.box_canvas import box_canvas
from frcnn_viz.ui.images import image_url

COUNT = 20_000
generator = torch.Generator().manual_seed(0)
corners = torch.rand(COUNT, 2, generator=generator) * torch.tensor([1250.0, 750.0])
sides = 10 + 70 * torch.rand(COUNT, 2, generator=generator)
layer = BoxLayer(
    "box",
    torch.cat([corners, corners + sides], dim=1),
    [("one", "#0072B2"), ("two", "#E69F00")],
    groups=torch.arange(COUNT) % 2,
    scores=torch.rand(COUNT, generator=generator),
)
box_canvas(CanvasScene(image_url(np.full((800, 1333, 3), 128, np.uint8)), 1333, 800, [layer]), key="boxes")
