"""One shard of a run, from its references to its files: what every engine calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import torch
import torchvision

from frcnn_viz.models.registry import Detector, ModelError, load_detector
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.scale.examine import Examiner, Tell, examine_batches
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.rows import TABLES
from frcnn_viz.scale.tasks import AHEAD
from frcnn_viz.version import __version__


def plan_of(title: str, detector: Detector, settings: Settings, *, fixes: bool = False) -> Plan:
    """A run of a detector as it is here, over a set called `title` whose images and shards are not counted yet."""
    return Plan(
        title=title,
        model=detector.name,
        fingerprint=detector.fingerprint,
        settings=settings.inference,
        classes=detector.classes,
        versions={"frcnn_viz": __version__, "torch": torch.__version__, "torchvision": torchvision.__version__},
        device=detector.device.type,
        fixes=fixes,
        shards=0,
        images=0,
    )


def open_examiner(plan: Plan, *, random_weights: bool = False) -> Examiner:
    """What a plan's images are examined with, on this machine.

    Raises:
        ModelError, WeightsError: the detector cannot be loaded, or has other weights than those the plan names.
    """
    detector = load_detector(plan.model, plan.device, random_weights=random_weights)
    if detector.fingerprint != plan.fingerprint:
        raise ModelError(f"the weights of {plan.model} are not those this run began with; start the command again.")
    changes = {name: _levels(value) for name, value in plan.settings.items()}
    return Examiner(detector, replace(Settings.of(detector.model), **changes), plan.fixes)


def do_shard(
    folder: ResultsFolder,
    shard: int,
    key: str,
    examiner: Examiner,
    *,
    spared: Mapping[str, str] | None = None,
    ahead: int = AHEAD,
    tell: Tell = lambda done, at: None,
) -> int:
    """Examine a shard's images, put what was found in place, and return how many images there were.

    Args:
        folder: that holds its references.
        shard: its number.
        key: as `planning.pending` gives it.
        examiner: of the plan.
        spared: images that are not to be opened, by id, each with its sentence.
        ahead: as `examine_batches` takes it.
        tell: as `examine_batches` calls it.

    Raises:
        OSError: the files cannot be read or written.
    """
    references = _with_problems(folder.references(shard), spared or {})
    found = list(examine_batches(references.combine_chunks().to_batches(), examiner, ahead=ahead, tell=tell))
    tables = {
        name: pa.concat_tables([schema.empty_table(), *(tables[name] for tables in found)])
        for name, schema in TABLES.items()
    }
    folder.write_shard(shard, key, tables)
    return len(references)


def _with_problems(references: pa.Table, spared: Mapping[str, str]) -> pa.Table:
    """The references with what else there is against their images."""
    place = references.schema.get_field_index("problem")
    names, problems = (references[name].to_pylist() for name in ("image_id", "problem"))
    told = [spared.get(name, problem) for name, problem in zip(names, problems, strict=True)]
    return references.set_column(place, references.schema.field(place), pa.array(told, pa.string()))


def _levels(value: Any) -> Any:
    """Lists, which JSON makes of tuples, as tuples again."""
    return tuple(map(_levels, value)) if isinstance(value, list | tuple) else value
