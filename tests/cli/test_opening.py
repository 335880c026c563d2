"""`frcnn-viz FILE...`: what is named is added, and the link shows the first of it."""

from __future__ import annotations

import io
import os
import socket
import sys
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from frcnn_viz.cli import main
from frcnn_viz.data.images import load_image
from frcnn_viz.data.workspace import Workspace
from frcnn_viz.paths import HOSTS_VARIABLE, MODEL_VARIABLE, PATHS_VARIABLE
from frcnn_viz.ui.budget import MEMORY_VARIABLE
from frcnn_viz.ui.running import Running, free_port
from tests.data.videos import pictures, write_video

NOTHING = "holds no picture and no annotation of VOC, COCO, YOLO or CVAT."
VOC = (
    "<annotation><filename>{}</filename><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax>"
    "<ymax>9</ymax></bndbox></object></annotation>"
)


def picture(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (24, 16), (shade, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def key(shade: int) -> str:
    return load_image(picture(shade)).sha256[:16]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in: pictures, a folder of them, a zip, an annotated set, and what cannot be used."""
    monkeypatch.setenv("FRCNN_VIZ_WORKSPACE", str(tmp_path / "workspace"))
    folder = tmp_path / "here"
    (folder / "many").mkdir(parents=True)
    (folder / "voc").mkdir()
    (folder / "empty").mkdir()
    for name, shade in {"b.png": 1, "a.png": 2, "many/d.png": 3, "many/e.png": 4, "voc/f.png": 5}.items():
        (folder / name).write_bytes(picture(shade))
    (folder / "voc" / "f.xml").write_text(VOC.format("f.png"))
    (folder / "a.xml").write_text(VOC.format("a.png"))
    (folder / "broken.png").write_bytes(b"broken")
    (folder / "notes.pdf").write_bytes(b"%PDF")
    write_video(folder / "clip.mp4", pictures(3))
    (folder / "broken.mp4").write_bytes(b"broken")
    with zipfile.ZipFile(folder / "some.zip", "w") as archive:
        archive.writestr("g.png", picture(6))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Running:
    """The server that `frcnn-viz` finds; no browser can be opened."""
    server = Running("localhost", 8765, os.getpid())
    monkeypatch.setattr("frcnn_viz.cli.serving.find", lambda folder: server)
    return server


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["frcnn-viz", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def opened(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The options of the link that was printed."""
    (link,) = [word for word in capsys.readouterr().out.split() if word.startswith("http://localhost:8765/")]
    return {name: value for name, (value,) in parse_qs(urlsplit(link).query).items()}


@pytest.mark.parametrize(
    ("named", "options"),
    [
        ([], {}),
        (["a.png"], {"image": key(2)}),
        (["b.png", "a.png"], {"image": key(1)}),
        (["many"], {"image": key(3), "set": "yours"}),
        (["some.zip"], {"image": key(6), "set": "yours"}),
        (["voc"], {"image": key(5), "set": "yours"}),
        (["b.png", "many"], {"image": key(1), "set": "yours"}),
        (["a.png", "a.xml"], {"image": key(2), "set": "yours"}),
        (["broken.png", "a.png"], {"image": key(2)}),
        (["./a.png", "--port", "8765"], {"image": key(2)}),
        (["app", "a.png"], {"image": key(2)}),
        (["--no-browser", "a.png"], {"image": key(2)}),
    ],
)
@pytest.mark.usefixtures("here", "running")
def test_the_link_shows_what_was_named(
    named: list[str], options: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    assert command(monkeypatch, *named) == 0
    assert opened(capsys) == options


@pytest.mark.usefixtures("here", "running")
def test_pictures_come_with_their_ground_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "voc", "b.png", "--no-browser") == 0
    workspace = Workspace(tmp_path / "workspace")
    assert workspace.ids == (key(5), key(1))
    assert [len(item.objects) for item in workspace.items()] == [1, 0]
    (tmp_path / "here" / "b.xml").write_text(VOC.format("b.png"))
    capsys.readouterr()
    assert command(monkeypatch, "b.xml", "--no-browser") == 0
    assert opened(capsys) == {"image": key(1), "set": "yours"}
    assert [len(item.objects) for item in workspace.items()] == [1, 1]


@pytest.mark.parametrize("named", [["clip.mp4"], ["clip.mp4", "a.png"], ["a.png", "broken.mp4", "clip.mp4"]])
@pytest.mark.usefixtures("running")
def test_a_video_is_opened_at_its_first_frame(
    here: Path, named: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, *named, "--no-browser") == 0
    (clip,) = Workspace(tmp_path / "workspace").clips.ids()
    assert opened(capsys) == {"image": f"clip:{clip}@0" if named[0] == "clip.mp4" else key(2)}


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (["broken.mp4"], "left out: broken.mp4 is no MP4, MOV, WebM, MKV, AVI or GIF that can be read; convert it."),
        (["absent.png"], "frcnn-viz: absent.png is not there; check the path."),
        (["a.png", "absent"], "frcnn-viz: absent is not there; check the path."),
        (["a.png", ""], "frcnn-viz: one of the names is empty; name a picture, a folder, a zip or annotations."),
        (
            ["broken.png"],
            "left out: broken.png is no JPEG, PNG, WEBP, BMP, TIFF, GIF picture; convert it to one of these.",
        ),
        (["notes.pdf"], "left out: notes.pdf " + NOTHING),
        (["empty"], "left out: empty " + NOTHING),
        (["a.xml"], "left out: a.xml annotates a.png, which is not in the workspace; add it first."),
    ],
)
@pytest.mark.usefixtures("here", "running")
def test_what_cannot_be_shown_is_one_sentence(
    named: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command(monkeypatch, *named) == 2
    told = capsys.readouterr()
    assert told.err.strip() == sentence
    assert told.out == ""
    assert not list(tmp_path.glob("workspace/images/*"))


@pytest.mark.parametrize("wrong", ["trce", "modls", "photo", ""])
@pytest.mark.usefixtures("here")
def test_a_misspelt_command_is_no_file(
    wrong: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, wrong) == 2
    assert f"No such command '{wrong}'" in capsys.readouterr().err


@pytest.mark.usefixtures("running")
def test_a_command_comes_before_a_folder_of_its_name(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "many").rename(here / "scenes")
    assert command(monkeypatch, "scenes") == 2
    assert "frcnn-viz scenes [OPTIONS]" in capsys.readouterr().err
    assert command(monkeypatch, "./scenes", "--no-browser") == 0
    assert opened(capsys) == {"image": key(3), "set": "yours"}


@pytest.mark.usefixtures("here", "running")
def test_the_browser_opens_the_link_where_there_is_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    links: list[str] = []
    monkeypatch.setattr("webbrowser.open", links.append)
    monkeypatch.setenv("DISPLAY", ":0")
    command(monkeypatch, "a.png")
    command(monkeypatch, "a.png", "--no-browser")
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    monkeypatch.setattr("sys.platform", "linux")
    command(monkeypatch, "a.png")
    assert links == [f"http://localhost:8765/?image={key(2)}"]


@pytest.mark.parametrize(
    "flags",
    [
        ["--host", "127.0.0.1"],
        ["--port", "{free}"],
        ["--memory", "1G"],
        ["--allow-paths"],
        ["--allow-host", "lab.example"],
        ["--model", "package.module:factory"],
    ],
)
@pytest.mark.usefixtures("here", "running")
def test_what_the_running_server_is_not_gets_a_server_of_its_own(
    flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in (MEMORY_VARIABLE, PATHS_VARIABLE, HOSTS_VARIABLE, MODEL_VARIABLE):
        monkeypatch.setenv(variable, "")  # so that it is put back
    monkeypatch.setattr("sys.path", [*sys.path])
    started: list[list[str]] = []
    monkeypatch.setattr("streamlit.web.cli.main", lambda line, **_: started.append(line))
    free = free_port("localhost")
    assert command(monkeypatch, *(flag.format(free=free) for flag in flags)) == 0
    assert capsys.readouterr().out == "", "the link is printed once the server answers"
    ((port,),) = ([flag for flag in line if flag.startswith("--server.port=")] for line in started)
    assert port != "--server.port=8765"


def test_a_port_that_is_taken_is_one_sentence(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert command(monkeypatch, "--port", str(port)) == 2
    sentence = f"frcnn-viz: the port {port} is taken or not allowed; name another with --port, or none."
    assert capsys.readouterr().err.strip() == sentence
