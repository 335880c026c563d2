"""A short training is remembered, can be stopped, and leaves model and generator as they were."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from frcnn_viz.lessons import CannotAsk, ChooseOne, Question
from frcnn_viz.lessons.shelf import Shelf
from frcnn_viz.lessons.syllabus.overfit import count_found
from frcnn_viz.lessons.trial import Trial, learn, too_slow, train
from tests.lessons.scenes import scene, with_masks


def quiet(done: int, total: int, words: str) -> None:
    """Nothing is told."""


def test_it_is_told_step_by_step_and_remembered() -> None:
    where, told = scene("fog", "street-c4"), []
    trial = Trial((0, 1), 3)
    first = train(where, trial, lambda *words: told.append(words))
    assert told == [(0, 3, "step 1 of 3"), (1, 3, "step 2 of 3"), (2, 3, "step 3 of 3")]
    assert [step.number for step in first.steps] == [1, 2, 3]
    assert train(where, trial, lambda *words: told.append(words)) is first
    assert len(told) == 3
    assert train(where, replace(trial, fresh=True), quiet).steps[0].losses != first.steps[0].losses


def test_what_is_told_can_end_it() -> None:
    class Left(Exception):
        """The visitor went on."""

    def leave(done: int, total: int, words: str) -> None:
        if done == 1:
            raise Left

    where, trial = scene("fog", "street-c4"), Trial((1,), 3)
    with pytest.raises(Left):
        train(where, trial, leave)
    assert len(train(where, trial, quiet).steps) == 3


def test_model_generator_and_seed_stay() -> None:
    where = scene("fog", "street-c4")
    model, boxes = where.detector.model, where.objects.boxes_in_image[:1]
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    state = torch.random.get_rng_state()
    losses = []
    for rate in (1e-3, 1.0000001e-3):  # two trainings, not one that is remembered
        torch.manual_seed(len(losses))
        losses.append(learn(model, where.image.tensor, boxes, torch.tensor([1]), steps=1, rate=rate).steps[0].losses)
    assert losses[0] == losses[1]
    torch.random.set_rng_state(state)
    train(where, Trial((2,), 1), quiet)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert not model.training
    assert not any(weight.requires_grad for weight in model.parameters())


def test_only_what_trains_in_seconds_is_trained() -> None:
    assert too_slow(scene()) == ""
    assert "none" in too_slow(with_masks())
    with pytest.raises(CannotAsk, match="Only a plain Faster R-CNN"):
        Shelf().find("overfit").questions(with_masks(), "7")


def test_asking_trains_nothing_and_settling_changes_nothing_that_was_shown() -> None:
    question = Shelf().find("losses").questions(scene(), "student")[-1]
    assert isinstance(question.form, ChooseOne)
    assert (question.right, question.wrong, question.why) == (None, (), "")
    settled: Question = question.settled()
    assert settled.settled() is settled
    for name in ("name", "text", "form", "hints", "marks"):
        assert getattr(settled, name) == getattr(question, name)


def test_scores_near_what_is_asked_for_are_both_answers_but_never_all() -> None:
    assert count_found([(0.9, 0.99), (0.9, 0.2)]) == (1, 1, 1)
    assert count_found([(0.9, 0.99), (0.9, 0.89)]) == (1, 1, 2)
    assert count_found([(0.49, 0.99), (0.9, 0.2)]) == (0, 0, 1)
    with pytest.raises(CannotAsk, match=r"0\.89 with IoU 0\.65 and 0\.91 with IoU 0\.96: too near 0\.9 and 0\.5"):
        count_found([(0.65, 0.89), (0.96, 0.91)])
