"""What is in a workspace's folder: its images, what is drawn on them, its classes. Here nothing is written.

What is damaged is told and left out; the rest can be used. Nothing is cached but by the files' time and size.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from frcnn_viz.data.annotations import AnnotatedImage, DataError, Dataset, all_classes
from frcnn_viz.data.files import DamagedError, JsonFiles
from frcnn_viz.data.formats.write import safe_name
from frcnn_viz.data.images import ImageError, LoadedImage, load_image
from frcnn_viz.data.index import Index
from frcnn_viz.data.items import Item, ItemFiles
from frcnn_viz.data.pictures import ENDINGS, PictureFiles
from frcnn_viz.data.room import Room


class Contents:
    """A workspace's folder, as it is on disk now.

    Attributes:
        folder: where it is. room: in it.
    """

    def __init__(self, folder: Path, room: Room) -> None:
        self.folder, self.room = folder, room
        self._unreadable: dict[str, str] = {}
        self._files = JsonFiles()
        self._items = ItemFiles(folder, room)
        self._pictures = PictureFiles(folder)

    @property
    def ids(self) -> tuple[str, ...]:
        """The images, in the order in which they came."""
        return self._index().images

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, without the background; the label of every object is among them."""
        return self._index().classes

    @property
    def notes(self) -> str:
        """The user's words about the whole set."""
        return self._index().notes

    def __contains__(self, key: object) -> bool:
        return key in self._index().images

    def item(self, key: str) -> Item:
        """An image as it is on disk now.

        Raises:
            DataError: it is not there, or its annotations are missing or damaged.
        """
        if key not in self:
            raise DataError("this image is no longer in the workspace; choose another.")
        return self._read(key)

    def items(self) -> list[Item]:
        """All images that can be used, in order; `damaged` tells the others."""
        found = []
        for key in self.ids:
            with suppress(DataError):
                found.append(self._read(key))
        return found

    def damaged(self) -> dict[str, str]:
        """What is wrong with images that cannot be used, a sentence by id. A damaged picture is known once opened."""
        pictures = self._pictures.ids()
        found = {}
        for key in self.ids:
            try:
                item = self._read(key)
                if key in self._unreadable:
                    found[key] = self._unreadable[key]
                if key not in pictures:
                    found[key] = f"The picture of {item.name} (image {key}) is missing; add it again or remove it."
            except DataError as error:
                found[key] = str(error)
        return found

    def load(self, key: str) -> LoadedImage:
        """The picture itself.

        Raises:
            DataError, ImageError: it is gone or damaged.
        """
        try:
            name = self.item(key).name
            loaded = load_image(self.picture_path(key), name)
        except ImageError as error:
            self._unreadable[key] = f"{error} Add the picture again or remove it (image {key})."
            raise
        self._unreadable.pop(key, None)
        return loaded

    def picture_path(self, key: str) -> Path:
        """The image's file, as it came.

        Raises:
            DataError: it is missing.
        """
        return self._pictures.path(key)

    def thumbnail_path(self, key: str) -> Path:
        """A JPEG of at most 240 pixels a side."""
        return self._pictures.thumbnail_path(key)

    def dataset(self) -> Dataset:
        """All of it, as formats and checks take it; `file` of each image is its id, and no two share a name."""
        items = self.items()
        names = [self._export_name(item) for item in items]
        counts = Counter(name.stem.lower() for name in names)
        images = []
        for item, path in zip(items, names, strict=True):
            name = str(path) if counts[path.stem.lower()] == 1 else f"{path.stem}-{item.id}{path.suffix}"
            images.append(replace(item.annotated(), name=name, source=name))
        return Dataset(tuple(images), self.classes, declared=self.classes)

    def picture(self, image: AnnotatedImage) -> bytes:
        """The file of an image of `dataset()`."""
        return self.picture_path(str(image.file)).read_bytes()

    def history(self, key: str) -> list[int]:
        """The revisions that can be restored, the latest first."""
        return self._items.revisions(key)

    def _read(self, key: str) -> Item:
        """An image's annotations, which are there and whole."""
        wrong = "missing"
        try:
            item = self._items.read(key)
        except DamagedError:
            item, wrong = None, "damaged"
        if item is None:
            last = self._items.last(key)
            name = f"{last.name} (image {key})" if last else f"image {key}"
            raise DataError(f"The annotations of {name} are {wrong}; add the picture again or remove it.")
        return item

    def _present(self, key: str) -> Item | None:
        with suppress(DamagedError):
            return self._items.read(key)
        return None

    def _export_name(self, item: Item) -> PurePosixPath:
        """A name that is a picture's, whatever the annotation called it."""
        path = PurePosixPath(safe_name(item.name))
        if path.suffix.lower() in ENDINGS:
            return path
        with suppress(DataError):
            return path.with_name(path.name + self.picture_path(item.id).suffix)
        return path

    def _having(self, label: str) -> list[Item]:
        return [item for item in self.items() if any(one.label == label for one in item.objects)]

    def _index(self) -> Index:
        with suppress(DamagedError):
            index = self._files.read(self.folder / "workspace.json", Index.from_dict)
            if index is not None:
                return index
        return self._without_index()

    def _complete(self, index: Index) -> Index:
        """With the label of every object among the classes."""
        items = filter(None, map(self._present, index.images))
        return replace(index, classes=all_classes((item.annotated() for item in items), index.classes))

    def _without_index(self) -> Index:
        """What to go by where there is no index that can be read."""
        return Index()
