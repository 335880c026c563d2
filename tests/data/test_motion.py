"""Scenes in motion: the same seed gives the same clip, and what is said of it is what its pixels show."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from frcnn_viz.data.sample_clips import SAMPLE_CLIPS
from frcnn_viz.data.scenes.motion import Motion, MotionOptions
from frcnn_viz.data.scenes.options import CLASSES, HEIGHT, WIDTH
from frcnn_viz.data.scenes.pen import SUPERSAMPLING

SEED = SAMPLE_CLIPS["crossing"].seed


@pytest.fixture(scope="module")
def motion() -> Motion:
    return Motion(SEED)


def test_the_same_seed_gives_the_same_pixels_and_boxes(motion: Motion) -> None:
    again, other = Motion(SEED), Motion(SEED + 1)
    for index in (0, 13, 29):
        assert motion.image(index).tobytes() == again.image(index).tobytes()
        assert torch.equal(motion.seen(index).boxes_in_image, again.seen(index).boxes_in_image)
        assert motion.seen(index).shares == again.seen(index).shares
        assert motion.image(index).tobytes() != other.image(index).tobytes()
    assert motion.image(0).size == (WIDTH, HEIGHT)


def owners_of(motion: Motion, index: int) -> np.ndarray:
    """Which thing each supersampled pixel shows, its number from 1: the things pasted one by one, as plain colours."""
    shown = Image.new("L", (WIDTH * SUPERSAMPLING, HEIGHT * SUPERSAMPLING))
    for number, thing in enumerate(motion._at(index), start=1):
        shown.paste(number, (thing.x, thing.y), Image.fromarray(thing.solid))
    return np.asarray(shown)


def test_boxes_and_shares_are_those_of_the_visible_pixels(motion: Motion) -> None:
    for index in range(0, 30, 3):
        seen, owners, things = motion.seen(index), owners_of(motion, index), motion._at(index)
        found = []
        for number, (thing, identity) in enumerate(zip(things, motion.identities, strict=True), start=1):
            ys, xs = np.nonzero(owners == number)
            assert seen.shares.get(identity, 0.0) == pytest.approx(len(xs) / thing.solid.sum())
            if len(xs):
                found.append((identity, [xs.min() / 2, ys.min() / 2, (xs.max() + 1) / 2, (ys.max() + 1) / 2]))
        assert seen.identities == tuple(identity for identity, _ in found)
        assert seen.boxes_in_image.tolist() == [box for _, box in found]


def test_identities_are_constant_and_say_their_class(motion: Motion) -> None:
    assert len(set(motion.identities)) == len(motion.identities) == 12
    for index in range(30):
        seen = motion.seen(index)
        assert set(seen.identities) <= set(motion.identities)
        assert [CLASSES[label - 1] for label in seen.labels.tolist()] == [i.split("-")[0] for i in seen.identities]


def test_the_background_stands_still_and_each_thing_keeps_its_look(motion: Motion) -> None:
    first = np.asarray(motion.image(0))
    for index in (1, 15, 29):
        bare = (owners_of(motion, 0) == 0) & (owners_of(motion, index) == 0)
        bare = bare.reshape(HEIGHT, 2, WIDTH, 2).all(axis=(1, 3))
        assert bare.mean() > 0.3
        assert np.array_equal(np.asarray(motion.image(index))[bare], first[bare])
        for before, after in zip(motion._at(0), motion._at(index), strict=True):
            assert after.tile is before.tile


def test_a_thing_goes_at_its_own_speed(motion: Motion) -> None:
    """From frame to frame by the same way, but for the rounding to half a pixel of the scene."""
    for place, identity in enumerate(motion.identities):
        ways = np.diff([motion._at(index)[place].x for index in range(30)])
        assert ways.max() - ways.min() <= 1
        assert (ways == 0).all() == identity.startswith(("house", "tree"))


def test_who_is_hidden_is_told_from_who_is_outside() -> None:
    """In the longer clip a bird or a car is wholly hidden for a while, and others come and go."""
    shares = [Motion(SEED).seen(index).shares for index in range(30)]
    hidden = {name for one in shares for name, share in one.items() if share == 0}
    absent = {name for name in Motion(SEED).identities if any(name not in one for one in shares)}
    assert hidden
    assert absent
    for index, one in enumerate(shares):
        owners, motion = owners_of(Motion(SEED), index), Motion(SEED)
        for number, (thing, name) in enumerate(zip(motion._at(index), motion.identities, strict=True), start=1):
            inside = thing.x < 2 * WIDTH and thing.x + thing.tile.width > 0
            assert inside or name not in one
            if one.get(name) == 0:
                assert not (owners == number).any()


def test_nothing_and_one_frame_can_be_asked_for() -> None:
    empty = Motion(0, MotionOptions(count=1, things=()))
    seen = empty.seen(0)
    assert seen.boxes_in_image.shape == (0, 4)
    assert seen.shares == {}
    assert empty.times == (0.0,)
