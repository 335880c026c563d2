"""A class's server killed while its visitors write: what each page had said is there for the same cookie alone.

With a whole class: `FRCNN_VIZ_CLASS_KILLS=30 python -m pytest tests/browser/test_class_kills.py`.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from websockets.exceptions import WebSocketException

from benchmarks.tab import Tab, ready
from benchmarks.visit import filled_in
from frcnn_viz.classroom.rules import Rules
from frcnn_viz.classroom.visitors import Visitors
from frcnn_viz.data.tenant import acting_as
from frcnn_viz.lessons.record import TRIES, Record
from frcnn_viz.training.signals import STOPPED
from frcnn_viz.training.store import RunFolder, all_runs
from frcnn_viz.ui.classroom.door import COOKIE
from tests.kills import assert_whole
from tests.pictures import picture

T = TypeVar("T")
VISITORS = int(os.environ.get("FRCNN_VIZ_CLASS_KILLS", "3"))
SECONDS = 2.5
"""Of writing, once everybody has written something."""
GONE = (OSError, http.client.HTTPException, WebSocketException)
"""What a browser meets whose server is killed."""


@dataclass
class Writer:
    """A visitor who writes, and what the pages confirmed.

    Attributes:
        name: begins the name of all that is theirs. tab: of the browser.
        pictures: by key. labels: of what was drawn last on each. tries: answers. sent: pictures, confirmed or not.
    """

    name: str
    tab: Tab
    pictures: dict[str, str] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    sent: int = 0

    @property
    def secret(self) -> str:
        return self.tab.cookies[COOKIE]

    async def write(self) -> None:
        """A picture, objects on it, an answer; and again, until the server is gone."""
        chance = random.Random(self.name)
        while True:
            await self.add()
            await self.draw(next(reversed(self.pictures)), self.sent)
            await self.answer(chance)

    async def add(self) -> None:
        self.sent += 1
        name = f"{self.name} {self.sent}.png"
        (uploader,) = [key for key in self.tab.widgets if key.startswith("upload_")]
        await self.tab.upload(uploader, name, "image/png", picture(1000 * int(self.name.split("-")[1]) + self.sent))
        assert f"Yours: {name}" in self.tab.widgets["choose_image"].told.options
        self.pictures[self.tab.link["image"]] = name

    async def draw(self, key: str, count: int) -> None:
        await self.tab.go("images", f"image={key}&images.tab=draw")
        labels = [f"{self.name} {n}" for n in range(count % 7 + 1)]
        boxes = [[n, n, n + 5, n + 6, label, [], ""] for n, label in enumerate(labels)]
        edit = {"boxes": boxes, "classes": labels, "serial": "1"}
        await self.tab.send(f"editor_{key}_canvas", "edit", edit)
        assert any(re.search(rf": {len(labels)} objects, version \d+, saved", text) for text in self.tab.texts)
        self.labels[key] = labels

    async def answer(self, chance: random.Random) -> None:
        await self.tab.go("lessons", "lesson=softmax&lessons.tab=question&image=first-street")
        on = ("lesson_back", "lesson_next_question", "lesson_transfer", "lesson_next_lesson")
        while not ready(self.tab, ["lesson_lock"]):
            await self.tab.act(ready(self.tab, on)[0])
        (form,) = {one.told.form_id for one in self.tab.widgets.values() if getattr(one.told, "form_id", "")}
        await self.tab.act("lesson_lock", True, **filled_in(self.tab, chance))
        left = [
            int(text.removeprefix("Answers left: ")) for text in self.tab.texts if text.startswith("Answers left: ")
        ]
        if left:
            self.tries[form] = TRIES - left[0]
        elif "lesson_show" in self.tab.widgets:
            self.tries[form] = max(1, self.tries.get(form, 0))

    async def see(self, address: str) -> None:
        """Come back with the same cookie: the pages show what was confirmed, and nothing of the others."""
        secret = self.secret
        async with Tab(address, self.tab.cookies) as tab:
            await tab.open("overview")
            assert tab.cookies[COOKIE] == secret
            yours = [one for one in tab.widgets["choose_image"].told.options if one.startswith("Yours: ")]
            assert {f"Yours: {name}" for name in self.pictures.values()} <= set(yours)
            assert all(one.startswith(f"Yours: {self.name} ") for one in yours)
            for key in self.pictures:
                await tab.get(f"/thumbnail/{key}.jpg")
            assert tab.errors == []


async def write_until_killed(writers: list[Writer], process: subprocess.Popen) -> str:
    """Let all write, and one of them train; the run's name."""
    async with AsyncExitStack() as tabs:
        for writer in writers:
            await tabs.enter_async_context(writer.tab)
            await writer.tab.open("overview")
        first = writers[0].tab
        await first.go("train", "train.tab=learn")
        await first.act("learn_train")
        run = first.widgets["option_train.run"].told.options[0]
        await first.go("overview")
        writing = [asyncio.create_task(writer.write()) for writer in writers]
        while not all(writer.labels and writer.tries for writer in writers) and not any(one.done() for one in writing):
            await asyncio.sleep(0.05)
        await asyncio.sleep(random.Random(0).uniform(0, SECONDS))
        os.killpg(process.pid, signal.SIGKILL)
        for end in await asyncio.gather(*writing, return_exceptions=True):
            assert isinstance(end, GONE), repr(end)
    assert [writer.tab.errors for writer in writers] == [[]] * len(writers)
    return run


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end in a thread of its own: in this one Playwright's loop may run."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


def test_what_pages_had_said_is_there_for_each_visitor_after_a_kill(
    serve_workspace: Callable[..., tuple[subprocess.Popen, str]], tmp_path: Path
) -> None:
    base, held = tmp_path / "class", Rules(images=1000)
    process, address = serve_workspace(base, held)
    writers = [Writer(f"visitor-{n}", Tab(address)) for n in range(VISITORS)]
    run = apart(write_until_killed(writers, process))
    process.wait()
    known = Visitors(base, held)
    for writer in writers:
        folder = known.tenant(writer.secret).folder
        workspace = assert_whole(folder)
        names = {item.id: item.name for item in workspace.items()}
        assert writer.pictures.items() <= names.items()
        assert len(names) <= writer.sent
        assert all(name.startswith(f"{writer.name} ") for name in names.values())
        for key, labels in writer.labels.items():
            assert [one.label for one in workspace.item(key).objects] == labels
        assert all(label.startswith(f"{writer.name} ") for label in workspace.classes)
        record = Record.from_json((folder / "lessons.json").read_bytes(), "lessons.json")
        assert sum(len(row.tries) for row in record.rows) >= sum(writer.tries.values())
        with acting_as(known.tenant(writer.secret)):
            assert [one.name for one in all_runs()] == ([run] if writer is writers[0] else [])
    with acting_as(known.tenant(writers[0].secret)):
        folder = RunFolder(run)
        assert folder.status.under_way  # it outlives the server
    _, address = serve_workspace(base, held)

    async def all_see() -> None:
        await asyncio.gather(*(writer.see(address) for writer in writers))

    apart(all_see())
    folder.ask_to_stop()
    end = time.monotonic() + 60
    while folder.status.under_way:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert folder.status.state == STOPPED  # with its state, to be resumed from
