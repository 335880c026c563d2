"""What `from frcnn_viz import` gives: all that is promised, as the README shows it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import frcnn_viz
from frcnn_viz.data.scenes import sample_scene
from frcnn_viz.paths import ROOT


def test_all_that_is_promised_is_there_and_typed() -> None:
    """A type checker reads the imports under TYPE_CHECKING, a program `__getattr__`: both give the same."""
    tree = ast.parse(Path(frcnn_viz.__file__).read_text())
    (typed,) = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        name.name: line.module for line in typed.body if line.module.startswith("frcnn_viz") for name in line.names
    }
    assert set(imported) | {"trace"} == set(frcnn_viz.__all__)
    for name, module in imported.items():
        given = getattr(frcnn_viz, name)
        assert given.__module__ == module
        assert given.__doc__
    assert (Path(frcnn_viz.__file__).parent / "py.typed").is_file()


def test_what_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        frcnn_viz.nothing  # noqa: B018


def test_the_readmes_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"## From Python\n\n```python\n(.*?)```", text, re.DOTALL)
    sample_scene("first-street").image.save(tmp_path / "street.png")
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    assert capsys.readouterr().out.startswith("found Found as car with score")
