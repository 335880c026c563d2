"""Every word of the field is shown by what the trace computed, or says in a sentence why it is not."""

from __future__ import annotations

import numpy as np
import pytest

from frcnn_viz.figures import glossary, glossary_training
from frcnn_viz.figures.glossary import NothingToSee, Seen
from frcnn_viz.figures.palette import FATES
from frcnn_viz.figures.terms import PAGES_ALONE, PICTURES, find, shape_of, terms
from frcnn_viz.pipeline.results import Fate
from frcnn_viz.pipeline.settings import FIELD_NAMES
from frcnn_viz.ui.frame.pages import PAGES
from frcnn_viz.words import word, words
from tests.lessons.scenes import scene


def seen(key: str = "fog", **settings: object) -> Seen:
    where = scene(key).at(**settings)
    return Seen(where.trace, where.objects, where.classes)


def test_keys_and_pages_are_there() -> None:
    keys = [key for keys in PICTURES.values() for key in keys.split()]
    assert len(set(keys)) == len(keys)
    assert [key for key in keys if key not in words()] == []
    assert {term.page for term in terms().values()} <= set(PAGES)
    assert [key for key in PAGES_ALONE if not any(f"{own}.".startswith(f"{key}.") for own in terms())] == []
    assert set(FIELD_NAMES) <= set(terms())


def test_every_picture_is_drawn_or_tells_why_not() -> None:
    here, lacking = seen(), set()
    for key, term in terms().items():
        if term.draw is None:
            continue
        try:
            shown, told = term.draw(here)
        except NothingToSee:
            lacking.add(key)
            continue
        assert told.endswith(".")
        assert isinstance(shown, np.ndarray) == (not told.startswith(("One proposal", "Together", "What an error")))
    assert lacking <= {"number.mask", "number.heat_map", "fate.below_score", "fate.too_small", "match.positive"}
    assert lacking >= {"number.mask", "number.heat_map"}


@pytest.mark.parametrize("settings", [{"rpn_score_thresh": 1.0}, {"box_score_thresh": 1.0}])
def test_what_is_not_there_is_told(settings: dict[str, float]) -> None:
    here = seen(**settings)
    told = 0
    for term in terms().values():
        try:
            shown = term.draw and term.draw(here)
        except NothingToSee:
            told += 1
        else:
            assert shown is None or len(shown) == 2
    assert told > ("rpn_score_thresh" in settings) * 10


def test_boxes_that_are_drawn_are_the_trace_s() -> None:
    here = seen()
    proposals = here.trace.proposals
    kept = int((proposals.fate == Fate.KEPT).sum())
    shown, told = glossary.fate(Fate.KEPT, here)
    assert told == f"60 of {kept:,} boxes in the first stage."
    boxes = here.trace.input.boxes_in_image(proposals.candidates[(proposals.fate == Fate.KEPT).nonzero()[:, 0]])
    x0, y0, x1, y1 = (boxes[0] * (shown.shape[1] / here.trace.source.shape[-1])).tolist()
    colour = [int(FATES[Fate.KEPT][n : n + 2], 16) for n in (1, 3, 5)]
    assert shown[round(y0) : round(y0) + 2, round(x0 + x1) // 2].tolist().count(colour)
    assert round(y1) >= round(y0)


def test_what_a_mini_batch_holds_is_counted() -> None:
    here = seen()
    drawn = here.trace.sample(here.trace.match(here.truth.boxes_in_image))
    _, told = glossary_training.mini_batch(here)
    assert told.startswith(f"{len(drawn.positive)} positive anchors (green) and {len(drawn.negative)} negative")
    _, told = glossary_training.losses(here)
    labels = here.truth.labels_in(here.classes)
    losses = here.trace.losses(here.truth.boxes_in_image[labels > 0], labels[labels > 0])
    assert told.startswith(f"Together {float(losses.total):.3f},")


def test_shapes_are_the_trace_s() -> None:
    trace = seen().trace
    assert shape_of(word("term.anchor"), trace) == str([len(trace.anchors), 4])
    first, *_, last = (list(one.shape) for one in trace.features.maps.values())
    assert shape_of(word("term.feature_map"), trace) == f"{first} to {last}"
    assert [shape_of(word(key), trace) for key in ("term.loss", "term.cell", "term.level", "number.mask")] == [""] * 4


def test_a_search_finds_names_first() -> None:
    shelves = {shelf: [term.word.key for term in find("  ", shelf)] for shelf in ("terms", "settings", "measures")}
    assert sorted(shelves["settings"]) == sorted(FIELD_NAMES)
    assert sorted(key for keys in shelves.values() for key in keys) == sorted(terms())
    found = [term.word.key for term in find("ANCHOR", "terms")]
    assert found[0] == "term.anchor"
    assert "term.rpn" in found
    assert find("no such word", "terms") == []


def test_pictures_are_asked_for_one_by_one() -> None:
    where = scene("night")
    fresh = Seen(type(where.trace)(where.detector.model, where.image.pixels), where.objects, where.classes)
    glossary.picture(fresh)
    assert "features" not in vars(fresh.trace)
    glossary.levels(fresh)
    assert "proposals" not in vars(fresh.trace)
