"""What one visitor of a class does, with pauses as of people: sliders, photos, lessons, one run, pages, Back."""

from __future__ import annotations

import asyncio
import io
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from PIL import Image, ImageDraw

from benchmarks.tab import Tab, ready

PAUSE = (0.5, 3.0)
"""Seconds between two things that a visitor does."""
TURNED = {
    "proposals": ("rpn_nms_thresh", 0.3, 0.9),
    "detections": ("box_nms_thresh", 0.3, 0.7),
    "autopsy": ("box_score_thresh", 0.05, 0.5),
}
"""On each page a setting of the canvas's dials, and between what it is turned."""
CANDIDATES = "slider_rpn_pre_nms_top_n"
STAGES = ("overview", "input", "features", "anchors", "proposals", "rois", "detections")
OTHERS = ("model", "training", "lab", "autopsy", "court", "probe", "images", "glossary")
ON = ("lesson_next_question", "lesson_transfer", "lesson_next_lesson", "lesson_finish", "lesson_back")
"""The buttons that lead on in a lesson, or back to its picture."""
STEPS = 20
"""Of a run on a set."""
WATCHED = 4
"""Looks at a run that has begun, before the visitor does something else."""


@dataclass
class Log:
    """What all visitors waited for, in seconds by kind, and what went wrong."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    held: str = ""
    """What the sidebar said last of the memory."""

    @contextmanager
    def timed(self, kind: str) -> Iterator[None]:
        """Note how long it took."""
        start = time.perf_counter()
        yield
        self.waits[kind].append(time.perf_counter() - start)


def photo(seed: int) -> bytes:
    """A drawn picture of its own for each seed, 640 x 480 to 1600 x 1200, as a JPEG."""
    chance = random.Random(seed)
    width = chance.randrange(640, 1601, 4)
    height = width * 3 // 4
    colour = lambda: tuple(chance.randrange(256) for _ in range(3))  # noqa: E731
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = chance.randrange(width), chance.randrange(height)
        box = (x, y, x + chance.randrange(20, width // 3), y + chance.randrange(20, height // 3))
        chance.choice((pen.rectangle, pen.ellipse))(box, fill=colour())
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def filled_in(tab: Tab, chance: random.Random) -> dict[str, Any]:
    """An answer by chance to the lesson's question that is shown: a value for each part of its form."""
    values: dict[str, Any] = {}
    for key, one in tab.widgets.items():
        if not key.startswith("lesson_"):
            continue
        if one.kind == "number_input":
            values[key] = float(chance.randrange(1, 2000))
        elif one.kind == "radio" and one.told.form_id:
            values[key] = chance.choice(one.told.options)
        elif one.kind == "checkbox":
            values[key] = chance.random() < 0.5
    return values


