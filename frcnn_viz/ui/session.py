"""What one visitor looks at: the view, made into model, image, settings and trace."""

from __future__ import annotations

from dataclasses import dataclass, replace

from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.clip import PREFIX, Clip
from frcnn_viz.data.clips import find_frame
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.data.homes import home_of
from frcnn_viz.data.images import ImageError, LoadedImage
from frcnn_viz.data.samples import SAMPLES, sample_picture, samples_of
from frcnn_viz.data.workspace import Item
from frcnn_viz.figures.rasters import to_uint8
from frcnn_viz.models.own import factory
from frcnn_viz.models.registry import (
    DEFAULT_DETECTOR,
    Detector,
    ModelError,
    available_devices,
    is_known,
    load_detector,
)
from frcnn_viz.models.weights import WeightsError
from frcnn_viz.pipeline.settings import Settings, SettingsError
from frcnn_viz.pipeline.trace import Trace
from frcnn_viz.training.exercise import drawn_on
from frcnn_viz.ui import library, view
from frcnn_viz.ui.images import image_url
from frcnn_viz.ui.memory import MEMORY
from frcnn_viz.ui.view import View, tell


@dataclass(frozen=True, eq=False)
class Session:
    """Everything a page needs.

    Attributes:
        view: what this was made of.
        detector: the model and what its labels mean.
        image: the picture; `image_url` shows it in the browser.
        ground_truth: of a sample, or what was drawn on an image of a workspace; None where nothing was. Where the
            detector is a step of an exercise on this picture, what was drawn for that.
        is_exercise: whether it is that.
        item: the image of a workspace; None for a sample and a clip's frame.
        clip, frame: of which clip it is which frame; None and 0 for a picture alone.
        lesson: what to look at in a sample, else empty.
        settings: as the visitor has set them. defaults: the model's own.
        trace: every stage, lazily.
    """

    view: View
    detector: Detector
    image: LoadedImage
    image_url: str
    ground_truth: GroundTruth | None
    is_exercise: bool
    item: Item | None
    clip: Clip | None
    frame: int
    lesson: str
    settings: Settings
    defaults: Settings
    trace: Trace

    def trace_with(self, settings: Settings) -> Trace:
        """The same image at other settings; what they do not change is not run again."""
        return Trace(self.detector.model, self.image.pixels, settings, memory=MEMORY, image_key=self.image.sha256)


def of(seen: View) -> Session:
    """The session of any view.

    Raises:
        ModelError, WeightsError, DataError, ImageError, SettingsError: its detector, picture or settings are not here.
        TrainingError: its detector is a step of an exercise, whose files are damaged.
    """
    detector = load_detector(seen.model, seen.device, random_weights=seen.random)
    defaults = Settings.of(detector.model)
    settings = defaults.with_text(dict(seen.changes))
    image, ground_truth, item, lesson = _picture(seen.image)
    drawn = drawn_on(seen.model, image.sha256)
    truth, is_exercise = ground_truth if drawn is None else drawn, drawn is not None
    clip = library.frame(seen.image) or (None, 0)
    url = image_url(to_uint8(image.pixels), image.sha256)
    trace = Trace(detector.model, image.pixels, settings, memory=MEMORY, image_key=image.sha256)
    return Session(seen, detector, image, url, truth, is_exercise, item, *clip, lesson, settings, defaults, trace)


def current() -> Session:
    """The visitor's session; a part of the view that cannot be had is told, and gives way to what is always here."""
    try:
        _detector()
    except (ModelError, WeightsError) as error:
        if view.now().model == DEFAULT_DETECTOR:
            raise
        tell(f"{error} {DEFAULT_DETECTOR} is shown.")
        view.kept("wanted", dict)["model"] = view.now().model
        view.change(model=DEFAULT_DETECTOR, random=False, changes=(), selected=())
    try:
        _picture(view.now().image)
    except (DataError, ImageError) as error:
        tell(f"{error} A sample is shown.")
        view.change(image=View.image, selected=())
    return of(view.now())


def arrive(page: str) -> None:
    """Open a page; what its link names and is not here is told. A link to a lesson alone opens its question."""
    if view.arrive(page):
        _admit()
        if view.now().lesson and page in ("overview", "lessons") and not dict(view.now().options).get("lessons.tab"):
            view.open_tab("lessons", "question")


def swap() -> None:
    """Look at the pinned view, on the same page, and pin the one that was looked at; for callbacks."""
    view.swap()
    _admit()


def has_third_head() -> bool:
    """Whether the detector in view makes masks or keypoints; not where it cannot be had, which `current` tells."""
    try:
        heads = _detector().model.roi_heads
    except (ModelError, WeightsError):
        return False
    return heads.has_mask() or heads.has_keypoint()


