"""A folder of the user's own images, ground truth, classes and notes. Every change is on disk before it is shown.

    workspace.json              classes, notes, the order of the images
    images/<id>.<ending>        the files as they came
    thumbnails/<id>.jpg         made once
    annotations/<id>.json       objects, note, revision
    history/<id>/<revision>.json   what was written over

Files are written whole or not at all (`files`). A lock file keeps two tabs or two servers from writing at once; a
change that did not know of another tab's is saved all the same, and what it replaced stays in the history.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Dataset, Object, all_classes
from frcnn_viz.data.files import JsonFiles, as_json, write_whole
from frcnn_viz.data.images import ImageError, LoadedImage, clean_name, load_image
from frcnn_viz.data.sources import Source

HISTORY = 200
"""Revisions of an image's annotations that are kept."""
MAX_CLASSES = 1_000
THUMBNAIL = 240


@dataclass(frozen=True)
class Item:
    """An image of the workspace and what is drawn on it.

    Attributes:
        id: the first 16 digits of its pixels' SHA-256: the same picture is never there twice.
        name: its file name. width, height: upright, pixels.
        objects: its ground truth, as drawn or imported; `Object.usable` tells which can be used.
        note: the user's words. revision: counts the changes.
    """

    id: str
    name: str
    width: int
    height: int
    objects: tuple[Object, ...] = ()
    note: str = ""
    revision: int = 0

    def annotated(self) -> AnnotatedImage:
        """As formats and checks take it."""
        return AnnotatedImage(self.name, self.objects, self.width, self.height, source=self.name, file=self.id)


@dataclass(frozen=True)
class Imported:
    """What an import did: ids of the images that are new, of those that were there, and what was left out and why."""

    added: tuple[str, ...]
    known: tuple[str, ...]
    problems: tuple[str, ...]