class Visit:
    """One visitor's stay."""

    def __init__(self, address: str, chance: random.Random, photos: list[bytes], log: Log) -> None:
        """With what is to be uploaded, one after the other; `chance` decides everything."""
        self._tab, self._chance, self._photos, self._log = Tab(address), chance, photos, log
        self._before: list[dict[str, str]] = []

    async def stay(self, start: float, stop: float) -> None:
        """Come at a time of one's own after `start`, and go at `stop`, both on `time.perf_counter`."""
        begin = start + self._chance.uniform(0, min(30.0, (stop - start) / 4))
        await asyncio.sleep(begin - time.perf_counter())
        train_at = self._chance.uniform(begin, (begin + stop) / 2)
        photos, has_trained = list(self._photos), False
        async with self._open():
            while (now := time.perf_counter()) < stop:
                if not has_trained and now > train_at:
                    has_trained = True
                    await self._train()
                elif photos and self._chance.random() < 0.25:
                    await self._upload(photos.pop())
                else:
                    await self._chance.choice((self._turn, self._turn, self._learn, self._look))()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        async with self._tab:
            with self._log.timed("arrival"):
                await self._tab.open("overview")
            await self._after()
            yield

    async def _turn(self) -> None:
        """A page with sliders, and several moves."""
        page = self._chance.choice(list(TURNED))
        await self._go(page)
        setting, low, high = TURNED[page]
        for _ in range(self._chance.randint(3, 8)):
            if page == "proposals" and self._chance.random() < 0.3:
                with self._log.timed("slider"):
                    await self._tab.act(CANDIDATES, self._chance.randrange(100, 1001, 50))
            else:
                turned = {setting: round(self._chance.uniform(low, high), 2)}
                with self._log.timed("slider"):
                    await self._tab.send(f"{page}_canvas", "dials", {"values": turned})
            await self._after()

    async def _upload(self, content: bytes) -> None:
        """A photo, which is then looked at on some pages."""
        before = self._tab.link.get("image")
        (uploader,) = ready(self._tab, [key for key in self._tab.widgets if key.startswith("upload_")])
        with self._log.timed("upload"):
            await self._tab.upload(uploader, f"photo {self._chance.randrange(10**6)}.jpg", "image/jpeg", content)
            await self._tab.fetch()
        if self._tab.link.get("image") == before:
            self._log.errors.append(f"a photo is not shown after its upload: {self._tab.texts}")
        await self._after()
        for page in self._chance.sample(STAGES, 3):
            await self._go(page)

    async def _learn(self) -> None:
        """A lesson, perhaps one that was begun before: a few answers, right or wrong."""
        await self._go("lessons")
        tabs = self._tab.widgets["option_lessons.tab"].told.options
        await self._click("option_lessons.tab", [tabs[0].content])
        begin = [key for key in self._tab.widgets if key.startswith("begin_") and key != "begin_overfit"]
        await self._click(self._chance.choice(begin))
        for _ in range(self._chance.randint(2, 5)):
            if ready(self._tab, ["lesson_lock"]):
                await self._answer()
            elif shown := ready(self._tab, [*ON, "lesson_find"]):
                await self._click(shown[0])
            else:  # no picture was found for it
                break
        for leave in ready(self._tab, ["lesson_leave"]):
            await self._click(leave)

    async def _answer(self) -> None:
        """Whatever the question's form takes."""
        with self._log.timed("answer"):
            await self._tab.act("lesson_lock", True, **filled_in(self._tab, self._chance))
        await self._after()

    async def _train(self) -> None:
        """One run: on the set of cells, or one picture learnt by heart."""
        await self._go("train")
        tabs = [one.content for one in self._tab.widgets["option_train.tab"].told.options]
        if self._chance.random() < 0.5:
            await self._click("option_train.tab", [tabs[1]])
            await self._click("option_train.steps", float(STEPS))
            await self._click("learn_train")
        else:
            samples = self._tab.widgets["choose_image"].told.options
            await self._click("choose_image", samples[0])
            await self._click("option_train.tab", [tabs[0]])
            await self._click("overfit_train")
        for _ in range(WATCHED):
            if self._tab.later:
                await self._tab.run_later()

    async def _look(self) -> None:
        """Some pages, and Back."""
        for page in self._chance.sample((*STAGES, *OTHERS), 3):
            await self._go(page)
        link = dict(self._before[-2])
        with self._log.timed("page"):
            await self._tab.go(link.pop("page"), urlencode(link), is_back=True)
        await self._after()

    async def _go(self, page: str) -> None:
        with self._log.timed("page"):
            await self._tab.go(page)
        await self._after()

    async def _click(self, key: str, value: object = True) -> None:
        with self._log.timed("other"):
            await self._tab.act(key, value)
        await self._after()

    async def _after(self) -> None:
        """What the browser does when a page is there, then a pause."""
        await self._tab.fetch()
        self._before = [*self._before[-9:], self._tab.link]
        wants_other = "lesson_leave" in self._tab.widgets and not ready(self._tab, ["lesson_lock", *ON])
        if not wants_other:  # else the lesson tells that it cannot be asked on this picture
            self._log.errors += self._tab.errors
        self._tab.errors.clear()
        self._log.held = next((text for text in self._tab.texts if text.startswith("Running on")), self._log.held)
        await asyncio.sleep(self._chance.uniform(*PAUSE))
