"""The documentation: its site builds strictly, its links and pictures are there, its commands are the program's."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import typer

from frcnn_viz.cli import cli
from frcnn_viz.data.samples import SAMPLES
from frcnn_viz.lessons.shelf import BUILT_IN

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.py"))
WRITTEN = {ROOT / "docs" / "cli.md", *(script.with_suffix(".md") for script in NOTEBOOKS)}
"""By programs; they are in no clone."""
PAGES = sorted({*(ROOT / "docs").rglob("*.md")} - WRITTEN)
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")

CODE = re.compile(r"^ *```sh\n(.*?)```|^((?: {4}.*\n)+)", re.DOTALL | re.MULTILINE)
"""Fenced as a shell's, or indented."""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nav(value: object) -> set[str]:
    """The pages that the navigation names, wherever they stand in it."""
    if isinstance(value, str):
        return {value}
    return set().union(*map(nav, value.values() if isinstance(value, dict) else value))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does it, of a copy of what it is made of."""
    copy = tmp_path_factory.mktemp("clone")
    for name in ("docs", "frcnn_viz"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("zensical.toml", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, copy / name)
    run(copy, sys.executable, "docs/cli.py")
    run(copy, sys.executable, "docs/notebooks.py")
    run(copy, sys.executable, "-m", "zensical", "build", "--strict", "--clean")
    return copy / "site"


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_site_holds_every_page(site: Path) -> None:
    assert [page for page in nav(CONFIG["nav"]) if not (site / page).with_suffix(".html").is_file()] == []


def test_the_site_holds_each_notebook_as_a_file_that_has_its_cells(site: Path) -> None:
    for script in NOTEBOOKS:
        file = (site / "notebooks" / script.name).with_suffix(".ipynb")
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        lines = [line for line in script.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        assert [line for cell in code for line in cell.splitlines() if line] == lines


def test_the_site_asks_nothing_of_the_network(site: Path) -> None:
    loaded = re.compile(r"<(?:script|img|iframe)\b[^>]*\bsrc=\"?(?:https?:)?//|<link\b[^>]*\bhref=\"?(?:https?:)?//")
    assert [page.name for page in site.rglob("*.html") if loaded.search(page.read_text(encoding="utf-8"))] == []


def test_the_site_tells_every_command_and_name(site: Path) -> None:
    import frcnn_viz

    commands = (site / "cli.html").read_text(encoding="utf-8")
    assert [name for name in typer.main.get_command(cli).commands if f'id="frcnn-viz-{name}"' not in commands] == []
    names = (site / "api.html").read_text(encoding="utf-8")
    assert [name for name in frcnn_viz.__all__ if f"{name}</span>" not in names] == []


def test_the_navigation_names_every_page() -> None:
    assert {path.relative_to(ROOT / "docs").as_posix() for path in {*PAGES, *WRITTEN}} == nav(CONFIG["nav"])


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_links_and_pictures_are_there(text: Path) -> None:
    for target in LINK.findall(text.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = (text.parent / path).resolve() if path else text
        assert file.exists() or file in WRITTEN, f"{named(text)}: {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{named(text)}: {target}"


@cache
def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def commands() -> list[tuple[str, str]]:
    """Every line of code in the texts that calls the program, with the text it stands in."""
    found = []
    for text in TEXTS:
        blocks = CODE.findall(text.read_text(encoding="utf-8"))
        lines = [line.strip() for block in blocks for line in "".join(block).splitlines()]
        found += [(named(text), m[1]) for line in lines if (m := re.match(r"(?:\S+/bin/)?(frcnn-viz\b.*)", line))]
    assert len(found) > 60
    return found


@pytest.mark.parametrize(("text", "line"), commands())
def test_a_command_is_taken_by_the_program(text: str, line: str) -> None:
    name, *rest = shlex.split(line, comments=True)
    # resilient: options of the whole program, such as --install-completion, are not carried out
    context = typer.main.get_command(cli).make_context(name, rest, resilient_parsing=True)
    while hasattr(context.command, "commands") and (arguments := [*context._protected_args, *context.args]):
        called, command, rest = context.command.resolve_command(context, arguments)
        context = command.make_context(called, rest, parent=context)


def test_the_readme_has_every_command() -> None:
    told = {line.split()[1] for text, line in commands() if text == "README.md" and " " in line}
    assert [name for name in typer.main.get_command(cli).commands if name not in told] == []


def test_links_of_the_class_open_lessons_and_pictures_that_are_there() -> None:
    links = re.findall(r"lesson=(\w+)&image=([\w-]+)", (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8"))
    assert len(links) == 6
    assert {lesson for lesson, _ in links} <= {lesson.name for lesson in BUILT_IN}
    assert {picture for _, picture in links} <= SAMPLES.keys()


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_what_make_is_asked_for_it_makes(text: Path) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    asked = re.findall(r"(?:`|^ {4,})make ([\w-]+)", text.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(asked) <= set(targets)
