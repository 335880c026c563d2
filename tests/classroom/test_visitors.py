"""A visitor's folder is opened by the secret alone, and removed when the visitor stays away."""

from __future__ import annotations

import hmac
import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frcnn_viz.classroom.rules import Rules, digest_of, rules
from frcnn_viz.classroom.visitors import DAY, MOST_ISSUED, Visitors
from frcnn_viz.data.annotations import DataError

RULES = Rules(digest_of("the token"), images=2, megabytes=3, days=4, run_minutes=0.5)


@pytest.fixture
def visitors(tmp_path: Path) -> Visitors:
    return Visitors(tmp_path, RULES)


def test_a_secret_is_32_random_bytes_and_makes_nothing_until_it_comes_back(visitors: Visitors) -> None:
    first, second = visitors.issue(), visitors.issue()
    assert len(first) == len(second) == 43
    assert first != second
    assert not visitors.folder.exists()
    one = visitors.tenant(first)
    assert visitors.all() == [one]
    assert (one.limits.images, one.limits.nbytes, one.limits.runs, one.limits.run_seconds) == (2, 3_000_000, 1, 30)
    assert (one.opens_paths, one.shared, one.line) == (False, visitors.base, visitors.base / "line")
    assert stat.S_IMODE(one.folder.stat().st_mode) == 0o700


def test_the_same_secret_is_the_same_workspace_for_another_server_too(visitors: Visitors) -> None:
    secret = visitors.issue()
    again = Visitors(visitors.base, RULES)
    with pytest.raises(DataError, match="cookie"):
        again.tenant(secret)  # it never came back
    one = visitors.tenant(secret)
    assert visitors.tenant(secret) == one
    assert again.tenant(secret) == one


def test_the_secret_is_not_kept_and_half_of_its_digest_does_not_do(visitors: Visitors) -> None:
    secret = visitors.issue()
    one = visitors.tenant(secret)
    kept = (one.folder / "visitor.json").read_text() + one.folder.name
    assert secret not in kept
    (one.folder / "visitor.json").write_text('{"check": "0", "made": 0}')
    with pytest.raises(DataError, match="cookie"):
        Visitors(visitors.base, RULES).tenant(secret)


@given(guess=st.text(max_size=60))
def test_no_guess_is_anybodys(guess: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    visitors = Visitors(tmp_path_factory.getbasetemp() / "guesses", RULES)
    if not visitors.all():
        visitors.tenant(visitors.issue())
    with pytest.raises(DataError, match="cookie"):
        visitors.tenant(guess)
    assert len(visitors.all()) == 1


def test_secrets_that_never_come_back_are_forgotten(visitors: Visitors) -> None:
    first = visitors.issue()
    for _ in range(MOST_ISSUED):
        visitors.issue()
    with pytest.raises(DataError, match="cookie"):
        visitors.tenant(first)


def test_there_are_not_more_visitors_than_fit(visitors: Visitors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frcnn_viz.classroom.visitors.MOST_VISITORS", 2)
    secrets = [visitors.issue() for _ in range(3)]
    kept = [visitors.tenant(secret) for secret in secrets[:2]]
    with pytest.raises(DataError, match="2 workspaces already"):
        visitors.tenant(secrets[2])
    assert sorted(visitors.all(), key=str) == sorted(kept, key=str)


def test_who_stayed_away_is_removed_but_not_while_a_run_goes_on(visitors: Visitors) -> None:
    here, away, busy = (visitors.tenant(visitors.issue()) for _ in range(3))
    for one in (away, busy):
        long_ago = time.time() - RULES.days * DAY - 1
        os.utime(one.folder / "visitor.json", (long_ago, long_ago))
    assert visitors.clean(lambda one: one == busy) == 1
    assert [one.folder.exists() for one in (here, away, busy)] == [True, False, True]
    visitors.touch(busy)
    assert visitors.clean(lambda one: False) == 0
    assert visitors.last_visit(busy) == pytest.approx(time.time(), abs=5)
    assert visitors.last_visit(away) == 0


def test_the_rules_go_by_the_environment_and_know_the_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    assert RULES.is_teacher("the token")
    assert not RULES.is_teacher("another")
    assert not Rules().is_teacher("")
    assert digest_of("the token") not in repr(RULES)
    monkeypatch.setenv("FRCNN_VIZ_CLASS", RULES.to_text())
    rules.cache_clear()
    assert rules() == RULES
    monkeypatch.undo()
    rules.cache_clear()
    assert rules() is None


def test_secrets_and_tokens_are_compared_in_constant_time(visitors: Visitors, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append(len(other)) or one == other)
    with pytest.raises(DataError, match="cookie"):
        visitors.tenant("a guess")
    assert not RULES.is_teacher("a guess")
    assert compared == [32, 64]  # half a digest, and a whole one
