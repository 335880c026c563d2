"""The pictures that are here, one's own and the class's, and their thumbnails by URL."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import torch
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from frcnn_viz.canvas.pictures import png
from frcnn_viz.data import homes, recent
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clip import PREFIX, Clip
from frcnn_viz.data.clips import find_frame, is_clip, split_key
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.images import ImageError, LoadedImage, load_image
from frcnn_viz.data.index import is_id
from frcnn_viz.data.sample_clips import SAMPLE_CLIPS
from frcnn_viz.data.samples import SAMPLES, sample_picture
from frcnn_viz.data.tenant import tenant
from frcnn_viz.data.workspace import Item, Workspace
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.models.registry import ENTRIES, Detector
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.memory import MEMORY

KEPT = {"Cache-Control": "private, max-age=86400"}
"""How long a browser keeps a picture, and nobody on the way does."""


def workspace() -> Workspace:
    """One's own, which is written to; the same for each of the tenant's sessions.

    Raises:
        DataError: its folder cannot be used.
    """
    return homes.own()


def items() -> list[Item]:
    """The images of the workspace; none where it cannot be used."""
    try:
        return workspace().items()
    except DataError:
        return []


def ids() -> tuple[str, ...]:
    """The images of the workspace by their ids; none where it cannot be used."""
    try:
        return tuple(workspace().ids)
    except DataError:
        return ()


def class_items() -> list[Item]:
    """The teacher's images, but for those of which one has a copy of one's own; none where this is no class."""
    shared, wanted = homes.shared(), {*class_ids()}
    return [item for item in shared.items() if item.id in wanted] if wanted else []


def class_ids() -> tuple[str, ...]:
    """The same by their ids."""
    with suppress(DataError):
        shared, copied = homes.shared(), set(ids())
        return tuple(key for key in shared.ids if key not in copied) if shared else ()
    return ()


def is_own(key: str) -> bool:
    """Whether an image or clip is not the class's, and so may be changed."""
    with suppress(DataError):
        return not homes.home_of(key).read_only
    return False


def find(key: str) -> Item | None:
    """An image of one's own or of the class's, or None."""
    try:
        return homes.home_of(key).item(key)
    except DataError:
        return None


def clips() -> dict[str, str]:
    """The title of each clip that is here, by the key of its first frame, without @0."""
    titles = {f"{PREFIX}{name}": clip.title for name, clip in SAMPLE_CLIPS.items()}
    with suppress(DataError):
        for home in filter(None, (homes.shared(), homes.own())):
            for key in home.clips.ids():
                with suppress(DataError):
                    titles[f"{PREFIX}{key}"] = home.clips.clip(key).name
    return titles


def frame(key: str) -> tuple[Clip, int] | None:
    """The clip and frame that a key names; None where it is another picture's, or not here."""
    with suppress(DataError):
        return find_frame(key) if key.startswith(PREFIX) else None
    return None


def drawn_on(clip: Clip) -> tuple[tuple[str, int], ...]:
    """Another one whenever something drawn on a clip's frames is; nothing where the clip comes with the program."""
    with suppress(DataError, OSError):
        return () if clip.name in SAMPLE_CLIPS else homes.home_of(clip.key(0)).clips.stamps(clip.name)
    return ()


def frame_url(clip: Clip, frame: int) -> str:
    """Where the browser finds a frame's picture; another clip has another name."""
    return f"frame/{clip.name}/{frame}.png"


def whole_key(key: str) -> str | None:
    """The key of a picture that is here, of a clip alone its first frame's; None where it is not here."""
    if found := frame(key):
        return found[0].key(found[1])
    return key if key in SAMPLES or find(key) else None


def looked_at(key: str) -> None:
    """Keep that a picture was looked at, where that can be kept."""
    with suppress(DataError, OSError):
        recent.looked_at(workspace(), key)


def looked_at_last() -> list[str]:
    """Sample scenes and images that were looked at, the last first; none where the workspace cannot be used."""
    try:
        return recent.recent(workspace(), homes.shared())
    except (DataError, OSError):
        return []


def add(content: bytes, name: str) -> str:
    """Keep a picture or a video; its key. A picture is decoded once, and encoded for browsers while it is written.

    Raises:
        DataError, ImageError: it is no picture or video that can be used, or cannot be kept. FullError: there is no
            room for it.
    """
    if is_clip(content, name):
        return f"{PREFIX}{workspace().clips.add(content, name)[0]}@0"
    loaded = load_image(content, name)
    image_url(to_uint8(loaded.pixels), loaded.sha256)
    key, is_new = workspace().keep(content, loaded)
    if is_new:
        MEMORY.recall(("picture", source_of(key), key), lambda: loaded, torch.device("cpu"))
    return key


def picture(key: str) -> LoadedImage:
    """A sample, an image of one's own or the class's, or a clip's frame, decoded.

    Raises:
        DataError, ImageError: it is gone or damaged.
    """
    if key in SAMPLES:
        return sample_picture(key)[0]
    if key.startswith(PREFIX):
        clip, number = find_frame(key)
        key, load = clip.key(number), lambda: clip.frame(number)
    else:
        load = lambda: homes.home_of(key).load(key)  # noqa: E731
    return MEMORY.recall(("picture", source_of(key), key), load, torch.device("cpu")).value


def source_of(key: str) -> Path | None:
    """The folder of the workspace that a picture is read from; None where it comes with the program."""
    name, _ = split_key(key) or ("", 0)
    return None if key in SAMPLES or name in SAMPLE_CLIPS else homes.home_of(key).folder


def holder_of(detector: Detector, key: str) -> Path | None:
    """Whose it is what a detector finds on a picture: a tenant's, by the folder, or everybody's (None).

    Names tell the pictures and detectors that come with the program. Of others they prove nothing: what a visitor
    brings may have another's name.
    """
    return None if source_of(key) is None and detector.name in ENTRIES else tenant().folder


@lru_cache(maxsize=10_000)
def ground_truth(item: Item) -> GroundTruth:
    """What is drawn on an image, as training takes it."""
    return GroundTruth.of(item.objects)


def thumbnail_url(key: str) -> str:
    """Where the browser finds the thumbnail."""
    return f"thumbnail/{key}.jpg"


def routes() -> list[Route]:
    """The routes for `st.App`."""
    return [Route("/thumbnail/{key}.jpg", _thumbnail), Route("/frame/{name}/{frame:int}.png", _frame)]


async def _thumbnail(request: Request) -> Response:
    key = request.path_params["key"]
    with suppress(DataError):  # of nobody, or where the workspace cannot be used
        path = homes.home_of(key).thumbnail_path(key)
        if is_id(key) and path.is_file():
            return FileResponse(path, media_type="image/jpeg", headers=KEPT)
    return Response("There is no such image.", status_code=404)


async def _frame(request: Request) -> Response:
    name, number = (request.path_params[part] for part in ("name", "frame"))
    try:
        content = await run_in_threadpool(_frame_png, f"{PREFIX}{name}@{number}")
    except (DataError, ImageError) as error:
        return Response(str(error), status_code=404)
    return Response(content, media_type="image/png", headers=KEPT)


def _frame_png(key: str) -> bytes:
    return png(to_uint8(picture(key).pixels))
