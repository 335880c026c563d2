from frcnn_viz.ui.code import code_of, code_of_losses
from frcnn_viz.ui.frame.page import run_page
from frcnn_viz.ui.panes import labels, losses, other_losses, sampling
from frcnn_viz.ui.session import Session
from frcnn_viz.ui.training import training_step


def code(here: Session, image: str) -> str:
    what = {
        "model": here.detector.name,
        "image": image,
        "settings": here.settings,
        "random_weights": here.view.random,
    }
    if here.ground_truth is None:
        return code_of("anchors", **what)
    step = training_step(here)
    objects = list(zip(step.boxes_in_image.tolist(), step.labels.tolist(), strict=True))
    return code_of_losses(objects, new_classes=len(step.new_classes), **what)


run_page(
    "training",
    {"sampling": sampling.body, "losses": losses.body, "labels": labels.body, "other_losses": other_losses.body},
    code,
)