def _admit() -> None:
    """Let the view, as a link gave it, hold only what is here; what is not is told."""
    seen = view.now()
    seen = replace(seen, model=seen.model or next(iter(factory()), DEFAULT_DETECTOR))
    if seen.device not in ("auto", *available_devices()):
        tell(f"The link asks for the device {seen.device[:20]!r}, which is not here; another one is used.")
        seen = replace(seen, device="auto")
    if not is_known(seen.model):
        tell(f"The link names the detector {seen.model[:40]!r}, which is not here; {DEFAULT_DETECTOR} is shown.")
        seen = replace(seen, model=DEFAULT_DETECTOR, random=False)
    image = library.whole_key(seen.image)
    if image is None:
        tell("The link names a picture that is not in this workspace; add it to see the same. A sample is shown.")
    seen = replace(seen, image=image or View.image)
    view.change(**vars(seen))
    library.looked_at(seen.image)
    try:
        defaults = Settings.of(_detector().model)
    except (ModelError, WeightsError):  # which `current` tells
        return
    view.change(changes=_pairs(_with_link(defaults, dict(seen.changes)), defaults))


def settings() -> Settings:
    """The settings in force."""
    return _defaults().with_text(dict(view.now().changes))


def change_settings(**changes: object) -> None:
    """Set fields of the settings; a bad value leaves them as they were and is told on the page."""
    try:
        view.change(changes=_pairs(settings().replace(**changes), _defaults()))
    except SettingsError as error:
        tell(str(error))


def reset_settings() -> None:
    """Back to the model's own settings."""
    view.change(changes=())


def choose_model(name: str, random: bool | None = None) -> None:
    """Look through another detector, at its own settings; one that cannot be had is told, and the old one stays.

    `random` asks for random weights, or for the trained ones; None leaves that as it is.
    """
    random = view.now().random if random is None else random
    try:
        load_detector(name, view.now().device, random_weights=random)
    except (ModelError, WeightsError) as error:
        tell(str(error))
        view.kept("wanted", dict)["model"] = name
        return
    view.change(model=name, random=random, changes=(), selected=())


def choose_step(name: str) -> None:
    """Look through another step of the run, at the same settings; what is chosen on the picture stays chosen."""
    try:
        load_detector(name, view.now().device)
    except (ModelError, WeightsError) as error:
        tell(str(error))
        return
    steady = tuple(pair for pair in view.now().selected if pair[0] in ("cell", "anchor", "object"))
    view.change(model=name, random=False, selected=steady)


def choose_image(key: str) -> None:
    """Look at a sample (its name), an image of a workspace (its id) or a clip's frame (`clip:NAME@FRAME`)."""
    key = library.whole_key(key) or key
    view.change(image=key, selected=())
    library.looked_at(key)


def neighbours() -> list[str]:
    """What next and previous go through: a clip's frames, a set's samples, or the images that the images page shows."""
    image = view.now().image
    if found := library.frame(image):
        return [found[0].key(number) for number in range(found[0].count)]
    if image in SAMPLES:
        return samples_of(SAMPLES[image].set)
    if not library.is_own(image):
        return [item.id for item in library.class_items()]
    shown = [key for key in view.kept("shown", list) if library.find(key)]
    return shown if image in shown else [item.id for item in library.items()]


def step_image(by: int) -> None:
    """Look at the next image (1) or the one before (-1), round the ends."""
    keys = neighbours()
    choose_image(keys[(keys.index(view.now().image) + by) % len(keys)])


def look_at(image: str, page: str, object_: int | None = None) -> None:
    """Choose an image, and an object on it, and open a page; for callbacks."""
    choose_image(image)
    select("object", object_)
    view.go_to(page)


def selected(kind: str) -> int | None:
    """The selected cell, anchor, candidate, proposal or detection, or None."""
    return dict(view.now().selected).get(kind)


def selected_last(kinds: tuple[str, ...]) -> tuple[str, int] | None:
    """The kind and index of that one of these kinds which was selected last, or None."""
    chosen = [pair for pair in view.now().selected if pair[0] in kinds]
    return chosen[-1] if chosen else None


def select(kind: str, index: int | None) -> None:
    """Select one for all pages; None selects nothing."""
    others = tuple(pair for pair in view.now().selected if pair[0] != kind)
    view.change(selected=others if index is None else (*others, (kind, int(index))))


def _detector() -> Detector:
    seen = view.now()
    return load_detector(seen.model, seen.device, random_weights=seen.random)


def _defaults() -> Settings:
    return Settings.of(_detector().model)


def _pairs(settings: Settings, defaults: Settings) -> view.Pairs:
    return tuple(settings.changes(defaults).items())


def _with_link(settings: Settings, link: dict[str, str]) -> Settings:
    """The settings with those of the link that are good; the others are told.

    Some are good only after another one is in force (`min_size` over the old `max_size`), so it goes round
    until nothing more is taken.
    """
    taken = True
    while taken:
        taken, sentences = False, []
        for name, text in list(link.items()):
            try:
                settings = settings.with_text({name: text})
            except SettingsError as error:
                sentences.append(f"The link's {error}")
            else:
                del link[name]
                taken = True
    for sentence in sentences:
        tell(sentence)
    return settings


def _picture(key: str) -> tuple[LoadedImage, GroundTruth | None, Item | None, str]:
    if key.startswith(PREFIX):
        clip, frame = find_frame(key)
        return library.picture(key), clip.truth(frame), None, clip.lesson
    if key not in SAMPLES:
        item = home_of(key).item(key)
        return library.picture(key), library.ground_truth(item) if item.objects else None, item, ""
    return *sample_picture(key), None, SAMPLES[key].lesson
