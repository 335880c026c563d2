"""What the Dockerfile, compose.yaml, Caddyfile and CITATION.cff name is there, and what they run is understood."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import PurePosixPath

import pytest
import yaml

from frcnn_viz import __version__
from frcnn_viz.classroom.rules import CLASS_VARIABLE
from frcnn_viz.paths import HOSTS_VARIABLE, ROOT
from frcnn_viz.ui.running import PORT
from tests.cli.running import run

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
APP = COMPOSE["services"]["app"]


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def command(kind: str) -> list[str]:
    return json.loads(instructions(kind)[0])


def test_the_image_is_built_from_what_is_there() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert [name for name in kept if not (ROOT / name).exists()] == []
    copied = [source for line in instructions("COPY") for source in shlex.split(line)[:-1]]
    assert copied == [".", "requirements.txt"]
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packed = {PurePosixPath(pattern).parts[0] for patterns in tools["data-files"].values() for pattern in patterns}
    assert packed | {"frcnn_viz", "pyproject.toml", "README.md"} <= {PurePosixPath(name).parts[0] for name in kept}


def test_the_program_runs_as_a_user_on_a_volume_that_is_its_own() -> None:
    (user,) = instructions("USER")
    (volume,) = instructions("VOLUME")
    (made,) = [line for line in instructions("RUN") if "useradd" in line]
    assert user != "root"
    assert user in made
    assert volume in made
    (environment,) = instructions("ENV")
    folders = dict(pair.split("=") for pair in environment.split())
    assert set(folders) == {"FRCNN_VIZ_WORKSPACE", "TORCH_HOME"}
    assert all(folder.startswith(f"{volume}/") for folder in folders.values())
    assert APP["volumes"] == [f"data:{volume}"]


@pytest.mark.parametrize("line", [command("CMD"), APP["command"]], ids=["Dockerfile", "compose"])
def test_the_app_understands_what_it_is_started_with(line: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the server itself, which is asked for the port that the health check asks."""
    for name in (HOSTS_VARIABLE, CLASS_VARIABLE):  # so that they are put back
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(".")
    started: list[list[str]] = []
    monkeypatch.setattr("streamlit.web.cli.main", lambda arguments, **_: started.append(arguments))
    monkeypatch.setattr("frcnn_viz.cli.serving.is_free", lambda host, port: True)
    assert command("ENTRYPOINT") == ["frcnn-viz"]
    run(*line)
    assert {f"--server.port={PORT}", "--server.address=0.0.0.0"} <= set(started[0])
    assert instructions("EXPOSE") == [str(PORT)]
    (check,) = instructions("HEALTHCHECK")
    _, flag, program = json.loads(check[check.index("[") :])
    assert flag == "-c"
    assert f"http://localhost:{PORT}/health" in program
    compile(program, "the health check", "exec")


def test_the_proxy_leads_to_the_app_and_its_name_is_answered_to() -> None:
    proxy = COMPOSE["services"]["proxy"]
    (configuration,) = [volume for volume in proxy["volumes"] if "Caddyfile" in volume]
    assert (ROOT / configuration.split(":")[0]).is_file()
    assert f"app:{PORT}" in (ROOT / "Caddyfile").read_text(encoding="utf-8")
    assert APP["command"][-2:] == ["--allow-host", proxy["environment"]["SITE"]]
    assert set(COMPOSE["volumes"]) == {volume.split(":")[0] for volume in (*APP["volumes"], proxy["volumes"][1])}
    assert set(APP["build"]["args"]) == set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
