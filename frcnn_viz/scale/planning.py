"""A set's references are dealt to shards, and what is still to be done of them is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from frcnn_viz.scale.folder import Plan, ResultsFolder


def make_plan(
    named: str,
    folder: ResultsFolder,
    run: Plan,
    pictures: str | None = None,
    tell: Callable[[int], None] = lambda images: None,
) -> Plan:
    """Write a run's plan: run.json and the references of each shard, by id.

    Args:
        named, pictures: as `sets.references_of`.
        run: what is to be done; its numbers of shards and images are found here and need not be right.
        tell: is called now and then with the number of images read so far.

    Returns:
        `run` with its numbers of shards and images, as run.json has it.

    Raises:
        DataError: the set cannot be read, or has no picture with ground truth; an old plan stands as it was.
    """
    raise NotImplementedError


def pending(folder: ResultsFolder, plan: Plan) -> Iterator[tuple[int, str]]:
    """The shards that are not done, with their keys, in order. Shards without images are none.

    Raises:
        DataError: the plan was not written to its end.
    """
    raise NotImplementedError
