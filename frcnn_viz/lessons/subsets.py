"""Wrong subsets, for questions that are answered by choosing some of several: what was added, what was missed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from frcnn_viz.lessons.question import Wrong


def added(right: Iterable[str], keys: Collection[str], reason: str, sentence: str) -> tuple[Wrong, ...]:
    """One that covers every answer with any of some keys, none of them right; nothing without keys."""
    if not keys:
        return ()
    return (Wrong([*right, *keys], reason, sentence, lambda answer: not {*keys}.isdisjoint(answer)),)


def missed(right: Iterable[str], keys: Collection[str], reason: str, sentence: str) -> tuple[Wrong, ...]:
    """One that covers every answer without all of some right keys; nothing without keys."""
    if not keys:
        return ()
    without = [key for key in right if key not in keys]
    return (Wrong(without, reason, sentence, lambda answer: not {*keys} <= {*answer}),)
