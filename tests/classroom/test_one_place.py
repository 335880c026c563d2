"""Whose files are opened is found out in one place: no code beside it reads the variables or knows the usual folder."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from frcnn_viz.data.tenant import FOLDER_VARIABLE, TENANT_VARIABLE
from frcnn_viz.paths import PACKAGE, ROOT

TENANT = "frcnn_viz/data/tenant.py"
FINDER = "frcnn_viz/ui/classroom/door.py"


def code(words: set[str], read: Callable[[ast.AST], Iterator[str]]) -> dict[str, set[str]]:
    """Of each file of the program those of the words that `read` finds in it."""
    paths = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *PACKAGE.rglob("*.py")]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    likely = {path: ast.parse(text) for path, text in texts.items() if any(word in text for word in words)}
    return {path: found for path, tree in likely.items() if (found := words & set(read(tree)))}


def names(tree: ast.AST) -> Iterator[str]:
    """Every name in the code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]


def environment(tree: ast.AST) -> Iterator[str]:
    """The variables that are read from the environment."""
    for node in ast.walk(tree):
        asked: list[ast.expr] = []
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            asked = [node.slice] * (ast.unparse(node.value) == "os.environ")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("os.environ.", "os.getenv")):
            asked = node.args[:1]
        yield from (one.value if isinstance(one, ast.Constant) else ast.unparse(one) for one in asked)


def test_the_tenant_alone_reads_where_the_workspace_is() -> None:
    variables = {FOLDER_VARIABLE, TENANT_VARIABLE, "FOLDER_VARIABLE", "TENANT_VARIABLE"}
    assert list(code(variables, environment)) == [TENANT]
    assert list(code({"user_data_path"}, names)) == [TENANT]
    elsewhere = {path for path in code({"default_folder"}, names) if not path.startswith("frcnn_viz/cli/")}
    assert elsewhere == {TENANT, FINDER}


def test_nothing_makes_a_symbolic_link_or_unpacks_one() -> None:
    """So that none in a visitor's workspace can lead to another's."""
    assert code({"symlink", "symlink_to", "extractall", "unpack_archive", "tarfile"}, names) == {}
