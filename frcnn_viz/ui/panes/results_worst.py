"""A wall of the worst: images with the most misses and false alarms, or objects in an order; a click opens one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from frcnn_viz.figures.results import group_name
from frcnn_viz.scale.queries import Worst, count_worst, worst_findings, worst_images
from frcnn_viz.scale.results import Results
from frcnn_viz.ui.controls import choice, number
from frcnn_viz.ui.gallery import Tile, gallery
from frcnn_viz.ui.results import ask_chosen, head, look_into
from frcnn_viz.ui.results_pictures import object_url, picture_url
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.view import Option
from frcnn_viz.words import word

ORDER, PAGE = Option("results.order", ""), Option("results.page", 1)
PER_PAGE = 24


def body(here: Session) -> None:
    results = head()
    if results is None:
        return
    chosen = ask_chosen(results)
    titles = {"": word("results.worst_images").term}
    titles |= {order.name.lower(): word(f"results.{order.name.lower()}").term for order in Worst}
    left, middle, right = st.columns([3, 1, 4], vertical_alignment="bottom")
    with left:
        named = choice(ORDER, "results.order", titles)
    order = Worst[named.upper()] if named else None
    count = count_worst(results, order, chosen)
    if not count:
        st.info(word("results.none_chosen").sentence)
        return
    pages = -(-count // PER_PAGE)
    with middle:
        page = number(PAGE, "results.page", 1, pages)
    start = (page - 1) * PER_PAGE
    right.caption(f"{start + 1:,} to {min(start + PER_PAGE, count):,} of {count:,}. Click one to open it on all pages.")
    with st.spinner(word("results.loading").sentence):
        if order:
            finding_wall(results, worst_findings(results, order, chosen, PER_PAGE, start), "result_objects")
        else:
            image_wall(results, worst_images(results, chosen, PER_PAGE, start))


def image_wall(results: Results, images: list[dict[str, Any]]) -> None:
    tiles = [
        Tile(
            str(place),
            picture_url(image),
            image["image_id"],
            f"{image['missed']:,} missed, {image['alarms']:,} false alarms",
        )
        for place, image in enumerate(images)
    ]
    gallery(tiles, "result_images", lambda key: look_into(results, images[int(key)], None), width=150)


def finding_wall(results: Results, findings: list[dict[str, Any]], key: str, width: int = 120) -> None:
    """Findings as `queries` has them; what is clicked is opened as `results` saw it."""
    tiles = [
        Tile(str(place), object_url(one), one["class"], f"{group_name(one['verdict'])}; {_figures(one)}")
        for place, one in enumerate(findings)
    ]
    gallery(tiles, key, _opener(results, findings), width=width)


def _opener(results: Results, findings: list[dict[str, Any]]) -> Callable[[str], None]:
    def pick(key: str) -> None:
        one = findings[int(key)]
        look_into(results, one["image"], None if one["what"] == "false alarm" else one["number"])

    return pick


def _figures(one: dict[str, Any]) -> str:
    told = {"IoU": one["iou"], "score": one["score"]}
    return ", ".join(f"{name} {value:.2f}" for name, value in told.items() if value is not None)
