"""Results that the app opens by their path: which, what of them is looked at, and their images among one's own."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from frcnn_viz.analysis.waterfall import STAGES
from frcnn_viz.data.annotations import FLAGS, DataError, Object
from frcnn_viz.data.images import MAX_BYTES, ImageError, load_image
from frcnn_viz.data.statistics import BANDS
from frcnn_viz.figures.results import group_name
from frcnn_viz.models.registry import ModelError, is_known, load_detector
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.pipeline.settings import Settings, SettingsError
from frcnn_viz.scale.folder import Plan, ResultsFolder
from frcnn_viz.scale.queries import TAG, Chosen, values_of
from frcnn_viz.scale.results import Results, done_shards
from frcnn_viz.scale.versus import Versus
from frcnn_viz.ui import library, session, view
from frcnn_viz.ui.checkpoints import paths_allowed
from frcnn_viz.ui.controls import choice, slide, words
from frcnn_viz.ui.text import plain
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

PATH, AGAINST = Option("results.path", ""), Option("results.against", "")
CLASS, VERDICT, STAGE = Option("results.class", ""), Option("results.verdict", ""), Option("results.stage", "")
SIZE, TAG_NAME, VALUE = Option("results.size", ""), Option("results.tag", ""), Option("results.value", "")
LOW, HIGH = Option("results.low", 0.0), Option("results.high", 1.0)
MOST_OPEN = 4
ANY = "any"
T = TypeVar("T")
_OPEN: OrderedDict[tuple[object, ...], Any] = OrderedDict()
"""By their paths: who asks may open any file of this computer (`ask`)."""
_LOCK = threading.Lock()


def head() -> Results | None:
    """The results that the visitor names, beside how much there is of what; None as `ask`."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        results = ask()
    if results is not None:
        right.markdown(_told(results))
    return results


def _told(results: Results) -> str:
    total, plan = results.totals, results.plan
    done = f"{total.images:,} images" if len(results.done) >= plan.shards else f"{total.images:,} images so far"
    left_out = f" {total.problems:,} could not be examined." if total.problems else ""
    return (
        f"**{plain(plan.title)}**, {plain(plan.model)}: {done}, {total.missed:,} of {total.found + total.missed:,} "
        f"objects missed, {total.false_alarms:,} false alarms.{left_out}"
    )


def ask(option: Option = PATH, key: str = "results.path") -> Results | None:
    """The results that the visitor names; None, with a way on, where none are, or none may be named.

    Raises:
        DataError: there are none at the path.
    """
    if not paths_allowed():
        st.info(word("results.not_allowed").sentence)
        return None
    named = words(option, key, max_chars=500, placeholder="/data/results").strip()
    if named:
        return opened(named)
    if option is PATH:
        st.info(word("results.nothing").sentence)
        st.code("frcnn-viz autopsy SET --out RESULTS\nfrcnn-viz RESULTS", language="bash")
    return None


def opened(named: str) -> Results:
    """Results by their path, as they stand now; of each that was opened what was read stays known.

    Raises:
        DataError: there are none, or they may not be opened by their path.
    """
    if not paths_allowed():
        raise DataError(word("results.not_allowed").sentence)
    path = Path(named).expanduser().absolute()
    bar = st.empty()

    def tell(done: int, total: int) -> None:
        bar.progress(done / total, f"{done:,} of {total:,} parts of the results are looked through")

    known = ("results", str(path), *done_shards(ResultsFolder(path)).items())
    try:
        return _kept(known, lambda: Results(path, tell))
    finally:
        bar.empty()


def paired(a: Results, b: Results) -> Versus:
    """Two results, image by image."""
    known = ("versus", str(a.folder.path), *a.done.items(), str(b.folder.path), *b.done.items())
    with st.spinner(word("results.pairing").sentence):
        return _kept(known, lambda: Versus(a, b))


def _kept(key: tuple[object, ...], make: Callable[[], T]) -> T:
    """What was made under the key, else made now, once; the longest unused is let go of."""
    with _LOCK:
        value = _OPEN.pop(key) if key in _OPEN else make()
        _OPEN[key] = value
        while len(_OPEN) > MOST_OPEN:
            _OPEN.popitem(last=False)
    return value


