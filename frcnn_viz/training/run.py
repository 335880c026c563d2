"""A run: which detector learns, on what, and how. One frozen value, which is written as `run.json`."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz.data.annotations import clean_class
from frcnn_viz.data.formats.write import safe_name
from frcnn_viz.models.own import numbered
from frcnn_viz.models.registry import ModelError, find_entry, make_model
from frcnn_viz.models.variant import Variant, alter
from frcnn_viz.training.recipe import Recipe, TrainingError

LEARN = {
    "all": ("",),
    "heads": ("rpn.", "roi_heads."),
    "rpn": ("rpn.",),
    "roi_heads": ("roi_heads.",),
    "predictor": ("roi_heads.box_predictor.",),
}
"""What can learn: how the names of its parameters begin."""
WORKSPACE, CLASS, PICTURE = "workspace", "workspace:class", "picture:"
DEVICES = ("auto", "cpu", "cuda", "mps")
RANGES = {
    "validation": (0.0, 0.9),
    "split_seed": (0, 2**31 - 1),
    "seed": (0, 2**31 - 1),
    "threads": (1, 256),
    "evaluate_every": (0, 1_000_000),
    "keep_every": (0, 1_000_000),
}
MOST_KEPT = 1_000
"""Steps of one run."""
MAX_PATH = 4_096
"""Characters."""


@dataclass(frozen=True)
class Run:
    """All that a training follows from, but for the pictures themselves.

    Attributes:
        name: of its folder, and in `run:NAME@STEP`.
        recipe: how it learns.
        detector: what learns, and from which weights.
        parts: which of its weights do; a name of `LEARN`.
        data: the path of a folder or zip of annotated pictures, `workspace`, `workspace:class` (the teacher's), or
            `scenes:COUNT` or `scenes:COUNT:SEED`; or `picture:` and the name of one that was learnt by heart, which is
            not learnt again.
        validation: the part of the pictures that is kept apart, chosen by their content and `split_seed`.
        train_list, validation_list: text files that name the pictures of either, such as VOC's `ImageSets/Main`;
            where only one is given, the other part is the rest.
        seed: of new weights and of every step. threads: that compute it.
        device: as `choose_device` takes it.
        evaluate_every, keep_every: after how many steps it is measured, and its weights kept; 0 for the end alone.
        keep_features: the backbone, which must not learn then, runs once on each picture; its batch norms are first
            set to the statistics of the pictures that are learnt from.
    """

    name: str
    recipe: Recipe
    detector: Variant = field(default_factory=Variant)
    parts: str = "all"
    data: str = WORKSPACE
    validation: float = 0.2
    split_seed: int = 0
    train_list: str = ""
    validation_list: str = ""
    seed: int = 0
    threads: int = 1
    device: str = "auto"
    evaluate_every: int = 0
    keep_every: int = 0
    keep_features: bool = False

    def __post_init__(self) -> None:
        if self.name != run_name(self.name):
            raise TrainingError(f"a run cannot be called {self.name[:80]!r}; call it {run_name(self.name)!r}.")
        for name, choices in {"parts": LEARN, "device": DEVICES}.items():
            if getattr(self, name) not in choices:
                raise TrainingError(f"{name} is {getattr(self, name)[:80]!r}; choose one of {', '.join(choices)}.")
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:  # as it is for nan
                raise TrainingError(f"{name} is {value}; it must lie between {low:,} and {high:,}.")
        for name in ("data", "train_list", "validation_list"):
            if len(getattr(self, name)) > MAX_PATH or "\0" in getattr(self, name):
                raise TrainingError(f"{name} is no path; write that of a file or folder.")
        if not self.data:
            raise TrainingError("data is empty; write the path of a folder, `workspace`, or `scenes:COUNT`.")
        if self.keep_features and self.parts == "all":
            raise TrainingError(
                "features can be kept only where the backbone stays as it is; let only the heads learn."
            )
        if self.keep_features and (self.recipe.light or self.recipe.zoom_out > 1):
            raise TrainingError("features that are kept know nothing of light and zoom_out; leave these as they are.")
        if self.keep_every and self.recipe.steps / self.keep_every > MOST_KEPT:
            raise TrainingError(
                f"every {self.keep_every} of {self.recipe.steps:,} steps would be kept; "
                f"at most {MOST_KEPT:,} can be, so make keep_every larger."
            )

    @property
    def is_exercise(self) -> bool:
        """Whether it is one picture learnt by heart."""
        return self.data.startswith(PICTURE)

    def learns(self, parameter: str) -> bool:
        """Whether the parameter of that name does."""
        return parameter.startswith(LEARN[self.parts])

    @property
    def classes(self) -> tuple[str, ...]:
        """What it learns to find, by label from 1.

        Raises:
            ModelError: the base is not there.
        """
        return self.detector.classes or find_entry(self.detector.base).classes[1:]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**plain, "recipe": self.recipe.to_dict(), "detector": self.detector.to_dict()}

    @classmethod
    def from_dict(cls, content: Any) -> Run:
        """What `to_dict` wrote; what is not there is as it is by default.

        Raises:
            TrainingError: a name is unknown, or a value out of range or of another kind.
        """
        if not isinstance(content, dict):
            raise TrainingError(f"a run is {str(content)[:80]!r}; write what it is by name, its recipe first.")
        kinds = {one.name: str(one.type) for one in fields(cls)}
        made: dict[str, Any] = {}
        for name, value in content.items():
            if name not in kinds:
                raise TrainingError(f"a run has no {str(name)[:80]!r}; it has {', '.join(kinds)}.")
            made[name] = _read(name, value, kinds[name])
        for name in ("name", "recipe"):
            if name not in made:
                raise TrainingError(f"the run does not say its {name}; add `{name}`.")
        return cls(**made)


def run_name(text: str) -> str:
    """What a run can be called: as a folder, in a link and on a command line."""
    plain = safe_name(clean_class(text)).replace("/", "_")
    return "".join("_" if c in "@&=#%+" else c for c in plain).strip(" .-") or "run"


def build(run: Run) -> FasterRCNN:
    """The detector before the first step, on the CPU; what is new in it follows from the run's seed.

    Raises:
        ModelError, WeightsError: the base or its weights are not there, or it cannot be altered so.
    """
    wanted, entry = run.detector, find_entry(run.detector.base)
    model = make_model(wanted.base, random_weights=wanted.random_weights, seed=run.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        return alter(model, wanted, entry.classes or numbered(model))


def _read(name: str, value: Any, kind: str) -> Any:
    """A value of `run.json` as the field has it, whose type is `kind`."""
    if kind == "Variant":
        try:
            return Variant.from_dict(value)
        except ModelError as error:
            raise TrainingError(str(error)) from error
    if kind == "Recipe":
        if not isinstance(value, dict):
            raise TrainingError(f"the recipe is {str(value)[:80]!r}; write what it is by name, `steps` first.")
        return Recipe.from_dict(value)
    fits = isinstance(value, {"str": str, "int": int, "float": int | float, "bool": bool}[kind])
    if not fits or isinstance(value, bool) != (kind == "bool"):
        raise TrainingError(f"{name} of the run is {str(value)[:80]!r}; it must be of type {kind}.")
    return value
