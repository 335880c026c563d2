"""The page Results: sums, a wall of the worst that opens on all pages, two runs against each other, problems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from frcnn_viz.scale.folder import ResultsFolder
from frcnn_viz.scale.queries import EVERYTHING, Chosen, groups, worst_images
from frcnn_viz.scale.results import Results
from frcnn_viz.ui import library
from frcnn_viz.ui.gallery import Tile
from tests.pages.opening import as_read, open_page, seen
from tests.scale.made import write_examined, write_rows

HOSTILE = "![x](http://127.0.0.1/x) <b>"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[ResultsFolder, ResultsFolder]:
    """Two runs over the same pictures, at other settings."""
    path = tmp_path_factory.mktemp("results")
    a, _ = write_examined(path / "a", path / "pictures", 3, box_score_thresh=0.5)
    b, _ = write_examined(path / "b", path / "pictures", 3)
    return a, b


@pytest.fixture(autouse=True)
def at_home(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace of the test's own, on a server that opens paths."""
    monkeypatch.setenv("FRCNN_VIZ_ALLOW_PATHS", "1")


def texts(test: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error", "success")
    return " ".join(as_read(element.value) for kind in kinds for element in test.get(kind))


@pytest.fixture
def tiles(monkeypatch: pytest.MonkeyPatch) -> list[Tile]:
    """The tiles that are shown, as buttons: AppTest knows no components, which the browser's tests click."""
    shown: list[Tile] = []

    def gallery(tiles: list[Tile], key: str, on_pick: Callable[[str], None], width: int) -> None:
        shown[:] = tiles
        for tile in tiles:
            st.button(tile.key, key=f"tile_{tile.key}", on_click=on_pick, args=(tile.key,))

    monkeypatch.setattr("frcnn_viz.ui.panes.results_worst.gallery", gallery)
    return shown


def opened(tab: str, folder: ResultsFolder, **link: str) -> AppTest:
    return open_page(f"results/{tab}", **{"results.path": str(folder.path)}, **link)


def test_sums_are_those_of_what_is_chosen(folders: tuple) -> None:
    results = Results(folders[0].path)
    test = opened("result_sums", folders[0])
    (table,) = [frame.value for frame in test.dataframe]
    assert table["missed"].tolist() == [one.missed for one in groups(results, "class")[0]]
    total = results.totals
    assert f"{total.missed:,} of {total.found + total.missed:,} objects missed" in texts(test)
    assert len(test.get("plotly_chart")) == 2
    test.selectbox(key="option_results.by").set_value("tag:camera").run()
    test.selectbox(key="option_results.class").set_value("car").run()
    assert not test.exception
    assert dict(seen(test).options)["results.class"] == "car"
    expected = groups(results, "tag:camera", Chosen("car"))[0]
    assert test.dataframe[0].value["missed"].tolist() == [one.missed for one in expected]


@pytest.mark.parametrize("tab", ["result_sums", "worst"])
def test_what_nothing_is_like_is_told(folders: tuple, tab: str) -> None:
    test = opened(tab, folders[0], **{"results.low": "1.0"})
    assert "Nothing in these results is all of what you chose" in texts(test)


def test_the_worst_image_opens_as_the_run_saw_it(
    folders: tuple, tiles: list[Tile], monkeypatch: pytest.MonkeyPatch
) -> None:
    went: list[str] = []
    monkeypatch.setattr("frcnn_viz.ui.view.go_to", went.append)
    test = opened("worst", folders[0])
    worst = worst_images(Results(folders[0].path), EVERYTHING, 24)
    assert [tile.title for tile in tiles] == [one["image_id"] for one in worst]
    test.button(key="tile_0").click().run()
    assert not test.exception
    assert not test.warning
    (item,), view = library.items(), seen(test)
    assert (went, view.image, view.model) == (["autopsy"], item.id, "street-fpn")
    assert dict(view.changes) == {"box_score_thresh": "0.5"}
    assert [one.label for one in item.objects] == [one["label"] for one in worst[0]["truth"]]


@pytest.mark.parametrize("order", ["lowest_iou", "highest_iou", "highest_score"])
def test_findings_are_shown_in_each_order(folders: tuple, order: str, tiles: list[Tile]) -> None:
    test = opened("worst", folders[1], **{"results.order": order})
    assert tiles
    assert not test.error


def test_two_runs_are_compared_and_the_second_is_asked_for(folders: tuple) -> None:
    assert "Name the results of another run" in texts(opened("against", folders[0]))
    test = opened("against", folders[0], **{"results.against": str(folders[1].path)})
    assert "objects on 3 images that both examined" in texts(test)
    assert "A and B differ in Score threshold (0.5 in A, 0.05 in B)." in texts(test)
    (table,) = [frame.value for frame in test.dataframe]
    assert table["only B finds"].sum() > table["only A finds"].sum() == 0
    test.segmented_control(key="option_results.part").set_value("verdict_b").run()
    assert not test.exception
    test.segmented_control(key="option_results.side").set_value("lost").run()
    assert "There is no such object." in texts(test)


def test_names_and_paths_in_rows_are_shown_as_they_are_written_and_opened_only_as_pictures(
    tmp_path: Path, tiles: list[Tile]
) -> None:
    nan = float("nan")
    (tmp_path / "no.jpg").write_bytes(b"GIF89a not really")
    objects = [{"x0": nan, "y0": 1e30, "x1": -1e30, "y1": 5.0, "label": HOSTILE, "crowd": False, "difficult": False}]
    paths = ["/dev/zero", "/etc/passwd", "http://127.0.0.1/a.jpg", "\0", None, str(tmp_path / "no.jpg"), str(tmp_path)]
    images = [{"image_id": f"{HOSTILE} {n}", "path": path, "truth": objects} for n, path in enumerate(paths)]
    findings = [
        {"image_id": image["image_id"], "what": what, "number": 0, "class": HOSTILE, "verdict": HOSTILE, "score": 0.5}
        | {"x0": nan, "y0": nan, "x1": 1e30, "y1": 3.0, "stage": HOSTILE, "iou": nan, "size": nan}
        for image in images
        for what in ("object", "false alarm")
    ]
    images.append({"image_id": HOSTILE, "problem": HOSTILE})
    shard = {"images": images, "findings": findings}
    folder = write_rows(tmp_path / "results", [shard], title=HOSTILE, model=HOSTILE, settings={HOSTILE: 1})
    assert f"{HOSTILE}, {HOSTILE}: 7 images" in texts(opened("result_sums", folder))
    assert opened("problems", folder).dataframe[0].value.values.tolist() == [[HOSTILE, HOSTILE]]
    for order in ("", "lowest_iou", "highest_score"):
        test = opened("worst", folder, **{"results.order": order})
        assert not test.error
        assert len(tiles) == 7
        for number in range(5 if order else 7):
            test.button(key=f"tile_{number}").click().run()
            assert not test.exception
            told = texts(test)
            assert "cannot be read from" in told or "is damaged" in told or "is no JPEG" in told
    assert library.items() == []


def test_paths_are_opened_only_where_visitors_may_and_what_is_none_is_told(
    folders: tuple, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    test = open_page("results")
    assert "Name a folder of results above" in texts(test)
    test.text_input(key="option_results.path").set_value(str(tmp_path / "none")).run()
    assert "holds no results" in test.error[0].value
    monkeypatch.delenv("FRCNN_VIZ_ALLOW_PATHS")
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else None)
    test = opened("result_sums", folders[0])
    assert "opens no paths for visitors from elsewhere" in texts(test)
    assert not test.dataframe