def ask_chosen(results: Results) -> Chosen:
    """Which findings are looked at, as the view has it."""
    columns = st.columns(8)
    with columns[0]:
        class_ = choice(CLASS, "results.class", _offered(_values(results, "class")))
    with columns[1]:
        verdict = choice(VERDICT, "results.verdict", _offered(_values(results, "verdict")))
    with columns[2]:
        stage = choice(STAGE, "results.stage", _offered(STAGES))
    with columns[3]:
        band = choice(SIZE, "results.size", _offered(BANDS))
    with columns[4]:
        tag = choice(TAG_NAME, "results.tag", _offered(results.tags))
    with columns[5]:
        value = choice(VALUE, "results.value", _offered(_values(results, TAG + tag) if tag else ()))
    with columns[6]:
        low = slide(LOW, "results.low", 0.0, 1.0, 0.01)
    with columns[7]:
        high = slide(HIGH, "results.high", 0.0, 1.0, 0.01)
    scores = None if (low, high) == (0.0, 1.0) else (low, high)
    return Chosen(class_, verdict, stage, band, (tag, value) if tag and value else None, scores)


_values = lru_cache(maxsize=32)(values_of)
"""Results stay as they were when they were opened."""


def _offered(values: Any) -> dict[str, str]:
    return {"": ANY, **{value: group_name(value) for value in values}}


def read_picture(image: dict[str, Any]) -> bytes:
    """The file that an image of the results was read from.

    Raises:
        ImageError: it is not on this computer, or may not be opened by its path.
    """
    path = Path(image["path"] or "")
    try:
        if paths_allowed() and path.is_absolute() and path.is_file() and path.stat().st_size <= MAX_BYTES:
            return path.read_bytes()
    except (OSError, ValueError):
        pass
    raise ImageError(f"The picture {image['image_id']} cannot be read from {image['path']} on this computer.")


def look_into(results: Results, image: dict[str, Any], number: int | None) -> None:
    """Put an image among one's own with its ground truth, and open it as the run saw it; what differs is told.

    For callbacks. image: as `queries` has it. number: of the object that is chosen then.
    """
    try:
        content = read_picture(image)
        loaded = load_image(content, Path(image["path"]).name)
        objects = [_object(told) for told in image["truth"] or ()]
        key, _ = library.workspace().keep(content, loaded, objects)
    except (ImageError, DataError, OSError) as error:
        view.tell(str(error))
        return
    if loaded.sha256 != image["sha256"]:
        view.tell(f"The picture {image['image_id']} was changed after the run.")
    _see_as(results.plan)
    session.look_at(key, "autopsy", number)
    Option("autopsy.tab", "").set(None)


def _object(told: dict[str, Any]) -> Object:
    flags = {name: bool(told[name]) for name in FLAGS}
    return Object((told["x0"], told["y0"], told["x1"], told["y1"]), told["label"], **flags)


def _see_as(plan: Plan) -> None:
    """Look through the run's detector at its settings; what is not here as it was is told."""
    if not is_known(plan.model):
        view.tell(f"The run's detector {plan.model[:40]!r} is not here; the one in view is used.")
        return
    try:
        detector = load_detector(plan.model, view.now().device)
        values = {name: _levels(value) for name, value in plan.settings.items()}
        defaults = Settings.of(detector.model)
        changes = defaults.replace(**values).changes(defaults)
    except (ModelError, WeightsError, SettingsError, TypeError) as error:
        view.tell(f"The run's detector and settings cannot be had: {error}")
        return
    if detector.fingerprint != plan.fingerprint:
        view.tell(f"The weights of {plan.model} are others than those of the run; verdicts may differ.")
    view.change(model=plan.model, random=False, changes=tuple(changes.items()), selected=())


def _levels(value: Any) -> Any:
    return tuple(map(tuple, value)) if isinstance(value, list) else value
