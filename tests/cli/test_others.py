"""Who may come to a server: others on purpose only; of a class each to a workspace, its teacher by a token."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from typer.testing import CliRunner

from frcnn_viz.cli import cli
from frcnn_viz.cli.others import check_host
from tests.cli.test_app import command, link  # noqa: F401

PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "lab.example"])
def test_others_are_let_in_on_purpose_only(host: str) -> None:
    with pytest.raises(ValueError, match=f"--host {re.escape(host)} lets others in: add --class"):
        check_host(host, for_class=False, shared=False)
    check_host(host, for_class=True, shared=False)
    check_host(host, for_class=False, shared=True)


@pytest.mark.parametrize("host", [None, "localhost", "127.0.0.1", "::1"])
def test_this_computer_needs_no_word(host: str | None) -> None:
    check_host(host, for_class=False, shared=False)


def test_the_command_says_so_and_starts_nothing() -> None:
    result = CliRunner().invoke(cli, ["app", "--no-browser", "--host", "0.0.0.0"])
    assert result.exit_code != 0
    with pytest.raises(ValueError, match="choose one of the two"):
        check_host(None, for_class=True, shared=True)


def ask(where: str, path: str, method: str = "GET", body: str = "", **headers: str) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection(where, timeout=30)
    line.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded", **headers})
    answer = line.getresponse()
    answer.text = answer.read().decode()
    return answer


def test_a_class_has_cookies_and_a_teacher(command: Callable[..., subprocess.Popen], tmp_path: Path) -> None:  # noqa: F811
    process = command("app", "--class", "--images", "3")
    where = link(process).netloc
    teacher = urlsplit(re.findall(r"http://\S+", process.stdout.readline())[0])
    assert (teacher.netloc, teacher.path, len(teacher.fragment)) == (where, "/class/teacher", 43)
    assert ask(where, "/health").getheader("set-cookie") is None
    given = [ask(where, "/", **PAGE).getheader("set-cookie") for _ in range(2)]
    for cookie in given:
        assert re.fullmatch(r"frcnn_viz=[\w-]{43}; HttpOnly; Max-Age=\d+; Path=/; SameSite=lax", cookie)
    assert given[0] != given[1]
    own = given[0].partition(";")[0]
    assert ask(where, "/", **PAGE, Cookie=own).getheader("set-cookie") is None
    assert list((tmp_path / "own" / "visitors").iterdir()) != []
    assert ask(where, teacher.path, **PAGE).getheader("set-cookie") is None
    wrong = ask(where, teacher.path, "POST", urlencode({"token": "a" * 43}))
    assert (wrong.status, wrong.getheader("set-cookie")) == (403, None)
    assert ask(where, teacher.path, "POST", "token=" + "a" * 2000).status == 413
    right = ask(where, teacher.path, "POST", urlencode({"token": teacher.fragment}))
    assert (right.status, right.getheader("location")) == (303, "/teacher")
    assert right.getheader("set-cookie") == f"frcnn_viz_teacher={teacher.fragment}; HttpOnly; Path=/; SameSite=lax"
    left = ask(where, "/class/leave", Cookie=right.getheader("set-cookie").partition(";")[0])
    assert 'frcnn_viz_teacher=""' in left.getheader("set-cookie")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "own").rglob("*") if path.is_file())
    for secret in (teacher.fragment, own.partition("=")[2]):
        assert secret.encode() not in kept
    (visitor,) = (tmp_path / "own" / "visitors").glob("*/visitor.json")
    assert set(json.loads(visitor.read_bytes())) == {"check", "made"}
