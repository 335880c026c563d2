"""What a run learns from where its backbone stays as it is: pictures go through it once, their features are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor
from torch.optim.swa_utils import update_bn
from torchvision.models.detection import FasterRCNN
from torchvision.transforms.v2 import functional
from torchvision.tv_tensors import BoundingBoxFormat

from frcnn_viz.training.kept import MOST_BYTES, KeptPicture, head_losses, keep
from frcnn_viz.training.loop import evaluating
from frcnn_viz.training.recipe import Recipe
from frcnn_viz.training.run import Run
from frcnn_viz.training.samples import Samples, draw_batch

XYXY = BoundingBoxFormat.XYXY
Losses = Callable[[], Mapping[str, Tensor]]


def step_losses(run: Run, model: FasterRCNN, samples: Samples) -> Losses:
    """What computes the losses of a step of the run, as `Loop` takes it."""
    if run.keep_features:
        return KeptSamples(model, samples, run.recipe).losses
    device = next(model.parameters()).device
    return lambda: model(*draw_batch(samples, run.recipe, device))


def recalibrate(model: FasterRCNN, samples: Samples, batch: int) -> None:
    """Set the statistics of the backbone's batch norms to those of these pictures; nothing else is changed.

    A backbone that stays as it is still measures every picture by what it learnt from. Norms of a fixed kind
    (`FrozenBatchNorm2d`) have no statistics to set.
    """
    device = next(model.parameters()).device

    def batches() -> Iterator[Tensor]:
        for start in range(0, len(samples), batch):
            images = [_image(samples, index, device) for index in range(start, min(start + batch, len(samples)))]
            yield model.transform(images)[0].tensors

    with evaluating(model):
        update_bn(batches(), model.backbone)


class KeptSamples:
    """Pictures in each way that the recipe turns them: their features are computed when they are drawn first.

    Those for which there is no room are computed each time, to the same numbers.
    """

    def __init__(self, model: FasterRCNN, samples: Samples, recipe: Recipe, most_bytes: int = MOST_BYTES) -> None:
        """Nothing is computed yet; `model` is one whose backbone does not learn."""
        self._model, self._samples, self._recipe, self._room = model, samples, recipe, most_bytes
        self._kept: dict[tuple[int, bool, bool], KeptPicture] = {}

    def losses(self) -> dict[str, Tensor]:
        """The four losses, means over a batch. What is drawn comes from torch's global generator."""
        recipe = self._recipe
        drawn = torch.randint(len(self._samples), (recipe.batch,)).tolist()
        mirror, upside_down = (torch.rand(2, recipe.batch) < 0.5).tolist()
        each = [
            head_losses(self._model, self._picture(index, recipe.mirror and left, recipe.upside_down and up))
            for index, left, up in zip(drawn, mirror, upside_down, strict=True)
        ]
        return {name: torch.stack([one[name] for one in each]).mean() for name in each[0]}

    def _picture(self, index: int, mirror: bool, upside_down: bool) -> KeptPicture:
        key = index, mirror, upside_down
        if key in self._kept:
            return self._kept[key]
        image = _image(self._samples, index, next(self._model.parameters()).device)
        boxes, size = self._samples.boxes[index], image.shape[-2:]
        if mirror:
            image = functional.horizontal_flip_image(image)
            boxes = functional.horizontal_flip_bounding_boxes(boxes, XYXY, size)
        if upside_down:
            image = functional.vertical_flip_image(image)
            boxes = functional.vertical_flip_bounding_boxes(boxes, XYXY, size)
        with evaluating(self._model):  # in training mode torchvision's resize draws a number
            picture = keep(self._model, image, boxes, self._samples.labels[index])
        if picture.nbytes <= self._room:
            self._kept[key] = picture
            self._room -= picture.nbytes
        return picture


def _image(samples: Samples, index: int, device: torch.device) -> Tensor:
    return torch.tensor(samples.images[index]).to(device, torch.float32) / 255
