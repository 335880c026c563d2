from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import lesson_class, lesson_list, lesson_question

run_page("lessons", {"lessons": lesson_list.body, "question": lesson_question.body, "class": lesson_class.body})
