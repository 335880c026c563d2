"""The user's own detectors: a checkpoint for a detector of the registry, or a model their own code makes.

A checkpoint is read without running code, fitted, and kept as safetensors in the workspace's folder, so that it is
there after a restart. A factory is named on the command line only, never by a browser: it is code.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.data.annotations import DataError, clean_class
from frcnn_viz.data.files import write_whole
from frcnn_viz.data.images import clean_name
from frcnn_viz.data.room import FullError, own_room
from frcnn_viz.data.tenant import tenant
from frcnn_viz.models.entry import BACKGROUND, Entry
from frcnn_viz.models.partial import whole
from frcnn_viz.models.pretrained import FROZEN_EPS
from frcnn_viz.models.weights import WeightsError, check_fit, read_state
from frcnn_viz.paths import MODEL_VARIABLE
from frcnn_viz.pipeline.memory import digest

PREFIX, FOLDER = "own-", "models"
CLASS_WEIGHT = "roi_heads.box_predictor.cls_score.weight"
KEYPOINT_WEIGHT = "roi_heads.keypoint_predictor.kps_score_lowres.weight"
MAX_CLASSES = 10_000
OPTIONS = {"num_keypoints": int, "frozen": bool}
"""What a file can tell of how its model was built."""


def add_checkpoint(path: Path, base: Entry, names: Sequence[str] = (), title: str = "") -> str:
    """Keep a checkpoint for a detector of the registry; returns the name it can be opened by.

    Args:
        path: `.safetensors`, `.pt` or `.pth`: a state dict, or a training script's checkpoint that holds one.
        base: the detector it belongs to; the number of classes is the file's.
        names: of the classes, with or without the background; numbers where there are none.
        title: what the file is called.

    Raises:
        WeightsError: it cannot be read, is of another model, or has another number of classes than there are names; or
            there is no room for it.
    """
    title = clean_name(title or path.name)
    state = read_state(path, title)
    classes = _classes(state, base, names, title)
    with torch.device("meta"):  # shapes alone, for they are the file's
        model = base.build(len(classes), **_options(base, state))
    check_fit(model.state_dict(), state, title)
    state = {name: tensor.contiguous().clone() for name, tensor in state.items()}
    record = {"base": base.name, "classes": classes, "title": title, "options": _options(base, state)}
    told = json.dumps(record).encode()
    # The same weights under other names are another detector.
    content = hashlib.sha256(told + "".join(f"{name}{digest(state[name])}" for name in sorted(state)).encode())
    name, folder = f"{PREFIX}{content.hexdigest()[:12]}", _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole(folder / f"{name}.safetensors") as partial_file:
            save_file(state, partial_file)
            own_room().check_written(partial_file, folder / f"{name}.safetensors")
        write_whole(folder / f"{name}.json", told)
    except FullError as error:
        raise WeightsError(str(error)) from error
    except (OSError, SafetensorError, DataError) as error:
        raise WeightsError(f"{title} cannot be kept in {folder} ({error}); make room there and try again.") from error
    return name


def remove_checkpoint(name: str) -> None:
    """Forget a checkpoint; the file it came from stays where it was."""
    if not re.fullmatch(rf"{PREFIX}[0-9a-f]{{12}}", name):
        return
    for ending in ("json", "safetensors"):
        (_folder() / f"{name}.{ending}").unlink(missing_ok=True)


def checkpoints(registry: Mapping[str, Entry], home: Path) -> dict[str, Entry]:
    """The checkpoints that the workspace in the folder `home` keeps, as detectors."""
    found = {}
    whose = ("Yours", "Your") if home == tenant().folder else ("Class", "Your teacher's")
    for path in sorted((home / FOLDER).glob(f"{PREFIX}*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            base, told = registry[record["base"]], record["options"]
            options = {name: make(told[name]) for name, make in OPTIONS.items() if name in told}
            keypoints = options.get("num_keypoints", len(base.keypoints))
            entry = replace(
                base,
                name=path.stem,
                title=f"{whose[0]}: {record['title']}",
                note=f"{whose[1]} checkpoint of {base.title}, with {len(record['classes']) - 1} classes.",
                build=partial(base.build, **options),
                classes=tuple(map(str, record["classes"])),
                keypoints=base.keypoints if keypoints == len(base.keypoints) else tuple(map(str, range(keypoints))),
                file=path.with_suffix(".safetensors"),
                home=home,
                hub=None,
                backbone=None,
                published={},
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not one of ours
        found[entry.name] = entry
    return found


def read_names(text: str) -> list[str]:
    """Class names from a side file or typed: JSON (a list, or names by label), or parted by lines or commas."""
    text = text.strip()
    if text.startswith(("[", "{")):
        try:
            value = json.loads(text)
            values = [value[key] for key in sorted(value, key=int)] if isinstance(value, dict) else value
        except (ValueError, TypeError, RecursionError) as error:
            raise WeightsError(f"the class names are no readable JSON ({error}); write one name a line.") from error
    else:
        values = text.splitlines() if "\n" in text else text.split(",")
    return [name for name in (clean_class(str(value)) for value in values) if name]


def factory() -> dict[str, Entry]:
    """The model of the user's own code that the command line named, as a detector."""
    spec = os.environ.get(MODEL_VARIABLE, "")
    if not spec:
        return {}
    title = f"Yours: {spec}"
    return {spec: Entry(spec, title, "Made by your own code.", partial(_call, spec), ())}


