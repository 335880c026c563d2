from __future__ import annotations

import threading
import time

from frcnn_viz.data.places import Places

SECONDS = 10


def ask(places: Places, owner: str, name: str, came: list[str], ends: dict[str, threading.Event]) -> threading.Thread:
    """Ask in a thread; returns once it stands in the line, or has a place."""

    def work() -> None:
        with places.take(owner, lambda: False) as has_place:
            assert has_place
            came.append(name)
            ends[name].wait(SECONDS)

    before = len(places._line) + len(came)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    until(lambda: len(places._line) + len(came) > before)
    return thread


def until(holds) -> None:  # noqa: ANN001
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_whoever_has_least_at_work_comes_first_then_whose_turn_is_longest_ago() -> None:
    places, came = Places(2), []
    names = ("ada 1", "ada 2", "ada 3", "bob 1", "ada 4", "bob 2", "cy 1")
    ends = {name: threading.Event() for name in names}
    threads = []
    for n, name in enumerate(names):
        threads.append(ask(places, name.split()[0], name, came, ends))
        until(lambda n=n: len(came) == min(n + 1, 2))
    expected = ["ada 1", "ada 2"]
    # ada still has a place, bob asked before cy; cy had no turn yet; then ada's last turn was before bob's
    for done, following in [
        ("ada 1", "bob 1"),
        ("ada 2", "cy 1"),
        ("bob 1", "ada 3"),
        ("cy 1", "bob 2"),
        ("ada 3", "ada 4"),
    ]:
        ends[done].set()
        expected.append(following)
        until(lambda: len(came) == len(expected))
        assert came == expected
    for end in ends.values():
        end.set()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_who_gives_up_gets_no_place_and_takes_none() -> None:
    places, given_up, told = Places(1), threading.Event(), []

    def wait() -> None:
        with places.take("bob", given_up.is_set) as has_place:
            told.append(has_place)

    with places.take("ada", lambda: False):
        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        until(lambda: places._line)
        given_up.set()
        places.look()
        thread.join(SECONDS)
        assert told == [False]
    with places.take("cy", lambda: False) as has_place:
        assert has_place
