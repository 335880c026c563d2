"""What a visitor answered, as the file in the workspace says of itself; read again only once it has changed."""

from __future__ import annotations

import stat
from dataclasses import dataclass

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.tenant import Tenant
from frcnn_viz.lessons.gradebook import Student, claimed
from frcnn_viz.lessons.record import FILE, MOST_BYTES, Record, RecordError
from frcnn_viz.pipeline.cached import cached_property


@dataclass(frozen=True)
class Answers:
    """Those of one visitor.

    Attributes:
        student: their file, as it says of itself. problem: why it cannot be read, in one sentence, else empty.
    """

    student: Student
    problem: str = ""

    @property
    def name(self) -> str:
        """As the student wrote it; maybe empty."""
        return self.student.record.student

    @cached_property
    def lessons_done(self) -> int:
        """Lessons that were answered to their end."""
        record = self.student.record
        return sum(map(record.is_over, {row.lesson for row in record.rows}))

    @cached_property
    def right(self) -> int:
        """Questions that were answered right in the end."""
        return sum(row.is_right for row in self.student.record.rows)

    @cached_property
    def answered(self) -> int:
        """Questions that were answered at all."""
        return sum(bool(row.tries) for row in self.student.record.rows)

    @cached_property
    def tries(self) -> int:
        """Answers that were given."""
        return sum(len(row.tries) for row in self.student.record.rows)

    @cached_property
    def hints(self) -> int:
        """Hints that were read."""
        return sum(row.hints for row in self.student.record.rows)


class Reader:
    """Reads the answers of visitors, and keeps what it read."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[tuple[int, ...], Answers]] = {}

    def read(self, one: Tenant) -> Answers:
        """What a visitor answered until now: the same object as long as the file is the same."""
        name = one.folder.name
        file = f"{name}/{FILE}"
        try:
            path = one.file(FILE)
            state = path.stat()
            mark = (state.st_ino, state.st_mtime_ns, state.st_size)
            known = self._read.get(name)
            if known and known[0] == mark:
                return known[1]
            if not stat.S_ISREG(state.st_mode):
                raise RecordError(f"{FILE} is no file.")
            with path.open("rb") as opened:
                answers = Answers(claimed(file, Record.from_json(opened.read(MOST_BYTES + 1), FILE)))
        except FileNotFoundError:
            return Answers(claimed(file, Record()))
        except OSError as error:
            return Answers(claimed(file, Record()), f"{FILE} cannot be read ({error.strerror}).")
        except DataError as error:
            return Answers(claimed(file, Record()), str(error))
        except RecordError as error:
            answers = Answers(claimed(file, Record()), str(error))
        self._read[name] = mark, answers
        return answers

    def forget(self, names: set[str]) -> None:
        """Let go of all but these visitors."""
        self._read = {name: kept for name, kept in self._read.items() if name in names}