def numbered(model: GeneralizedRCNN) -> tuple[str, ...]:
    """The classes a model names itself (`model.classes`), else numbers."""
    named = getattr(model, "classes", None)
    if isinstance(named, Sequence) and not isinstance(named, str):
        return tuple(map(str, named))
    predictor = model.roi_heads.box_predictor
    count = next(m.out_features for name, m in predictor.named_modules() if name.endswith("cls_score"))
    return (BACKGROUND, *(f"class {label}" for label in range(1, count)))


def _call(spec: str, _: int) -> GeneralizedRCNN:
    module, colon, name = spec.partition(":")
    try:
        make = getattr(importlib.import_module(module), name) if colon else None
    except (ImportError, AttributeError) as error:
        raise WeightsError(f"--model {spec}: {error}; write package.module:factory.") from error
    model = make() if callable(make) else make
    if not isinstance(model, GeneralizedRCNN):
        raise WeightsError(f"--model {spec} gave {type(model).__name__}, and a torchvision GeneralizedRCNN is needed.")
    return model


def _classes(state: dict[str, Tensor], base: Entry, names: Sequence[str], title: str) -> list[str]:
    weight = state.get(CLASS_WEIGHT)
    if weight is None or weight.dim() != 2 or not 2 <= len(weight) <= MAX_CLASSES:
        raise WeightsError(f"{title} lacks {CLASS_WEIGHT!r}, so it is no checkpoint of {base.title}.")
    count = len(weight)
    if len(names) == count - 1:
        names = [BACKGROUND, *names]
    if not names:
        names = base.classes if count == len(base.classes) else [BACKGROUND, *(f"class {n}" for n in range(1, count))]
    if len(names) != count:
        raise WeightsError(
            f"{title} has {count - 1} classes besides the background, and {len(names)} names were given; give as many."
        )
    return list(names)


def _options(base: Entry, state: dict[str, Tensor]) -> dict[str, int | bool]:
    """What the file tells of how its model was built, besides the number of classes."""
    options: dict[str, int | bool] = {}
    if base.keypoints and (weight := state.get(KEYPOINT_WEIGHT)) is not None and weight.dim() == 4:
        options["num_keypoints"] = weight.shape[1]
    if base.name in FROZEN_EPS and any(_COUNTER.search(name) for name in state):
        options["frozen"] = False  # only norms that learn count batches
    return options


_COUNTER = re.compile(r"^backbone\.body\..*num_batches_tracked$")


def _folder() -> Path:
    return tenant().folder / FOLDER
