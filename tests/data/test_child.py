from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.child import NICE, Child, Failed, Worker
from frcnn_viz.data.places import Places

MODULE = """
import os, time
from frcnn_viz.data.child import serve

class OfMain:
    pass  # pickled by the name of the main module, and the parent's has no such class

def work(task):
    if task == "unknown":
        while True:
            yield OfMain()
    print("what a library prints")
    yield task * 2
    if task == "wrong":
        raise ValueError("a plain sentence.")
    if task == "crash":
        os.kill(os.getpid(), 11)
    while task == "long":
        time.sleep(0.05)
        yield os.getpid()

if __name__ == "__main__":
    serve(work)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "some_work.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "some_work"


def test_what_is_told_arrives_in_order(module: str) -> None:
    child = Child(module, "once")
    child.wait(60)
    assert not child.is_running
    assert child.said == ["onceonce"]
    assert child.failure == ""


def test_a_mistake_is_a_sentence(module: str) -> None:
    child = Child(module, "wrong")
    child.wait(60)
    assert child.said == ["wrongwrong", Failed("a plain sentence.")]
    assert child.failure == "a plain sentence."
    assert child.reports == ["wrongwrong"]
    assert child.last == "wrongwrong"


@pytest.mark.skipif(os.name == "nt", reason="signals are another thing there")
def test_a_crash_is_told(module: str) -> None:
    child = Child(module, "crash")
    child.wait(60)
    assert child.said == ["crashcrash"]
    assert "ended without a word (exit status -11)" in child.failure


def test_what_cannot_be_read_ends_it_and_is_told(module: str) -> None:
    child = Child(module, "unknown")
    child.wait(60)
    assert not child.is_running
    assert child.said == []
    assert child.last is None
    assert "ended without a word" in child.failure


def test_it_ends_with_the_object(module: str) -> None:
    child = Child(module, "long")
    while len(child.said) < 2:
        time.sleep(0.05)
    assert child.is_running
    process = child._job.process
    del child
    gc.collect()
    assert process.wait(10) != 0


def test_what_was_told_is_kept_when_it_is_stopped(module: str) -> None:
    child = Child(module, "long")
    while len(child.said) < 2:
        time.sleep(0.05)
    child.stop()
    assert not child.is_running
    assert child.failure == ""
    assert child.said[0] == "longlong"


@pytest.mark.skipif(os.name == "nt", reason="processes have other priorities there")
def test_one_waits_for_its_turn_and_stands_back(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frcnn_viz.data.child._PLACES", Places(1))
    first = Child(module, "long")
    while len(first.said) < 2:
        time.sleep(0.05)
    second, third = Child(module, "once"), Child(module, "once")
    third.stop()
    assert third.said == []
    assert third.failure == ""
    quick = Child(module, "once", at_once=True)
    quick.wait(60)
    assert quick.said == ["onceonce"]
    assert [child.is_waiting for child in (first, second, third)] == [False, True, False]
    assert os.getpriority(os.PRIO_PROCESS, first.said[1]) == NICE
    first.stop()
    second.wait(60)
    assert second.said == ["onceonce"]


def test_a_module_that_is_not_there_is_told() -> None:
    child = Child("no_such_module", None)
    child.wait(60)
    assert "ended without a word" in child.failure
    assert "no_such_module" not in sys.modules


ANSWERS = """
import os, time
from frcnn_viz.data.child import answer

def work(question):
    print("what a library prints")
    if question == "wrong":
        raise ValueError("a plain sentence.")
    if question == "crash":
        os.kill(os.getpid(), 11)
    if question == "long":
        time.sleep(60)
    return question, os.getpid()

if __name__ == "__main__":
    answer(work)
"""


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "some_answers.py").write_text(ANSWERS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "some_answers"


@pytest.mark.skipif(os.name == "nt", reason="signals are another thing there")
def test_a_worker_answers_and_outlives_its_mistakes(answers: str) -> None:
    worker = Worker(answers)
    said, process = worker.ask("first", 60)
    assert said == "first"
    with pytest.raises(DataError, match=r"a plain sentence\."):
        worker.ask("wrong", 60)
    assert worker.ask("second", 60) == ("second", process)
    with pytest.raises(DataError, match=r"ended without a word \(exit status -11\)"):
        worker.ask("crash", 60)
    with pytest.raises(DataError, match="took more than 1 seconds"):
        worker.ask("long", 1)
    said, another = worker.ask("third", 60)
    assert said == "third"
    assert another != process


def test_a_worker_ends_with_the_object(answers: str) -> None:
    worker = Worker(answers)
    worker.ask("first", 60)
    process = worker._process
    del worker
    gc.collect()
    assert process.wait(10) != 0


def test_a_child_starts_without_torch() -> None:
    """It takes seconds to import, and no decoder needs it."""
    program = "import frcnn_viz.data.decoding, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
