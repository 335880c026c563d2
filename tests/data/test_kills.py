"""A server killed in the middle of its work has kept all that it said it had."""

from __future__ import annotations

from pathlib import Path

from tests.kills import WORKS, run


def test_nothing_confirmed_is_lost_by_a_kill(tmp_path: Path) -> None:
    confirmed = run(tmp_path / "workspace", 2 * len(WORKS))
    assert all(confirmed[name] >= 2 for name in WORKS), "each was killed after something was done"
