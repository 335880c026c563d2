"""A class of visitors who answered lessons, as the pages would have written it."""

from __future__ import annotations

from pathlib import Path

from frcnn_viz.classroom.rules import Rules, digest_of
from frcnn_viz.classroom.visitors import Visitors
from frcnn_viz.data.tenant import Tenant
from frcnn_viz.lessons import Stage
from frcnn_viz.lessons.question import Question
from frcnn_viz.lessons.record import Record, Row, open_row
from frcnn_viz.lessons.shelf import BUILT_IN
from tests.lessons.scenes import scene

TOKEN = "the token"
RULES = Rules(digest_of(TOKEN))
COUNT = BUILT_IN[2]


def question(picture: str = "fog", seed: str = "0") -> Question:
    """The first of "Count the anchors"."""
    return COUNT.questions(scene(picture), seed)[0]


def answered(*given: int, picture: str = "fog", seed: str = "0", hints: int = 0) -> Row:
    """That question with answers: the right one for -1, else that one of its known wrong ones."""
    asked = question(picture, seed)
    row = open_row(COUNT.name, Stage.PREDICT, asked, scene(picture))
    for _ in range(hints):
        row = row.hinted()
    for number in given:
        row = row.answered(asked, asked.right if number < 0 else asked.wrong[number].answer, 1.7e9, 30.0)
    return row


def class_of(base: Path, *records: Record | None) -> tuple[Visitors, list[Tenant], list[str]]:
    """Visitors with these records, whose they are, and their secrets."""
    visitors = Visitors(base, RULES)
    secrets = [visitors.issue() for _ in records]
    tenants = [visitors.tenant(secret) for secret in secrets]
    for one, record in zip(tenants, records, strict=True):
        if record is not None:
            keep(one, record)
    return visitors, tenants, secrets


def keep(one: Tenant, record: Record) -> None:
    """What the lessons' pages write."""
    (one.folder / "lessons.json").write_bytes(record.to_json())
