"""CONTRIBUTING.md's two steps: a page is one file and one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from frcnn_viz import paths
from frcnn_viz.paths import ROOT
from frcnn_viz.ui.frame.pages import PAGES, Entry
from tests.pages.opening import open_app


def test_a_page_is_one_file_and_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    script, line = (re.sub("^   ", "", block, flags=re.MULTILINE) for block in blocks[:2])
    (tmp_path / "pages").mkdir()
    for path in (ROOT / "pages").glob("*.py"):
        (tmp_path / "pages" / path.name).symlink_to(path)
    (tmp_path / "pages" / "mine.py").write_text(script, encoding="utf-8")
    monkeypatch.setitem(PAGES, "mine", eval(f"{{{line}}}", {"Entry": Entry})["mine"])
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert not open_app().exception
    test = AppTest.from_file(str(tmp_path / "pages" / "mine.py"), default_timeout=120).run()
    assert not test.exception
    assert not test.error
    assert test.title[0].value == "Mine"
    assert test.metric[0].value == "15"
    tabs = test.button_group(key="option_mine.tab")
    assert tabs.options == ["Picture", "Lineage", "Export", "Code"]
    tabs.set_value("code").run()
    assert "detections, _ = model.roi_heads" in test.code[0].value
