"""A folder of the user's own images, ground truth, classes and notes. Every change is on disk before it is shown.

    workspace.json                 classes, notes, the order of the images (`index`)
    images/<id>.<ending>           the files as they came
    thumbnails/<id>.jpg            made once (`pictures`)
    annotations/<id>.json          objects, note, revision (`items`)
    history/<id>/<revision>.json   what was written over
    clips/                         videos, and what is drawn on their frames (`clip_files`)
    removed/                       the files of images that were taken out; where there are limits they are deleted
    recent.json, server.json       what was looked at last (`recent`); where the app that runs answers (`ui/running`)

Files are written whole or not at all (`files`), and in an order that is right wherever it is cut off: a class is in
the list before an object has it. A lock file keeps two tabs or two servers from writing at once; a change that did
not know of another tab's is saved all the same, and what it replaced stays in the history. What is damaged is told,
set aside and never written over; the rest can be used. What there is no room for (`room`) is refused before anything is
changed. `contents` has how it is read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from frcnn_viz.data.annotations import DataError, Object, all_classes, clean_class
from frcnn_viz.data.clip_files import ClipFiles
from frcnn_viz.data.contents import Contents
from frcnn_viz.data.files import READ_ONLY, DamagedError, as_json, holding, set_aside, sweep, write_whole
from frcnn_viz.data.images import LoadedImage, load_image
from frcnn_viz.data.index import Index, rebuilt
from frcnn_viz.data.items import Item
from frcnn_viz.data.room import Room
from frcnn_viz.data.tenant import NO_LIMITS, Limits

MAX_CLASSES = 1_000
MOST_NOTE = 10_000
"""Characters of the words about one image."""
FOLDERS = ("images", "thumbnails", "annotations", "history")
WAIT = 20
"""Seconds that a writer waits for the lock."""
BESIDE = 64_000
"""Bytes for which there has to be room beside a picture: its thumbnail, its place in the index, and its class."""
HOLD, REST = 0.5, 0.1
"""Who has held the lock for so many seconds leaves it free for so many: waiters look every 0.05 s."""


class Workspace(Contents):
    """A workspace folder, made where there is none, and every change to it.

    One that is read only is another's: nothing in it is made, mended, locked or written, every change is refused, and
    where there is no folder, or its index cannot be read, it is empty.

    Attributes:
        read_only: whether it is so. clips: the videos in it.
        told: sentences about what had to be mended as a whole.

    Raises:
        DataError: the folder cannot be written to, or was made by a newer version.
    """

    def __init__(self, folder: Path, limits: Limits = NO_LIMITS, *, read_only: bool = False) -> None:
        super().__init__(folder, Room(folder, limits))
        self.read_only = read_only
        self.told: list[str] = []
        self._lock = FileLock(folder / ".lock", timeout=WAIT)
        self._held = 0.0
        self.clips = ClipFiles(folder, self.room, read_only=read_only)
        if not read_only:
            self._make()

    def add(self, content: bytes, name: str, objects: Iterable[Object] = ()) -> tuple[str, bool]:
        """Keep a picture; its id, and whether it is new. Objects are added to a picture that had none.

        Raises:
            ImageError: it is no picture that can be used. FullError: there is no room for it.
        """
        return self.keep(content, load_image(content, name), objects)

    def keep(self, content: bytes, loaded: LoadedImage, objects: Iterable[Object] = ()) -> tuple[str, bool]:
        """As `add`, of a picture that is decoded already."""
        with self._writing():
            return self._add(content, loaded, tuple(objects))

    def put_back(self, content: bytes, loaded: LoadedImage, item: Item, earlier: Sequence[Item]) -> bool:
        """Keep a picture with all that was drawn on it elsewhere; False where it is here already, and stays as it is.

        Raises:
            DataError: what was drawn is another picture's. FullError: there is no room for all of it.
        """
        key, size = loaded.sha256[:16], (item.height, item.width)
        if item.id != key or size != loaded.size or any(one.id != key for one in earlier):
            raise DataError(f"{loaded.name} is another picture than the one that was drawn on.")
        with self._writing():
            if key in self:
                return False
            with self.room.taking(len(content) + BESIDE + self._items.nbytes(item, *earlier), images=1):
                self._hold_classes(item.objects)
                self._pictures.write(key, content, loaded)
                self._items.put_back(item, earlier)
                self._save_index(images=(*self.ids, key))
        return True

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
                self._write(replace(item, objects=tuple(objects)))
            return base is None or base == item.revision

    def restore(self, key: str, revision: int) -> None:
        """Bring back the objects of an earlier revision, as a new change."""
        earlier = self._items.earlier(key, revision)
        if earlier is None:
            raise DataError(f"revision {revision} of this image is no longer kept.")
        self.save(key, earlier.objects)

    def set_note(self, key: str, note: str) -> None:
        """The user's words about one image."""
        with self._writing():
            item = self.item(key)
            if note != item.note:
                self._write(replace(item, note=note[:MOST_NOTE]))

    def set_notes(self, notes: str) -> None:
        """The user's words about the whole set."""
        with self._writing():
            self._save_index(notes=notes[:100_000])

    def add_classes(self, names: Iterable[str]) -> None:
        """Classes that are new come last.

        Raises:
            DataError: there would be too many.
        """
        with self._writing():
            wanted = all_classes((), (*self.classes, *filter(clean_class, names)))
            if wanted == self.classes:
                return
            if len(wanted) > MAX_CLASSES:
                raise DataError(f"these are {len(wanted):,} classes; at most {MAX_CLASSES:,} can be kept.")
            self._save_index(classes=wanted)

    def rename_class(self, old: str, new: str) -> None:
        """Call a class otherwise, in every image; a name that is there already joins the two.

        The new name is in the list before the first object has it, and the old one until no object has it.
        """
        new = clean_class(new)
        if not new:
            raise DataError("a class needs a name; type one.")
        if new == old:
            return
        with self._writing():
            self.room.check(self._items.nbytes(*(_renamed(item, old, new) for item in self._having(old))))
            named = (name for known in self.classes for name in ((new, old) if known == old else (known,)))
            self._save_index(classes=all_classes((), named))
        for item in self._having(old):
            with self._writing():
                self._rename(item.id, old, new)
        with self._writing():
            for item in self._having(old):  # drawn meanwhile
                self._rename(item.id, old, new)
            self._save_index(classes=tuple(name for name in self.classes if name != old))

    def remove(self, key: str) -> None:
        """Take an image out of the workspace, damaged or not; its files stay in `removed/` until the user deletes them.

        What was drawn goes to its history. Where there are limits all of it is deleted at once, to free its room.
        """
        with self._writing():
            try:
                self._save_index(images=tuple(other for other in self.ids if other != key))
                if self.room.has_limits:
                    self._items.delete(key)
                    self._pictures.delete(key)
                    return
                removed = self.folder / "removed"
                removed.mkdir(exist_ok=True)
                self._items.move(key, removed)
                self._pictures.move(key, removed)
            except OSError as error:
                raise DataError(
                    f"files of image {key} cannot be taken out of {self.folder} ({error.strerror})."
                ) from error

    # --- files

    def _make(self) -> None:
        try:
            for name in FOLDERS:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                f"the workspace {self.folder} cannot be made ({error.strerror}); choose another folder."
            ) from error
        for name in (".", *FOLDERS):
            sweep(self.folder / name)
        if self._complete(self._index()) != self._index():
            with self._writing():
                self._save_index(classes=self._complete(self._index()).classes)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock. One thread may do so twice; who writes much leaves it free now and then."""
        if self.read_only:
            raise DataError(READ_ONLY)
        if self._held > HOLD and not self._lock.is_locked:
            time.sleep(REST)
            self._held = 0.0
        with holding(self._lock, f"the workspace {self.folder} is locked or cannot be written to; try again."):
            start = time.monotonic()
            try:
                yield
            finally:
                self._held += time.monotonic() - start

    def _add(self, content: bytes, loaded: LoadedImage, objects: tuple[Object, ...]) -> tuple[str, bool]:
        key = loaded.sha256[:16]
        known = key in self
        last = self._items.last(key) if known else None
        height, width = loaded.size
        item = last or Item(key, loaded.name, width, height)
        item = item if item.objects else replace(item, objects=objects)
        size = len(content) + BESIDE + self._items.nbytes(item)
        if self.room.has_limits and known and self._pictures.is_there(key, content, loaded):
            size = 0
        with self.room.taking(size, images=int(not known)):
            self._pictures.write(key, content, loaded)
            self._unreadable.pop(key, None)
            if item != self._present(key) or not known:
                self._write(item)
            if not known:
                self._save_index(images=(*self.ids, key))
        return key, not known

    def _write(self, item: Item) -> None:
        """Put an image's annotations in place; the list of classes holds every label before any image does."""
        self._hold_classes(item.objects)
        self._items.write(item)

    def _hold_classes(self, objects: Iterable[Object]) -> None:
        labels = {one.label for one in objects}
        if not labels <= set(self.classes):
            self.add_classes(sorted(labels))

    def _rename(self, key: str, old: str, new: str) -> None:
        item = self._present(key)
        if item is not None and key in self:
            self._write(_renamed(item, old, new))

    def _without_index(self) -> Index:
        """Make it anew, unless the folder is another's; the damaged one is kept."""
        if self.read_only:
            return super()._without_index()
        path, kept = self.folder / "workspace.json", None
        with self._writing():
            try:
                index = self._files.read(path, Index.from_dict)
            except DamagedError:
                index, kept = None, set_aside(path)
            if index is not None:  # by another
                return index
            index = self._complete(rebuilt(self.folder, kept))
            write_whole(path, as_json(index.to_dict()))
        if kept or index.images:
            was = f"could not be read and is kept as {kept.name}" if kept else "was missing"
            self.told.append(
                f"{path} {was}. It was made again from the {len(index.images):,} images that are there: look through "
                "their order, the classes and the notes."
            )
        return index

    def _save_index(self, **changes: Any) -> None:
        index = replace(self._index(), **changes)
        write_whole(self.folder / "workspace.json", as_json(index.to_dict()))


def _renamed(item: Item, old: str, new: str) -> Item:
    objects = (replace(one, label=new) if one.label == old else one for one in item.objects)
    return replace(item, objects=tuple(objects))