class Workspace:
    """A workspace folder, made when first written to. Nothing is cached but by the files' time and size.

    Raises:
        DataError: the folder cannot be written to, or was made by a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FileLock(folder / ".lock", timeout=20)
        self._files = JsonFiles()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("images", "thumbnails", "annotations", "history"):
                (folder / name).mkdir(exist_ok=True)
        except OSError as error:
            raise DataError(
                f"the workspace {folder} cannot be made ({error.strerror}); choose another folder."
            ) from error
        if self._index().get("version", 1) > 1:
            raise DataError(f"the workspace {folder} was made by a newer version of this program.")

    # --- reading

    @property
    def ids(self) -> tuple[str, ...]:
        """The images, in the order in which they came."""
        return tuple(self._index()["images"])

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, without the background."""
        return tuple(self._index()["classes"])

    @property
    def notes(self) -> str:
        """The user's words about the whole set."""
        return self._index()["notes"]

    def __contains__(self, key: object) -> bool:
        return key in self._index()["images"]

    def item(self, key: str) -> Item:
        """An image as it is on disk now.

        Raises:
            DataError: it is not there.
        """
        if key not in self:
            raise DataError("this image is no longer in the workspace; choose another.")
        content = self._files.read_json(self.folder / "annotations" / f"{key}.json")
        if content is None:
            raise DataError(f"the annotations of image {key} are missing from {self.folder}; add the image again.")
        objects = tuple(map(Object.from_dict, content["objects"]))
        return Item(
            key, content["name"], content["width"], content["height"], objects, content["note"], content["revision"]
        )

    def items(self) -> list[Item]:
        """All images, in order."""
        return [self.item(key) for key in self.ids]

    def load(self, key: str) -> LoadedImage:
        """The picture itself.

        Raises:
            DataError: it is gone or damaged.
        """
        name = self.item(key).name
        return load_image(self.picture_path(key), name)

    def picture_path(self, key: str) -> Path:
        """The image's file, as it came."""
        found = sorted((self.folder / "images").glob(f"{key}.*"))
        if not found:
            raise DataError(f"the picture of image {key} is missing from {self.folder}; add it again.")
        return found[0]

    def thumbnail_path(self, key: str) -> Path:
        """A JPEG of at most 240 pixels a side."""
        return self.folder / "thumbnails" / f"{key}.jpg"

    def dataset(self) -> Dataset:
        """All of it, as formats and checks take it; `file` of each image is its id, and no two share a name."""
        items = self.items()
        counts = Counter(PurePosixPath(item.name).stem.lower() for item in items)
        images = []
        for item in items:
            path = PurePosixPath(item.name)
            name = item.name if counts[path.stem.lower()] == 1 else f"{path.stem}-{item.id[:6]}{path.suffix}"
            images.append(replace(item.annotated(), name=name, source=name))
        return Dataset(tuple(images), self.classes, declared=self.classes)

    def picture(self, image: AnnotatedImage) -> bytes:
        """The file of an image of `dataset()`."""
        return self.picture_path(str(image.file)).read_bytes()

    # --- writing

    def add(self, content: bytes, name: str, objects: Iterable[Object] = ()) -> tuple[str, bool]:
        """Keep a picture; its id, and whether it is new. Objects are added to a picture that had none.

        Raises:
            ImageError: it is no picture that can be used.
        """
        loaded = load_image(content, name)
        with self._writing():
            return self._add(content, loaded, tuple(objects))

    def import_source(
        self,
        source: Source,
        dataset: Dataset,
        progress: Callable[[int, int], bool] = lambda done, total: True,
    ) -> Imported:
        """Add every picture of a source with its objects, and the classes; what cannot be used is told.

        `progress` is called after each image and may return False to stop: what was added until then stays.
        """
        added, known, problems = [], [], [bad.sentence for bad in dataset.unreadable]
        self.add_classes(dataset.classes)
        for done, image in enumerate(dataset.images):
            try:
                if image.file is None:
                    raise ImageError(f"{image.source} annotates {image.name}, which is not among the pictures.")
                key, new = self.add(source.read(image.file), image.name, image.objects)
                (added if new else known).append(key)
            except (ImageError, DataError) as error:
                problems.append(str(error))
            if not progress(done + 1, len(dataset.images)):
                break
        return Imported(tuple(added), tuple(known), tuple(problems))

    def annotate(self, dataset: Dataset) -> Imported:
        """Give the images of the workspace the objects of annotations that came without pictures, by file name."""
        by_name = {PurePosixPath(item.name).stem.lower(): item.id for item in self.items()}
        known, problems = [], [bad.sentence for bad in dataset.unreadable]
        self.add_classes(dataset.classes)
        for image in dataset.images:
            key = by_name.get(PurePosixPath(image.name.replace("\\", "/")).stem.lower())
            if key is None:
                problems.append(f"{image.source} annotates {image.name}, which is not in the workspace; add it first.")
            else:
                self.save(key, image.objects)
                known.append(key)
        return Imported((), tuple(known), tuple(problems))

    def save(self, key: str, objects: Sequence[Object], base: int | None = None) -> bool:
        """Replace an image's objects; what was there goes to its history.

        Args:
            key: the image.
            objects: all of them.
            base: the revision that the change started from.

        Returns:
            False when another tab had changed the image since `base`.
        """
        with self._writing():
            item = self.item(key)
            if tuple(objects) != item.objects:
                labels = all_classes([AnnotatedImage(item.name, tuple(objects))], self.classes)
                if labels != self.classes:
                    self._save_index(classes=list(labels[:MAX_CLASSES]))
                self._save_item(replace(item, objects=tuple(objects), revision=item.revision + 1))
            return base is None or base == item.revision

    def history(self, key: str) -> list[int]:
        """The revisions that can be restored, the latest first."""
        return sorted((int(path.stem) for path in (self.folder / "history" / key).glob("*.json")), reverse=True)

    def restore(self, key: str, revision: int) -> None:
        """Bring back the objects of an earlier revision, as a new change."""
        content = self._files.read_json(self.folder / "history" / key / f"{int(revision)}.json")
        if content is None:
            raise DataError(f"revision {revision} of this image is no longer kept.")
        self.save(key, tuple(map(Object.from_dict, content["objects"])))

    def set_note(self, key: str, note: str) -> None:
        """The user's words about one image."""
        with self._writing():
            item = self.item(key)
            if note != item.note:
                self._save_item(replace(item, note=note[:10_000], revision=item.revision + 1))

    def set_notes(self, notes: str) -> None:
        """The user's words about the whole set."""
        with self._writing():
            self._save_index(notes=notes[:100_000])

    def add_classes(self, names: Iterable[str]) -> None:
        """Classes that are new come last."""
        with self._writing():
            wanted = list(dict.fromkeys((*self.classes, *filter(None, map(clean_class, names)))))
            if len(wanted) > MAX_CLASSES:
                raise DataError(f"these are {len(wanted):,} classes; at most {MAX_CLASSES:,} can be kept.")
            if wanted != list(self.classes):
                self._save_index(classes=wanted)

    def rename_class(self, old: str, new: str) -> None:
        """Call a class otherwise, in every image; a name that is there already joins the two."""
        new = clean_class(new)
        if not new:
            raise DataError("a class needs a name; type one.")
        with self._writing():
            for item in self.items():
                if any(o.label == old for o in item.objects):
                    objects = tuple(replace(o, label=new) if o.label == old else o for o in item.objects)
                    self._save_item(replace(item, objects=objects, revision=item.revision + 1))
            self._save_index(classes=list(dict.fromkeys(new if name == old else name for name in self.classes)))

    def remove(self, key: str) -> None:
        """Take an image out of the workspace; its files stay in `removed/` until the user deletes them."""
        with self._writing():
            self.item(key)
            removed = self.folder / "removed"
            removed.mkdir(exist_ok=True)
            self._save_index(images=[other for other in self.ids if other != key])
            for path in (self.picture_path(key), self.folder / "annotations" / f"{key}.json"):
                os.replace(path, removed / path.name)
            with suppress(OSError):
                self.thumbnail_path(key).unlink()

    # --- files

    def _writing(self) -> Any:
        try:
            return self._lock.acquire()
        except (Timeout, OSError) as error:
            raise DataError(f"the workspace {self.folder} is locked or cannot be written to; try again.") from error

    def _add(self, content: bytes, loaded: LoadedImage, objects: tuple[Object, ...]) -> tuple[str, bool]:
        key = loaded.sha256[:16]
        if key in self:
            if objects and not self.item(key).objects:
                self.save(key, objects)
            return key, False
        height, width = loaded.size
        ending = PurePosixPath(loaded.name).suffix.lower()
        write_whole(
            self.folder / "images" / f"{key}{ending if re.fullmatch('[.][a-z0-9]{1,5}', ending) else '.png'}", content
        )
        thumbnail = loaded.image.copy()
        thumbnail.thumbnail((THUMBNAIL, THUMBNAIL))
        buffer = io.BytesIO()
        thumbnail.save(buffer, "JPEG", quality=80)
        write_whole(self.thumbnail_path(key), buffer.getvalue())
        self._save_item(Item(key, loaded.name, width, height, objects, revision=1))
        self._save_index(images=[*self.ids, key])
        return key, True

    def _save_item(self, item: Item) -> None:
        path = self.folder / "annotations" / f"{item.id}.json"
        old = self._files.read_json(path)
        if old is not None:
            history = self.folder / "history" / item.id
            history.mkdir(exist_ok=True)
            write_whole(history / f"{old['revision']}.json", as_json(old))
            for revision in self.history(item.id)[HISTORY:]:
                (history / f"{revision}.json").unlink(missing_ok=True)
        content = {name: getattr(item, name) for name in ("name", "width", "height", "note", "revision")}
        write_whole(path, as_json({**content, "objects": [o.to_dict() for o in item.objects]}))

    def _index(self) -> dict[str, Any]:
        return self._files.read_json(self.folder / "workspace.json") or {
            "version": 1,
            "images": [],
            "classes": [],
            "notes": "",
        }

    def _save_index(self, **changes: Any) -> None:
        write_whole(self.folder / "workspace.json", as_json({**self._index(), **changes}))


def clean_class(name: str) -> str:
    """A class name that can be shown and written to a line of text: no control characters, at most 60."""
    return " ".join(clean_name(name).split())[:60] if name.strip() else ""


def default_folder() -> Path:
    """Where the workspace is unless told otherwise: `FRCNN_VIZ_WORKSPACE`, else the user's data directory."""
    chosen = os.environ.get("FRCNN_VIZ_WORKSPACE")
    return Path(chosen).expanduser() if chosen else user_data_path("frcnn-viz", appauthor=False) / "workspace"
