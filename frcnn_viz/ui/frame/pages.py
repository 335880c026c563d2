"""The pages: one line each here, one file each in `pages/`."""

from __future__ import annotations

from dataclasses import dataclass

from frcnn_viz.words import Word, words


@dataclass(frozen=True)
class Entry:
    """A page's place in the navigation; its title and lead are `page.NAME` of the word list.

    Attributes:
        section: of the navigation, as the word list has it. icon: a Material symbol.
        stage: of Figure 2 whose tensors its code gives; None: it is not about one trace.
    """

    section: str
    icon: str
    stage: str | None = "detections"


PAGES = {
    "overview": Entry("stages", "account_tree"),
    "input": Entry("stages", "image", "input"),
    "features": Entry("stages", "layers", "features"),
    "anchors": Entry("stages", "grid_on", "anchors"),
    "proposals": Entry("stages", "select_all", "proposals"),
    "rois": Entry("stages", "crop", "rois"),
    "detections": Entry("stages", "done_all"),
    "third_head": Entry("stages", "accessibility_new"),
    "model": Entry("stages", "schema", "features"),
    "training": Entry("training", "trending_down", "anchors"),
    "lab": Entry("training", "science", "anchors"),
    "train": Entry("training", "model_training", None),
    "experiments": Entry("training", "balance", None),
    "conventions": Entry("training", "rule", "anchors"),
    "autopsy": Entry("failures", "troubleshoot"),
    "court": Entry("failures", "gavel"),
    "probe": Entry("failures", "colorize", "rois"),
    "metrics": Entry("failures", "monitoring"),
    "video": Entry("failures", "movie", None),
    "results": Entry("failures", "query_stats", None),
    "compare": Entry("failures", "compare", None),
    "family": Entry("failures", "family_history", None),
    "images": Entry("data", "photo_library", None),
    "lessons": Entry("lessons", "school", None),
    "glossary": Entry("lessons", "menu_book", None),
    "teacher": Entry("lessons", "co_present", None),
}
MOVED = {
    "sampling": ("training", "sampling"),
    "losses": ("training", "losses"),
    "waterfall": ("autopsy", "waterfall"),
    "stress": ("autopsy", "stress"),
    "draw": ("images", "draw"),
    "dataset": ("images", "check"),
}
"""Where pages of old links are now: page and tab."""


def title_of(page: str) -> Word:
    """A page's title and lead; its name where the word list has no row for it."""
    known = words()
    return known.get(f"page.{page}", Word(f"page.{page}", page.replace("_", " ").capitalize(), "", ""))


STORY = ("input", "features", "anchors", "rpn", "proposals", "rois", "detections")
"""The stages of Figure 2, in order."""
PAGE_OF = {"rpn": ("proposals", "objectness")}
"""Of a stage that has no page of its own: page and tab."""
