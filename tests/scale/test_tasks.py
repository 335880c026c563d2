"""Who is to blame where a process died: a picture that was in hand twice, and never one that was once."""

from __future__ import annotations

import pytest

from frcnn_viz.data.annotations import DataError
from frcnn_viz.scale.tasks import AHEAD, KILLER, MOST_DEATHS, At, Deaths, Task


def test_a_picture_in_hand_at_two_deaths_is_let_be() -> None:
    deaths, task = Deaths("log.txt"), Task(3, "key")
    assert task.ahead == AHEAD
    task = deaths.again(task, At(5, ("a.png", "b.png")))
    assert (task.shard, task.key, task.spared, task.deaths, task.ahead) == (3, "key", {}, 1, 0)
    task = deaths.again(task, At(6, ("b.png",)))
    assert (task.spared, task.deaths, task.ahead) == ({"b.png": KILLER.format("b.png")}, 0, 0)
    task = deaths.again(task, At(9, ("c.png",)))
    assert (set(task.spared), task.deaths, deaths.count) == ({"b.png"}, 1, 3)


def test_deaths_that_no_picture_is_to_blame_for_end_the_run() -> None:
    deaths, task = Deaths("log.txt"), Task(0, "key")
    for number in range(MOST_DEATHS - 1):
        task = deaths.again(task, At(number, (f"{number}.png",)))
    assert task.deaths == MOST_DEATHS - 1
    with pytest.raises(DataError, match=r"end again and again; log\.txt may tell why"):
        deaths.again(task, At(0, ("last.png",)))
