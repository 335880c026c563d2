"""What `make test-gpu` asks of a GPU, asked of the double; and what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.detectors import STREET, load_street
from benchmarks.gpu import __main__ as command
from benchmarks.gpu.equality import is_close
from benchmarks.gpu.exhaustion import exhaustion
from benchmarks.gpu.together import together
from benchmarks.report import GPU, TITLE, write_part
from benchmarks.traces import first_trace
from frcnn_viz.analysis.equality import Difference
from frcnn_viz.pipeline.exhaustion import TOLD
from tests.device.double import DEVICE

SMALL = {"min_size": 64, "max_size": 96}


@pytest.mark.usefixtures("device")
def test_the_parts_run_there() -> None:
    assert any(line.endswith("alone: holds.") for line in together(DEVICE.type, 1, visitors=2).lines)
    part = exhaustion(DEVICE.type, SMALL)
    assert part.holds
    assert TOLD in "\n".join(part.lines)
    street, image = load_street(DEVICE.type), torch.rand(3, 60, 80).to(DEVICE)
    assert next(street.parameters()).device == DEVICE
    assert first_trace(STREET, street, image, 1.15, 1)[0].ms > 0


@pytest.mark.parametrize(
    ("difference", "close"),
    [
        (Difference(0, 0.0, 0.0, 0), True),
        (Difference(0, 9e-5, 9e-6, 0, 9e-6, 9e-5), True),
        (Difference(0, 2e-4, 0.0, 0), False),
        (Difference(0, 0.0, 2e-5, 0), False),
        (Difference(0, 0.0, 0.0, 1), False),
        (Difference(1, float("inf"), float("inf"), 3), False),
        (Difference(0, 0.0, 0.0, 0, 1e-4), False),
    ],
)
def test_how_near_is_equal(difference: Difference, close: bool) -> None:
    assert is_close(difference) is close


def test_without_cuda_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["benchmarks.gpu"])
    command.main()
    assert capsys.readouterr().out == "no CUDA here\n"


def test_a_part_that_fails_is_told_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "equality", lambda *_: 1 / 0)
    monkeypatch.setattr("sys.argv", ["gpu", "equality", "exhaustion", "--device=cpu", f"--out={tmp_path / 'out.md'}"])
    with pytest.raises(SystemExit) as stopped:
        command.main()
    assert stopped.value.code == 1
    written = (tmp_path / "out.md").read_text()
    assert "It failed: ZeroDivisionError: division by zero: MISSED." in written
    assert "The next request gives what the first did: holds." in written


def test_each_keeps_the_others_part_of_the_report(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "benchmarks.md"
    write_part(path, [TITLE, "", "old"])
    write_part(path, [GPU, "", "old card", ""])
    write_part(path, [TITLE, "", "new"])
    assert path.read_text() == f"{TITLE}\n\nnew\n\n{GPU}\n\nold card\n"
    write_part(path, [GPU, "", "new card"])
    assert path.read_text() == f"{TITLE}\n\nnew\n\n{GPU}\n\nnew card\n"
    only = tmp_path / "only.md"
    write_part(only, [GPU, "", "a card"])
    assert only.read_text() == f"{TITLE}\n\n{GPU}\n\na card\n"
