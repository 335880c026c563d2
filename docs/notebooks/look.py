# %% [markdown]
# # Look into your own model in five lines
#
# Any torchvision Faster R-CNN will do, on any device, with any classes; here one with random weights stands for yours.
# `pip install "frcnn-viz[notebook]"` brings what the canvas needs.

# %%
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn

from frcnn_viz import Detector, load_image, trace
from frcnn_viz.paths import ASSETS

model = fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None, num_classes=3).eval()
detector = Detector("mine", "My model", "", model, classes=("__background__", "cell", "platelet"))
story = trace(detector, load_image(sorted((ASSETS / "cells").glob("*.jpg"))[0]))

# %% [markdown]
# Nothing has run yet: each stage runs when it is asked for, and the trace says which have.

# %%
story

# %%
story.proposals

# %% [markdown]
# Every box that the RPN chose from, with what became of it. Turn the sliders beside it: they are the stage's own
# settings. Click a box to see what suppressed it, or what it suppressed.

# %%
view = story.show("proposals")
view

# %% [markdown]
# What you click is here too, and so is the trace at the settings that you turned to.

# %%
view.selected, view.story.settings.rpn_nms_thresh

# %% [markdown]
# It can be set from here as well: this is the candidate of the best score.

# %%
view.selected = ("candidate", int(story.proposals.scores.argmax()))

# %% [markdown]
# Tensors are the attributes. These boxes are those of `model([image])`, bit for bit on the CPU.

# %%
expected = model([story.image])[0]["boxes"]
assert story.detections.boxes_in_image.equal(expected)
story.detections
