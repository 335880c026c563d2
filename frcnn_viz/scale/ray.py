"""A run on a Ray cluster, by Ray Data: actors hold the detector, and numbers of shards travel to them.

Every machine has this program, and the folder of results and the pictures at the same paths. An actor that dies is
started again by Ray, and its shard is done again.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from frcnn_viz.data.annotations import DataError
from frcnn_viz.extras import need
from frcnn_viz.paths import MODEL_VARIABLE
from frcnn_viz.pipeline.cached import cached_property
from frcnn_viz.scale.folder import LOG, Plan, ResultsFolder
from frcnn_viz.scale.tasks import At, Deaths, Failed, Task

MOST_BLOCKS = 10_000
"""Parts that Ray Data deals out; what a driver remembers of each is some kilobytes."""
CALLS = 8
"""That the foreman answers at once."""
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",
}
"""Ray tells nobody that it is used, is silent on what will change in it, and gives way to no other process."""


def run_ray(
    folder: ResultsFolder,
    plan: Plan,
    shards: Iterable[tuple[int, str]],
    *,
    workers: int | None = None,
    address: str | None = None,
    random_weights: bool = False,
    tell: Callable[[int], None] = lambda images: None,
) -> int:
    """Do shards of a run on a Ray cluster, or on a Ray of this machine's that ends with the run.

    Args:
        folder: of the results, planned; each machine has it at this path.
        plan: of it.
        shards: to be done, with their keys.
        workers: how many actors, each with one GPU, or on the CPU with one core; else as many as the cluster has.
        address: of a cluster, as `ray.init` takes it.
        random_weights: whether the detector has those.
        tell: is called with the number of images examined so far. What it raises ends the run.

    Returns:
        How many times an actor had died over a shard.

    Raises:
        MissingExtraError: Ray is not installed.
        DataError: there is no cluster, or the actors cannot go on, such as for want of weights or of room on the disk.
    """
    need("ray")
    import ray

    with (folder.path / LOG).open("a") as log, redirect_stdout(log):  # where Ray tells of each actor that died
        try:
            _open(address, workers)
            return _drive(folder, plan, list(shards), workers, random_weights, tell)
        except ray.exceptions.RayError as error:
            told = f"Ray stopped ({type(error).__name__}); the same command goes on from what is done."
            raise DataError(told) from error
        finally:
            ray.shutdown()


def _open(address: str | None, workers: int | None) -> None:
    """Join a cluster, or start one of this machine alone."""
    import ray

    os.environ.update(ENVIRONMENT)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address:
            _knock(address)
            passed = {name: os.environ[name] for name in (MODEL_VARIABLE,) if name in os.environ}
            ray.init(address, runtime_env={"env_vars": passed}, **quiet)
        else:
            ray.init("local", num_cpus=workers, include_dashboard=False, **quiet)
    except (OSError, ValueError, RuntimeError) as error:
        where = f"at {address}" if address else "on this machine"
        raise DataError(f"No Ray answers {where} ({' '.join(str(error).split())[:200]}).") from error


def _knock(address: str) -> None:
    """Raise where nothing answers, which Ray tells only after minutes."""
    place = urlsplit(f"//{address.rpartition('://')[2]}")
    if place.hostname and place.port:
        socket.create_connection((place.hostname, place.port), timeout=10).close()


def _drive(
    folder: ResultsFolder,
    plan: Plan,
    shards: list[tuple[int, str]],
    workers: int | None,
    random_weights: bool,
    tell: Callable[[int], None],
) -> int:
    import ray

    kind = "GPU" if plan.device == "cuda" else "CPU"
    workers = workers or max(1, int(ray.cluster_resources().get(kind, 1)))
    foreman = ray.remote(Foreman).options(num_cpus=0, max_concurrency=CALLS).remote()
    start = folder.path, plan, random_weights
    ended = foreman.run.remote(shards, workers, {f"num_{kind.lower()}s": 1}, start)
    over = False
    while not over:
        over = bool(ray.wait([ended], timeout=1)[0])
        images, deaths = ray.get(foreman.so_far.remote())
        tell(images)
    if failed := ray.get(ended):
        raise DataError(failed.sentence)
    return deaths


class Foreman:
    """The actor that runs the others, and knows who is at what: Ray Data does a dead actor's shard again by itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[int, tuple[Task, At]] = {}
        self._deaths = Deaths("Ray's logs")
        self._images = 0

    def run(
        self, shards: list[tuple[int, str]], workers: int, resources: dict[str, int], start: tuple[Any, ...]
    ) -> Failed | None:
        """Have the shards done by so many actors; why it cannot go on, if so."""
        import ray
        from ray.data import ActorPoolStrategy

        me = ray.get_runtime_context().current_actor
        rows = [{"shard": shard, "key": key} for shard, key in shards]
        done = ray.data.from_items(rows, override_num_blocks=min(len(rows), MOST_BLOCKS)).map_batches(
            Hand,
            fn_constructor_args=(me, *start),
            batch_size=1,
            compute=ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1),
            **resources,
        )
        for row in done.iter_rows():
            if row["failed"]:
                return Failed(row["failed"])
            with self._lock:
                self._under_way.pop(row["shard"], None)
                self._images += row["images"]
        return None

    def take(self, shard: int, key: str) -> Task | Failed:
        """A shard is begun, or begun again by who knows nothing of the first time."""
        with self._lock:
            task = Task(shard, key)
            if shard in self._under_way:
                try:
                    task = self._deaths.again(*self._under_way[shard])
                except DataError as error:
                    return Failed(str(error))
            self._under_way[shard] = task, At()
            return task

    def hear(self, shard: int, at: At) -> None:
        """What the actor that does a shard has in hand."""
        with self._lock:
            self._under_way[shard] = self._under_way[shard][0], at

    def so_far(self) -> tuple[int, int]:
        """Images examined, and deaths."""
        with self._lock:
            return self._images + sum(at.done for _, at in self._under_way.values()), self._deaths.count


class Hand:
    """An actor that examines: it does the shards it is given."""

    def __init__(self, foreman: Any, path: Path, plan: Plan, random_weights: bool) -> None:
        self._foreman, self._folder = foreman, ResultsFolder(path)
        self._plan, self._random_weights = plan, random_weights

    @cached_property
    def _examiner(self) -> Any:
        import torch

        from frcnn_viz.scale.work import open_examiner

        torch.set_num_threads(1)  # as in a process of `process.work`
        return open_examiner(self._plan, random_weights=self._random_weights)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """Do a shard: how many images it has, or why it cannot be done."""
        shard, key, images, failed = int(batch["shard"][0]), str(batch["key"][0]), 0, ""
        try:
            images = self._do(shard, key)
        except (ValueError, OSError) as error:
            failed = str(error)
        return {"shard": [shard], "images": [images], "failed": [failed]}

    def _do(self, shard: int, key: str) -> int:
        import ray

        from frcnn_viz.scale.work import do_shard

        task = ray.get(self._foreman.take.remote(shard, key))
        if isinstance(task, Failed):
            raise DataError(task.sentence)

        def tell(done: int, images: tuple[str, ...]) -> None:
            ray.get(self._foreman.hear.remote(shard, At(done, images)))

        return do_shard(self._folder, shard, key, self._examiner, spared=task.spared, ahead=task.ahead, tell=tell)
