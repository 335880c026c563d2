"""`--out RESULTS`: sets of any size, examined by many processes, and what is printed of it read from the results."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from frcnn_viz.cli.output import console, settings_of, tell_left_out
from frcnn_viz.cli.train import INTERRUPTED, LINE_SECONDS, tell
from frcnn_viz.extras import need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frcnn_viz.models.registry import Detector
    from frcnn_viz.pipeline.settings import Settings
    from frcnn_viz.scale.folder import Plan, ResultsFolder
    from frcnn_viz.scale.summary import Summary

OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Keep the results in this folder: for sets of any size, and to go on after a stop."),
]
EngineOption = Annotated[str, typer.Option(help="With --out: local, this machine's processes; ray, a Ray cluster.")]
WorkersOption = Annotated[int | None, typer.Option(min=1, help="With --out: processes that examine; else one a core.")]
PicturesOption = Annotated[str | None, typer.Option(help="With --out: where a COCO file's pictures are.")]
FixesOption = Annotated[
    bool, typer.Option("--fixes", help="With --out: seek what would mend each miss; takes much longer.")
]
AddressOption = Annotated[str | None, typer.Option(help="With --engine ray: the cluster's.")]
ENGINES = ("local", "ray")


@dataclass(frozen=True)
class Asked:
    """How a set is to be examined, as the command line says it."""

    out: Path | None = None
    engine: str = "local"
    workers: int | None = None
    pictures: str | None = None
    fixes: bool = False
    address: str | None = None

    def __post_init__(self) -> None:
        if self.out is None:
            for name, value in asdict(self).items():
                if value != getattr(Asked, name):
                    raise ValueError(f"--{name} is for results that are kept; say where with --out.")
        if self.engine not in ENGINES:
            raise ValueError(f"there is no engine {self.engine!r}; choose one of {', '.join(ENGINES)}.")
        if self.address and self.engine != "ray":
            raise ValueError("--address is a Ray cluster's; say --engine ray too.")
        if self.engine == "ray":
            need("ray")


def run_many(
    named: str,
    detector: Detector,
    changes: list[str] | None,
    asked: Asked,
    *,
    random_weights: bool = False,
    check: Callable[[ResultsFolder], None] = lambda folder: None,
) -> tuple[ResultsFolder, Summary]:
    """Examine what is not examined yet of a set, and tell how it goes; the results and their sums.

    Args:
        named: the set.
        detector: as it is loaded here.
        changes: what `--set` was given.
        asked: the rest.
        random_weights: whether the detector has those.
        check: is given the results when they are planned; what it raises ends the command.

    Raises:
        DataError: the set or the folder cannot be used, or the processes cannot go on.
        typer.Exit: Ctrl+C.
    """
    from frcnn_viz.scale.folder import ResultsFolder
    from frcnn_viz.scale.planning import make_plan, pending
    from frcnn_viz.scale.summary import summarize

    folder = ResultsFolder(asked.out.absolute())
    settings = settings_of(detector, changes)
    try:
        with _alone(folder):
            wanted, line = _plan(folder, named, detector, settings, asked.fixes), _Line()
            with console.status("Reads the set.") as status:

                def reading(images: int) -> None:
                    status.update(f"Reads the set: {images:,} images.")
                    line(f"read {images:,} images of the set")

                plan = make_plan(named, folder, wanted, asked.pictures, reading)
            check(folder)
            shards = list(pending(folder, plan))
            if shards:
                _examine(folder, plan, shards, asked, random_weights)
    except KeyboardInterrupt:
        tell(f"stopped; what is examined stays in {asked.out}, and the same command goes on from there")
        raise typer.Exit(INTERRUPTED) from None
    told = summarize(folder)
    tell_left_out(told.sentences)
    if told.problems > len(told.sentences):
        tell(f"{told.problems:,} images in all could not be examined; {asked.out}/images says why of each (`problem`)")
    return folder, told


def _plan(folder: ResultsFolder, named: str, detector: Detector, settings: Settings, fixes: bool) -> Plan:
    """What is to be done. Fixes that were sought before, all else being the same, stay."""
    from frcnn_viz.data.annotations import DataError
    from frcnn_viz.scale.work import plan_of

    plan = plan_of(Path(named).name or named, detector, settings, fixes=fixes)
    with_fixes = replace(plan, fixes=True)
    try:
        return with_fixes if folder.plan.basis == with_fixes.basis else plan
    except DataError:  # nothing was there
        return plan


@contextmanager
def _alone(folder: ResultsFolder) -> Iterator[None]:
    """Hold a folder of results, without what runs that were killed had begun to write."""
    from filelock import FileLock, Timeout

    from frcnn_viz.data.annotations import DataError
    from frcnn_viz.scale.rows import TABLES

    folder.path.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder.path / ".lock", timeout=0):
            for name in TABLES:
                for part in (folder.path / name).glob(".*"):
                    part.unlink(missing_ok=True)
            yield
    except Timeout as error:
        raise DataError(f"another run writes to {folder.path}; wait until it has ended, or choose another.") from error


def _examine(
    folder: ResultsFolder, plan: Plan, shards: list[tuple[int, str]], asked: Asked, random_weights: bool
) -> None:
    import pyarrow.parquet as pq

    from frcnn_viz.scale.local import cores, run_local
    from frcnn_viz.scale.ray import run_ray

    images = sum(pq.read_metadata(folder.references_path(shard)).num_rows for shard, _ in shards)
    begun = time.monotonic()
    with _progress(plan.images, plan.images - images) as told:
        if asked.engine == "ray":
            run = partial(run_ray, workers=asked.workers, address=asked.address)
        else:
            run = partial(run_local, workers=asked.workers or (cores() if plan.device == "cpu" else 1))
        deaths = run(folder, plan, shards, random_weights=random_weights, tell=told)
    seconds = time.monotonic() - begun
    tell(f"examined {images:,} images in {timedelta(seconds=round(seconds))}, {images / seconds:.1f} a second")
    if deaths:
        tell(f"{deaths:,} times a process had ended and was started again")


@contextmanager
def _progress(total: int, before: int) -> Iterator[Callable[[int], None]]:
    """A bar, or a line now and then, for so many images of which so many were examined before."""
    line, first = _Line(), [0.0]
    columns = (TextColumn("Examining"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total, completed=before)

        def told(images: int) -> None:
            first[0] = first[0] or (time.monotonic() if images else 0.0)
            pace = _pace(images, total - before - images, time.monotonic() - first[0]) if first[0] else ""
            bar.update(task, completed=before + images, description=pace)
            line(f"examined {before + images:,} of {total:,} images; {pace or 'begins'}")

        yield told


def _pace(done: int, left: int, seconds: float) -> str:
    """How fast it goes and when it will be done."""
    rate = done / max(seconds, 1.0)
    remaining = timedelta(seconds=round(left / rate))
    end = datetime.now() + remaining
    return f"{rate:.1f} a second, {remaining} left, done {end:%a %H:%M}"


class _Line:
    """A line now and then where no terminal shows how it goes."""

    def __init__(self) -> None:
        self._when = time.monotonic()

    def __call__(self, text: str) -> None:
        if not console.is_terminal and time.monotonic() - self._when > LINE_SECONDS:
            self._when = time.monotonic()
            tell(text)
