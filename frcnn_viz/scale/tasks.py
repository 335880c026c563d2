"""What a driver and those that examine for it tell each other, and what is made of deaths. No engine is known here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.bounds import clean_name

AHEAD = 1
"""Pictures that are decoded while another is examined."""
MOST_DEATHS = 10
"""Over one shard, that no picture is to blame for; then it is no accident."""
KILLER = "{} ended the process that examined it twice: it crashed, or was killed, maybe for want of memory."
DIES = "The processes that examine end again and again; {} may tell why. Fewer --workers take less memory."


@dataclass(frozen=True)
class Task:
    """A shard to be done, by a process that knows nothing of what happened before.

    Attributes:
        spared: as `do_shard` takes it. deaths: of processes that did it, since one was added to these.
    """

    shard: int
    key: str
    spared: dict[str, str] = field(default_factory=dict)
    deaths: int = 0

    @property
    def ahead(self) -> int:
        """Where a process died, one picture at a time is in hand: what ends it is then known."""
        return 0 if self.deaths or self.spared else AHEAD


@dataclass(frozen=True)
class At:
    """What a process has in hand: images done of its shard, and the ids it is at."""

    done: int = 0
    images: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """The shard's files are in place, of so many images."""

    images: int


@dataclass(frozen=True)
class Failed:
    """It cannot go on, for a reason that stays: a plain sentence."""

    sentence: str


class Deaths:
    """At which pictures the processes of a run died.

    Args:
        log: what may tell why, as a sentence names it.
    """

    def __init__(self, log: str) -> None:
        self.count = 0
        self._log = log
        self._suspects: Counter[str] = Counter()

    def again(self, task: Task, at: At) -> Task:
        """A dead process's task, to be done again; a picture that was in hand at two deaths is let be.

        Raises:
            DataError: too many died over it.
        """
        self.count += 1
        self._suspects.update(at.images)
        killers = {name: KILLER.format(clean_name(name)) for name in at.images if self._suspects[name] > 1}
        deaths = 0 if killers else task.deaths + 1
        if deaths == MOST_DEATHS:
            raise DataError(DIES.format(self._log))
        return replace(task, spared=task.spared | killers, deaths=deaths)
