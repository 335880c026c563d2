"""Lessons: predict first, then see; every answer is computed from the trace when it is asked for.

A lesson of one's own is a file that holds `LESSON = Lesson(...)`, made of what is here.
"""

from frcnn_viz.lessons.choices import Alternative, ChooseOne, ChooseSome, PickAnchor, PutInOrder
from frcnn_viz.lessons.forms import Answer, AnswerError, Box, DrawBox, Field, GiveNumbers, iou
from frcnn_viz.lessons.lesson import CannotAsk, Lesson, LessonError, Stage
from frcnn_viz.lessons.question import Mark, Question, Role, Screen, Tell, Wrong
from frcnn_viz.lessons.scene import Scene

__all__ = [
    "Alternative",
    "Answer",
    "AnswerError",
    "Box",
    "CannotAsk",
    "ChooseOne",
    "ChooseSome",
    "DrawBox",
    "Field",
    "GiveNumbers",
    "Lesson",
    "LessonError",
    "Mark",
    "PickAnchor",
    "PutInOrder",
    "Question",
    "Role",
    "Scene",
    "Screen",
    "Stage",
    "Tell",
    "Wrong",
    "iou",
]
