"""What a run learns from, fixed when it is started: names, hashes and objects of its pictures in a list.

The pictures are decoded later, by the process that trains, each only if its file is still the one in the list
(`pictures`); from then on nothing outside the runs' folder is read.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Object
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.lists import read_list
from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.entry import BACKGROUND
from frcnn_viz.training.pictures import PictureFile, Pictures
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import Run
from frcnn_viz.training.samples import Samples
from frcnn_viz.training.sets import open_set

TRAIN, VALIDATION = "train", "validation"
MOST_TOLD = 100
"""Sentences that are kept."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Picture:
    """One picture of a run.

    Attributes:
        name: for people. file: its name in the set.
        sha256: of the file; of the pixels where one picture is learnt by heart.
        part: `train` or `validation`. objects: as the set has them, pixels of the picture.
    """

    name: str
    file: str
    sha256: str
    part: str
    objects: tuple[Object, ...]


@dataclass(frozen=True)
class Snapshot:
    """The list of a run.

    Attributes:
        pictures: those it learns from and is measured on. told: what was left out, in sentences.
    """

    pictures: tuple[Picture, ...]
    told: tuple[str, ...] = ()

    def of(self, part: str) -> tuple[Picture, ...]:
        """Those of a part."""
        return tuple(picture for picture in self.pictures if picture.part == part)

    @property
    def wanted(self) -> list[tuple[str, AnnotatedImage]]:
        """The hash and the image of each, as `store_pictures` takes them."""
        return [(one.sha256, AnnotatedImage(one.name, file=one.file)) for one in self.pictures]

    def without(self, lacking: dict[str, str]) -> Snapshot:
        """The list without pictures that could not be read: a sentence by hash."""
        kept = (picture for picture in self.pictures if picture.sha256 not in lacking)
        return replace(self, pictures=tuple(kept), told=(*self.told, *lacking.values())[-MOST_TOLD:])

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        rows = [{**vars(picture), "objects": [item.to_dict() for item in picture.objects]} for picture in self.pictures]
        return {"pictures": rows, "told": list(self.told)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Snapshot:
        """What `to_dict` wrote."""
        rows = [
            Picture(**{**row, "objects": tuple(map(Object.from_dict, row["objects"]))}) for row in content["pictures"]
        ]
        return cls(tuple(rows), tuple(content["told"]))


def take(run: Run, tell: Progress = lambda done, total: None) -> Snapshot:
    """The list of a run as its set is now.

    Raises:
        DataError, TrainingError: the set cannot be read, or nothing could be learnt from it.
    """
    opened = open_set(run.data)
    pictures, told = [], [one.sentence for one in opened.dataset.unreadable]
    parts = _listed(run, opened.dataset.images)
    images = [image for image in opened.dataset.images if parts is None or image.file in parts]
    for done, image in enumerate(images):
        tell(done, len(images))
        try:
            sha256 = hashlib.sha256(opened.content(image)).hexdigest()
        except DataError as error:
            told.append(f"{error} It is left out.")
            continue
        part = parts[image.file] if parts is not None else split((sha256,), run.split_seed, run.validation)[0]
        pictures.append(Picture(image.name, str(image.file), sha256, part, image.objects))
    snapshot = Snapshot(tuple(pictures), tuple(told[:MOST_TOLD]))
    check(run, snapshot)
    return snapshot


def split(hashes: Sequence[str], seed: int, fraction: float) -> list[str]:
    """The part of each picture by its file's hash and the seed alone, so that a new picture moves no other."""
    chosen = (hashlib.sha256(f"{seed}:{one}".encode()).digest() for one in hashes)
    return [VALIDATION if int.from_bytes(one[:8], "big") < fraction * 2**64 else TRAIN for one in chosen]


def check(run: Run, snapshot: Snapshot) -> None:
    """Whether something can be learnt from what is listed.

    Raises:
        TrainingError: there is one picture where a part is to be kept apart, a part is empty, or no object is there.
    """
    train, apart = snapshot.of(TRAIN), snapshot.of(VALIDATION)
    asked = run.validation > 0 or bool(run.validation_list)
    if len(train) + len(apart) <= 1 and asked:
        raise TrainingError(
            f"{run.data} has {len(train) + len(apart)} picture that can be used, and none can be kept apart to "
            "measure; add pictures, or set validation to 0."
        )
    for part, other in ((train, "smaller"), (apart, "larger")):
        if not part and (part is train or asked):
            name = "to learn from" if part is train else "for validation"
            raise TrainingError(
                f"no picture of {run.data} is left {name}; choose a {other} validation part, another split_seed, or "
                "other lists."
            )
    classes = set(run.classes)
    counted = Counter(name for picture in train for name in GroundTruth.of(picture.objects).counted.names)
    if not counted:
        raise TrainingError(f"no object is on the pictures of {run.data} to learn from; draw boxes first.")
    if not classes & set(counted):
        named = ", ".join(sorted(counted)[:5])
        raise TrainingError(f"none of the run's classes is on the pictures of {run.data}; these have {named}.")


def samples_of(pictures: Sequence[Picture], file: PictureFile, classes: Sequence[str]) -> Samples:
    """The pictures with their objects, as they are trained on; boxes in the network's pixels.

    Objects without an area, crowds, difficult ones and those of other classes are left out, as training leaves them.

    Args:
        pictures: of a snapshot.
        file: that holds them.
        classes: by label from 1.
    """
    places = file.places()
    boxes, labels, where = [], [], []
    for picture in pictures:
        start, height, width, high, wide = places[picture.sha256]
        truth = GroundTruth.of(picture.objects).counted
        label = truth.labels_in((BACKGROUND, *classes))
        scaled = truth.boxes_in_image * torch.tensor([width / wide, height / high] * 2)
        good = (label > 0) & (scaled[:, 2:] > scaled[:, :2]).all(dim=1)
        boxes.append(scaled[good])
        labels.append(label[good])
        where.append((start, height, width))
    return Samples(Pictures(file.path, where), boxes, labels)


def _listed(run: Run, images: Sequence[AnnotatedImage]) -> dict[str | None, str] | None:
    """The part of each file where the run has lists; those that no list names are left out."""
    if not run.train_list and not run.validation_list:
        return None
    train, apart = (_named(path, images) if path else None for path in (run.train_list, run.validation_list))
    everything = {image.file for image in images}
    train = everything - apart if train is None else train
    apart = everything - train if apart is None else apart
    if train & apart:
        raise TrainingError(f"{min(map(str, train & apart))} is in both lists; leave it out of one.")
    return dict.fromkeys(train, TRAIN) | dict.fromkeys(apart, VALIDATION)


def _named(path: str, images: Sequence[AnnotatedImage]) -> set[str | None]:
    """The files that a list names."""
    try:
        chosen, strange = read_list(tenant().named(path), images)
    except DataError as error:
        raise TrainingError(str(error)) from error
    if strange:
        raise TrainingError(f"{path} names {strange[0][:80]!r}, and the set has no such picture; check the list.")
    return {image.file for image in chosen}
