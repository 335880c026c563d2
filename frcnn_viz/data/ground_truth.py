"""What is really in a picture, as training and measuring take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from frcnn_viz.data.annotations import Object
from frcnn_viz.pipeline.boxes import check_finite
from frcnn_viz.pipeline.tables import ROWS, text_table


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The objects of one picture.

    Attributes:
        boxes_in_image: float32 [G, 4], xyxy, pixels of the user's image.
        names: the class name of each, whether or not a detector knows it.
        crowd: bool [G], COCO's `iscrowd`: a region of many objects. difficult: bool [G], as Pascal VOC has it.
            None in the constructor means that none is.
        left_out: how many annotated objects have no finite area and are not among them.
    """

    boxes_in_image: Tensor
    names: tuple[str, ...]
    crowd: Tensor = None  # type: ignore[assignment]
    difficult: Tensor = None  # type: ignore[assignment]
    left_out: int = 0

    def __post_init__(self) -> None:
        count = len(self.names)
        if self.boxes_in_image.shape != (count, 4):
            raise ValueError(f"expected {count} boxes [{count}, 4], got {list(self.boxes_in_image.shape)}")
        check_finite(self.boxes_in_image, "ground-truth box")
        for name in ("crowd", "difficult"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, torch.zeros(count, dtype=torch.bool))
            if getattr(self, name).shape != (count,):
                raise ValueError(f"expected {count} flags {name} [{count}], got {list(getattr(self, name).shape)}")

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        rows = [
            {"": number, "class": one.label, "box in the image": ", ".join(f"{at:.1f}" for at in one.box)}
            for number, one in enumerate(self.objects[:ROWS])
        ]
        return text_table(f"{len(self)} objects", rows, len(self))

    @property
    def ignored(self) -> Tensor:
        """Which objects are neither found nor missed, and no detection of them a false alarm: bool [G]."""
        return self.crowd | self.difficult

    @property
    def no_targets(self) -> str:
        """One sentence on those that are ignored, as `no_targets` tells it; what is both is a crowd."""
        return no_targets(int(self.crowd.sum()), int((self.ignored & ~self.crowd).sum()))

    @property
    def counted(self) -> GroundTruth:
        """Without the ignored ones: what is to be found, and what training has for targets."""
        return self.take(~self.ignored)

    def take(self, rows: Tensor) -> GroundTruth:
        """Some of them: bool [G]."""
        names = tuple(name for name, good in zip(self.names, rows.tolist(), strict=True) if good)
        return replace(
            self,
            boxes_in_image=self.boxes_in_image[rows],
            names=names,
            crowd=self.crowd[rows],
            difficult=self.difficult[rows],
        )

    @classmethod
    def of(cls, objects: Sequence[Object]) -> GroundTruth:
        """The objects that can be used."""
        kept = usable_objects(objects)
        boxes = torch.tensor([item.box for item in kept], dtype=torch.float32).reshape(-1, 4)
        names = tuple(item.label for item in kept)
        crowd, difficult = (
            torch.tensor([getattr(i, n) for i in kept], dtype=torch.bool) for n in ("crowd", "difficult")
        )
        return cls(boxes, names, crowd, difficult, left_out=len(objects) - len(kept))

    @property
    def objects(self) -> tuple[Object, ...]:
        """The same as they are annotated; what `of` left out is not among them."""
        rows = zip(self.boxes_in_image.tolist(), self.names, self.difficult.tolist(), self.crowd.tolist(), strict=True)
        return tuple(Object(tuple(box), name, difficult, crowd=crowd) for box, name, difficult, crowd in rows)

    def labels_in(self, classes: Sequence[str]) -> Tensor:
        """The place of each object's class among a detector's, or -1: int64 [G]."""
        places = {name: label for label, name in enumerate(classes)}
        return torch.tensor([places.get(name, -1) for name in self.names], dtype=torch.int64)

    def known_in(self, classes: Sequence[str]) -> tuple[GroundTruth, Tensor]:
        """Those of a detector's classes, and their labels: int64 [K], from 1."""
        labels = self.labels_in(classes)
        return self.take(labels > 0), labels[labels > 0]


def usable_objects(objects: Sequence[Object]) -> list[Object]:
    """Those that are an image's ground truth, in its order."""
    usable = [item for item in objects if item.usable]
    boxes = torch.tensor([item.box for item in usable], dtype=torch.float32).reshape(-1, 4)
    # What is too thin or too far off for float32 would have no area for a detector.
    wide = (boxes[:, 2:] > boxes[:, :2]).all(dim=1) & boxes.isfinite().all(dim=1)
    return [item for item, good in zip(usable, wide.tolist(), strict=True) if good]


def no_targets(crowds: int, difficult: int) -> str:
    """One sentence on the objects that are left out of what anchors are to find; empty where there are none.

    torchvision's reference training leaves crowds out of the targets; difficult objects are treated alike.
    """
    kinds = ((crowds, "crowd"), (difficult, "difficult object"))
    told = " and ".join(f"{count:,} {name}{'s' * (count != 1)}" for count, name in kinds if count)
    verb = "is" if crowds + difficult == 1 else "are"
    return told and f"{told} {verb} left out: no anchor is to find them, and in training those on them are negatives."
