"""What can be changed: one frozen, hashable value whose defaults are read from the model.

Names are torchvision's constructor arguments, so a value can be carried from the app to code unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

LevelTuples = tuple[tuple[float, ...], ...]


class SettingsError(ValueError):
    """A setting is out of range, or does not fit the model. The message is one plain sentence."""


@dataclass(frozen=True)
class Settings:
    """Every number a stage depends on. Pixels are of the network's input frame (after resize).

    Attributes:
        min_size: shorter side after resize, pixels.
        max_size: limit of the longer side after resize, pixels.
        anchor_sizes: for each feature map, its anchor sizes (square root of the area), pixels.
        aspect_ratios: for each feature map, its ratios, height / width.
        rpn_pre_nms_top_n: candidates kept by objectness before NMS, per level.
        rpn_post_nms_top_n: proposals kept after NMS, in total.
        rpn_nms_thresh: IoU above which the RPN's NMS suppresses, per level.
        rpn_score_thresh: proposals with a lower objectness probability are dropped.
        rpn_min_size: proposals with a shorter side are dropped, pixels.
        box_score_thresh: detections need a higher class probability.
        box_nms_thresh: IoU above which the final NMS suppresses, per class.
        box_detections_per_img: detections kept, in total.
        rpn_fg_iou_thresh: training: anchors with at least this IoU are positive.
        rpn_bg_iou_thresh: training: anchors under this IoU are negative, those between are ignored.
        rpn_batch_size_per_image: training: anchors sampled for the RPN's losses.
        rpn_positive_fraction: training: largest fraction of positives in that sample.
        rpn_pre_nms_top_n_train: training: as rpn_pre_nms_top_n.
        rpn_post_nms_top_n_train: training: as rpn_post_nms_top_n.
        box_fg_iou_thresh: training: proposals with at least this IoU are of their object's class.
        box_bg_iou_thresh: training: proposals under this IoU are background, those between are ignored.
        box_batch_size_per_image: training: RoIs sampled for the second stage's losses.
        box_positive_fraction: training: largest fraction of positives in that sample.
        seed: of the training samples.
    """

    min_size: int
    max_size: int
    anchor_sizes: LevelTuples
    aspect_ratios: LevelTuples
    rpn_pre_nms_top_n: int
    rpn_post_nms_top_n: int
    rpn_nms_thresh: float
    rpn_score_thresh: float
    rpn_min_size: float
    box_score_thresh: float
    box_nms_thresh: float
    box_detections_per_img: int
    rpn_fg_iou_thresh: float
    rpn_bg_iou_thresh: float
    rpn_batch_size_per_image: int
    rpn_positive_fraction: float
    rpn_pre_nms_top_n_train: int
    rpn_post_nms_top_n_train: int
    box_fg_iou_thresh: float
    box_bg_iou_thresh: float
    box_batch_size_per_image: int
    box_positive_fraction: float
    seed: int = 0

    @classmethod
    def of(cls, model: GeneralizedRCNN) -> Settings:
        """The model's own settings, as it runs in evaluation mode. The model is only read."""
        transform, rpn, heads = model.transform, model.rpn, model.roi_heads
        return cls(
            min_size=int(transform.min_size[-1]),
            max_size=int(transform.max_size),
            anchor_sizes=_per_level(rpn.anchor_generator.sizes),
            aspect_ratios=_per_level(rpn.anchor_generator.aspect_ratios),
            rpn_pre_nms_top_n=rpn._pre_nms_top_n["testing"],
            rpn_post_nms_top_n=rpn._post_nms_top_n["testing"],
            rpn_nms_thresh=rpn.nms_thresh,
            rpn_score_thresh=rpn.score_thresh,
            rpn_min_size=rpn.min_size,
            box_score_thresh=heads.score_thresh,
            box_nms_thresh=heads.nms_thresh,
            box_detections_per_img=heads.detections_per_img,
            rpn_fg_iou_thresh=rpn.proposal_matcher.high_threshold,
            rpn_bg_iou_thresh=rpn.proposal_matcher.low_threshold,
            rpn_batch_size_per_image=rpn.fg_bg_sampler.batch_size_per_image,
            rpn_positive_fraction=rpn.fg_bg_sampler.positive_fraction,
            rpn_pre_nms_top_n_train=rpn._pre_nms_top_n["training"],
            rpn_post_nms_top_n_train=rpn._post_nms_top_n["training"],
            box_fg_iou_thresh=heads.proposal_matcher.high_threshold,
            box_bg_iou_thresh=heads.proposal_matcher.low_threshold,
            box_batch_size_per_image=heads.fg_bg_sampler.batch_size_per_image,
            box_positive_fraction=heads.fg_bg_sampler.positive_fraction,
        )

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:  # as it is for nan
                raise SettingsError(f"{name} is {value}; it must lie between {low} and {high}.")
        if self.min_size > self.max_size:
            raise SettingsError(
                f"min_size {self.min_size} is over max_size {self.max_size}; lower it or raise max_size."
            )
        for stage in ("rpn", "box"):
            low, high = getattr(self, f"{stage}_bg_iou_thresh"), getattr(self, f"{stage}_fg_iou_thresh")
            if low > high:
                raise SettingsError(
                    f"{stage}_bg_iou_thresh {low} is over {stage}_fg_iou_thresh {high}; "
                    "the negative threshold must not exceed the positive one."
                )
        if len(self.anchor_sizes) != len(self.aspect_ratios):
            raise SettingsError(
                f"anchor_sizes has {len(self.anchor_sizes)} levels but aspect_ratios {len(self.aspect_ratios)}; "
                "give both for each feature map."
            )
        for name in ("anchor_sizes", "aspect_ratios"):
            low, high = LEVEL_RANGES[name]
            for level, values in enumerate(getattr(self, name)):
                if not 1 <= len(values) <= MAX_VALUES_PER_LEVEL:
                    raise SettingsError(
                        f"{name} of level {level} has {len(values)} values; give 1 to {MAX_VALUES_PER_LEVEL}."
                    )
                for value in values:
                    if not low <= value <= high:
                        raise SettingsError(
                            f"{name} of level {level} holds {value}; it must lie between {low} and {high}."
                        )

    @property
    def inference(self) -> dict[str, object]:
        """Those that detections depend on, by name: all but training's."""
        return {name: value for name, value in vars(self).items() if name not in TRAINING_NAMES}

    def replace(self, **changes: object) -> Settings:
        """A copy with the named fields changed. Raises SettingsError for an unknown name or a bad value."""
        for name in changes:
            if name not in FIELD_NAMES:
                raise SettingsError(f"there is no setting {name!r}; the settings are {', '.join(FIELD_NAMES)}.")
        return replace(self, **changes)

    def changes(self, defaults: Settings) -> dict[str, str]:
        """The fields that differ from `defaults`, as text that `with_text` reads back. For links and labels."""
        return {
            name: to_text(getattr(self, name)) for name in FIELD_NAMES if getattr(self, name) != getattr(defaults, name)
        }

    def with_text(self, texts: dict[str, str]) -> Settings:
        """A copy with fields read from text, such as `{"box_score_thresh": "0.3", "anchor_sizes": "8_16|32"}`."""
        changes: dict[str, object] = {}
        for name, text in texts.items():
            if name not in FIELD_NAMES:
                raise SettingsError(f"there is no setting {name!r}; the settings are {', '.join(FIELD_NAMES)}.")
            changes[name] = from_text(name, text)
        return self.replace(**changes)


