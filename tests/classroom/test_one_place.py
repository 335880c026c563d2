"""Whose files are opened is found out in one place: no code beside it reads the variables or knows the usual folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frcnn_viz.data.tenant import FOLDER_VARIABLE, TENANT_VARIABLE
from frcnn_viz.paths import PACKAGE, ROOT

TENANT = "frcnn_viz/data/tenant.py"
FINDER = "frcnn_viz/ui/classroom/door.py"
VARIABLES = {FOLDER_VARIABLE, TENANT_VARIABLE, "FOLDER_VARIABLE", "TENANT_VARIABLE"}


def named(text: str) -> Iterator[str]:
    """Every name and every text in the code, but what is written into the environment."""
    tree = ast.parse(text)
    written = {id(node.slice) for node in ast.walk(tree) if is_written(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in written:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]


def is_written(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)


def test_the_tenant_alone_reads_where_the_workspace_is() -> None:
    words = VARIABLES | {"user_data_path", "default_folder"}
    paths = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *PACKAGE.rglob("*.py")]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    code = {path: set(named(text)) for path, text in texts.items() if any(word in text for word in words)}
    assert [path for path, names in code.items() if names & VARIABLES] == [TENANT]
    assert [path for path, names in code.items() if "user_data_path" in names] == [TENANT]
    whole = {path for path, names in code.items() if "default_folder" in names}
    assert {path for path in whole if not path.startswith("frcnn_viz/cli/")} == {TENANT, FINDER}
