"""`docs/words.md` has a word for all that is shown, and agrees with the words that the code has of its own."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections import Counter
from dataclasses import fields
from enum import Enum
from pathlib import Path

import pytest
import torch
from torchvision.models.detection import FasterRCNN

from frcnn_viz import paths
from frcnn_viz.analysis.anchor_value import OBJECTIVES
from frcnn_viz.analysis.export import BOX_STAGES
from frcnn_viz.analysis.false_alarms import Mistake
from frcnn_viz.analysis.metrics import FIGURES
from frcnn_viz.analysis.sightings import Cell
from frcnn_viz.analysis.stress import AXES
from frcnn_viz.analysis.verdicts import Mechanism, Verdict
from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.data.checks import Kind, Mend
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.pipeline.keypoints import Keypoints
from frcnn_viz.pipeline.masks import Masks
from frcnn_viz.pipeline.matching import MatchReason
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.settings import FIELD_NAMES
from frcnn_viz.pipeline.summary import UNITS
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.training.mishaps import CONTROL, MISHAPS
from frcnn_viz.words import Word, parse, word, words
from tests.conftest import make_image

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = parse((ROOT / "docs" / "words.md").read_text(encoding="utf-8"))
EVERY = list(words().values())
THIRD_HEADS = {"masks": Masks, "keypoints": Keypoints}
STORED = {Mistake.BOTH}
"""Members whose value is in files, and not what the pages say."""


def under(prefix: str) -> list[Word]:
    return [one for one in EVERY if one.key.startswith(prefix)]


def test_every_setting_has_a_word() -> None:
    assert [name for name in FIELD_NAMES if name not in words()] == []


@pytest.mark.parametrize(
    ("prefix", "kinds"),
    [
        ("fate", Fate),
        ("match", MatchReason),
        ("verdict", Verdict),
        ("mistake", Mistake),
        ("mechanism", Mechanism),
        ("cell", Cell),
        ("check", Kind),
        ("mend", Mend),
    ],
)
def test_every_member_of_an_enumeration_has_a_word(prefix: str, kinds: type[Enum]) -> None:
    assert {one.key for one in under(f"{prefix}.")} == {f"{prefix}.{kind.name.lower()}" for kind in kinds}
    for kind in set(kinds) - STORED:
        its = word(f"{prefix}.{kind.name.lower()}")
        if isinstance(kind.value, str):
            assert its.term == kind.value
        if hasattr(kind, "sentence"):
            assert its.sentence == kind.sentence


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("metric", FIGURES),
        ("objective", OBJECTIVES),
        ("band", BANDS),
        ("export", BOX_STAGES),
        ("step", UNITS),
        ("mishap", MISHAPS),
        *((f"mishap.{told}", MISHAPS.keys() - {CONTROL.name}) for told in ("why", "notice", "caught")),
        ("stress", [name.replace(" ", "_") for name in AXES]),
    ],
)
def test_every_name_the_code_goes_by_has_a_word(prefix: str, names: list[str]) -> None:
    assert [name for name in names if f"{prefix}.{name}" not in words()] == []


def test_stages_are_called_as_in_the_table_of_the_analysis() -> None:
    assert tuple(one.term for one in under("stage.")) == STAGES


def test_filters_and_losses_are_called_as_in_the_trace(tiny_fpn: FasterRCNN) -> None:
    trace = Trace(tiny_fpn, make_image(120, 160))
    told = [re.sub(r"\d+ ", "", name) for name, _ in trace.funnel]
    assert [one.term for one in under("funnel.")] == told
    losses = trace.losses(torch.tensor([[20.0, 20.0, 90.0, 80.0]]), torch.tensor([1]))
    assert {one.key for one in under("loss.loss_")} == {f"loss.{name}" for name in losses.by_name}


def test_tensors_of_a_trace_are_there(tiny_fpn: FasterRCNN) -> None:
    trace = Trace(tiny_fpn, make_image(120, 160))
    for one in EVERY:
        for name in re.findall(r"`trace\.([\w.]+)`", one.tensor):
            first, *rest = name.split(".")
            if first in THIRD_HEADS:  # which this detector has not
                assert set(rest) <= {field.name for field in fields(THIRD_HEADS[first])}, one
                continue
            value = trace
            for part in (first, *rest):
                assert hasattr(value, part), f"{one.key}: trace.{name}"
                value = getattr(value, part)


def test_a_sentence_is_one_short_sentence() -> None:
    for one in EVERY:
        assert re.fullmatch(r"[^.!?]([^.!?]|[.!?](?! ))*[^ ]\.", one.sentence), one
        assert len(one.sentence) <= 160, one


def test_terms_and_sentences_are_plain_text() -> None:
    assert [one.key for one in EVERY if set(f"{one.term}{one.sentence}") & set("`*[]|")] == []


def test_a_setting_is_named_as_torchvision_takes_it() -> None:
    taken = inspect.signature(FasterRCNN).parameters
    names = {name: word(name).tensor.strip("`") for name in FIELD_NAMES if name != "seed"}
    assert {name for name, its in names.items() if its not in taken} == {
        "anchor_sizes",  # which the anchor generator takes
        "aspect_ratios",
        "rpn_min_size",  # which is set on the RPN
    }


def test_a_lead_is_one_line() -> None:
    assert [one.key for one in under("page.") if len(one.sentence) > 90] == []


def test_terms_fit_a_column_and_are_one_thing_in_their_section() -> None:
    for rows in SECTIONS.values():
        assert [term for term, count in Counter(one.term for one in rows).items() if count > 1] == []
        assert [one.term for one in rows if len(one.term) > 50 or not one.term] == []


def test_a_setting_s_label_fits_a_narrow_column() -> None:
    assert [name for name in FIELD_NAMES if len(word(name).term) > 28] == []


def test_an_unknown_key_names_those_near_it() -> None:
    with pytest.raises(KeyError, match=r"'rpn_nms_tresh' is not in docs/words\.md; near it are rpn_nms_thresh"):
        word("rpn_nms_tresh")


@pytest.mark.parametrize(
    ("row", "told"),
    [("| `a` | b | c. | |\n| `a` | d | e. | |", "a second time"), ("| `a` | b | c. |", "has 3 cells, not 4")],
)
def test_a_broken_table_is_told(row: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse(f"## Some\n\n| key | term | what it is | tensor |\n|---|---|---|---|\n{row}\n")


def test_what_is_said_on_hover() -> None:
    its = Word("a", "b", "c.", "`d`, image")
    assert (its.hover, its.plain_hover) == ("c.  \n`d`, image", "c.\nd, image")
    assert Word("a", "b", "c.", "").hover == "c."


def test_the_list_travels_with_the_package() -> None:
    assert (paths.DOCS / "words.md").is_file()
    carried = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["data-files"]
    assert carried[f"share/frcnn-viz/{paths.DOCS.name}"] == ["docs/words.md"]


def unused() -> list[str]:
    """The keys that no string in the package or the pages names, whole or by their beginning in an f-string."""
    files = [*(ROOT / "frcnn_viz").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    strings: set[str] = set()
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        strings |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str}
    families = tuple(text for text in strings if re.fullmatch(r"[a-z]+\.([a-z_]+[._])*", text))
    return [key for key in words() if key not in strings and not key.startswith(families)]


if __name__ == "__main__":
    print("\n".join(unused()))