FIELD_NAMES = tuple(field.name for field in fields(Settings))
TRAINING_NAMES = tuple(FIELD_NAMES[FIELD_NAMES.index("rpn_fg_iou_thresh") :])
"""Those that only training's samples and losses depend on; no detection does."""
INTEGERS = tuple(field.name for field in fields(Settings) if field.type == "int")
MAX_VALUES_PER_LEVEL = 16
MAX_DIGITS = 32
LEVEL_RANGES: dict[str, tuple[float, float]] = {"anchor_sizes": (1.0, 4096.0), "aspect_ratios": (0.02, 50.0)}
RANGES: dict[str, tuple[float, float]] = {
    "min_size": (1, 4096),
    "max_size": (1, 8192),
    "rpn_pre_nms_top_n": (1, 100_000),
    "rpn_post_nms_top_n": (1, 100_000),
    "rpn_nms_thresh": (0.0, 1.0),
    "rpn_score_thresh": (0.0, 1.0),
    "rpn_min_size": (0.0, 4096.0),
    "box_score_thresh": (0.0, 1.0),
    "box_nms_thresh": (0.0, 1.0),
    "box_detections_per_img": (1, 100_000),
    "rpn_fg_iou_thresh": (0.0, 1.0),
    "rpn_bg_iou_thresh": (0.0, 1.0),
    "rpn_batch_size_per_image": (1, 100_000),
    "rpn_positive_fraction": (0.0, 1.0),
    "rpn_pre_nms_top_n_train": (1, 100_000),
    "rpn_post_nms_top_n_train": (1, 100_000),
    "box_fg_iou_thresh": (0.0, 1.0),
    "box_bg_iou_thresh": (0.0, 1.0),
    "box_batch_size_per_image": (1, 100_000),
    "box_positive_fraction": (0.0, 1.0),
    "seed": (0, 2**31 - 1),
}


def to_text(value: float | LevelTuples) -> str:
    """A setting as text: numbers plainly, levels parted by `|` and their values by `_`."""
    if isinstance(value, tuple):
        return "|".join("_".join(repr(number).removesuffix(".0") for number in level) for level in value)
    return repr(value)


def from_text(name: str, text: str) -> int | float | LevelTuples:
    """The inverse of `to_text` for the field `name`. Raises SettingsError when `text` is not a number."""
    try:
        if name in LEVEL_RANGES:
            return tuple(tuple(_number(number, float) for number in level.split("_")) for level in text.split("|"))
        return _number(text, int if name in INTEGERS else float)
    except ValueError:
        kind = (
            "numbers such as 8_16|32" if name in LEVEL_RANGES else "a whole number" if name in INTEGERS else "a number"
        )
        shown = f"{text[:40]!r}{' ...' if len(text) > 40 else ''}"
        raise SettingsError(f"{name} is {shown}; write {kind}.") from None


def _number(text: str, kind: type[int] | type[float]) -> int | float:
    """Python's own reading also takes underscores, digits of every script, and as many as there are."""
    if len(text) > MAX_DIGITS or not text.isascii() or "_" in text:
        raise ValueError(text)
    return kind(text)


def _per_level(values: tuple) -> LevelTuples:
    return tuple(tuple(float(value) for value in level) for level in values)
