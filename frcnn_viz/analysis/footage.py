"""A clip under examination: what is to be found in each frame, and the records of its frames, kept on disk.

What is to be found is the clip's ground truth. Where there is none, it is what the detector itself found: its
detections linked to tracks (`tracks`), each with the boxes between its first and its last frame, so that the frames in
which a track has no detection are the gaps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from frcnn_viz.analysis.archive import key_of, open_frames
from frcnn_viz.analysis.frames import examine_frame
from frcnn_viz.analysis.sightings import FrameRecord
from frcnn_viz.analysis.tracks import fill_identities, link
from frcnn_viz.data.clip import Clip
from frcnn_viz.data.ground_truth import GroundTruth
from frcnn_viz.models.registry import Detector
from frcnn_viz.pipeline.memory import Memory
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.pipeline.trace import Trace

SURE = 0.5
"""The score that a track's best detection has at least; those of less sure ones are taken for false alarms."""
LEAST_FOUND = 3
"""Detections of a track."""
MOST_UNSEEN = 10
"""Frames in a row in which a track may have no detection."""
WRITE_EVERY = 1.0
"""Seconds of work that are lost at most where the process is killed; each writing of the archive takes some ms."""
Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Wanted:
    """What is to be found in a frame.

    Attributes:
        truth: the objects that have a box. identities: of each of them.
        hidden: identities of things that are in the frame and cannot be seen.
    """

    truth: GroundTruth
    identities: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()


NOTHING = Wanted(GroundTruth(torch.zeros(0, 4), ()))


@dataclass(frozen=True, eq=False)
class Footage:
    """A clip, and a detector at some settings.

    Attributes:
        load: gives a frame's picture as `Trace` takes it.
    """

    clip: Clip
    detector: Detector
    settings: Settings
    load: Callable[[int], Tensor]

    def wanted(self) -> tuple[list[Wanted], bool]:
        """What is to be found, and whether ground truth says so; of tracks, as far as the frames were looked at."""
        if told := told_of(self.clip):
            return told, True
        seen = self.known([NOTHING] * self.clip.count)
        return (
            tracked([seen[frame] for frame in range(self.clip.count)]) if len(seen) == self.clip.count else []
        ), False

    def known(self, wanted: Sequence[Wanted]) -> dict[int, FrameRecord]:
        """The records that are kept, by frame."""
        return self._kept([self._key(frame, one) for frame, one in enumerate(wanted)])

    def examine(self, tell: Tell) -> tuple[list[FrameRecord], bool]:
        """The record of every frame, those that are kept as they are; and whether ground truth says what is in them.

        `tell` is called before each frame with those done and their number; what it raises ends it, with all that was
        done kept. Without ground truth all frames are run twice.
        """
        told = told_of(self.clip)
        if told:
            return self._run(told, lambda done: tell(done, self.clip.count)), True
        seen = self._run([NOTHING] * self.clip.count, lambda done: tell(done, 2 * self.clip.count))
        found = self._run(tracked(seen), lambda done: tell(self.clip.count + done, 2 * self.clip.count))
        return found, False

    def trace(self, frame: int, settings: Settings | None = None, memory: Memory | None = None) -> Trace:
        """Of a frame, at other settings where some are given."""
        key, at = self.clip.key(frame), settings or self.settings
        return Trace(self.detector.model, self.load(frame), at, memory=memory, image_key=key)

    def _run(self, wanted: Sequence[Wanted], tell: Callable[[int], None]) -> list[FrameRecord]:
        keys = [self._key(frame, one) for frame, one in enumerate(wanted)]
        records, archive = self._kept(keys), open_frames()
        fresh: dict[str, FrameRecord] = {}
        written = time.monotonic()
        try:
            for frame in [frame for frame in range(self.clip.count) if frame not in records]:
                tell(len(records))
                one = wanted[frame]
                parts = (one.truth, one.identities, self.detector.classes, frame, one.hidden)
                records[frame] = fresh[keys[frame]] = examine_frame(self.trace(frame), *parts)
                if time.monotonic() - written >= WRITE_EVERY:
                    archive.put_all(fresh)
                    fresh, written = {}, time.monotonic()
        finally:
            archive.put_all(fresh)
        return [records[frame] for frame in range(self.clip.count)]

    def _kept(self, keys: Sequence[str]) -> dict[int, FrameRecord]:
        kept = open_frames().get(keys)
        return {frame: kept[key] for frame, key in enumerate(keys) if key in kept}

    def _key(self, frame: int, one: Wanted) -> str:
        image = f"{self.clip.key(frame)} {one.identities} {sorted(one.hidden)}"
        return key_of(self.detector, self.settings, image, one.truth)


def told_of(clip: Clip) -> list[Wanted]:
    """What ground truth says of each frame; nothing where it says nothing of any."""
    truths = [clip.truth(frame) for frame in range(clip.count)]
    if not any(truth is not None and len(truth) for truth in truths):
        return []
    known = [NOTHING.truth if truth is None else truth for truth in truths]
    filled = fill_identities([(truth, clip.identities(frame)) for frame, truth in enumerate(known)])
    hidden = [{identity for identity, share in clip.visible(frame).items() if not share} for frame in range(clip.count)]
    return [Wanted(*parts) for parts in zip(known, filled, map(frozenset, hidden), strict=True)]


def tracked(seen: Sequence[FrameRecord]) -> list[Wanted]:
    """What the detections of all frames, in order, say is in each of them.

    Between two detections of a track that have frames without one between them, its box goes from the one to the other
    at a steady pace.
    """
    names = sorted({one.name for record in seen for one in record.detections})
    boxes = [torch.tensor([one.box for one in record.detections]).reshape(-1, 4) for record in seen]
    labels = [torch.tensor([names.index(one.name) for one in record.detections], dtype=torch.int64) for record in seen]
    tracks: dict[int, dict[int, int]] = {}
    for frame, numbers in enumerate(link(zip(boxes, labels, strict=True), most_unseen=MOST_UNSEEN)):
        for row, number in enumerate(numbers):
            tracks.setdefault(number, {})[frame] = row
    found: list[list[tuple[Tensor, str, str]]] = [[] for _ in seen]
    count: dict[str, int] = {}
    for rows in tracks.values():
        detections = [seen[frame].detections[row] for frame, row in rows.items()]
        if len(rows) < LEAST_FOUND or max(one.score for one in detections) < SURE:
            continue
        name = detections[0].name
        count[name] = count.get(name, 0) + 1
        for frame, box in _path({frame: boxes[frame][row] for frame, row in rows.items()}):
            found[frame].append((box, name, f"{name}-{count[name]}"))
    return [
        Wanted(
            GroundTruth(torch.stack([box for box, _, _ in one]), tuple(name for _, name, _ in one)),
            tuple(identity for _, _, identity in one),
        )
        if one
        else NOTHING
        for one in found
    ]


def _path(known: dict[int, Tensor]) -> list[tuple[int, Tensor]]:
    """The box [4] of a track in each frame from its first to its last; `known` is by frame, in order."""
    path = [(frame, box) for frame, box in list(known.items())[:1]]
    for (first, before), (last, after) in pairwise(known.items()):
        path += [
            (frame, torch.lerp(before, after, (frame - first) / (last - first))) for frame in range(first + 1, last)
        ]
        path.append((last, after))
    return path
