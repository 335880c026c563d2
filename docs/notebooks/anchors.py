# %% [markdown]
# # Tune the anchors to your data
#
# An object that no anchor overlaps enough is learnt badly, and no length of training mends that. How well do a
# detector's anchors fit the objects of a set, and which would fit better? Nothing is trained for the answer.

# %%
import torch

from frcnn_viz import Settings
from frcnn_viz.analysis.anchor_fit import place_objects
from frcnn_viz.analysis.anchor_report import report
from frcnn_viz.analysis.anchor_search import generator_code, search
from frcnn_viz.data.formats.read import read_dataset
from frcnn_viz.data.sources import open_source
from frcnn_viz.data.statistics import box_table
from frcnn_viz.models.registry import untrained
from frcnn_viz.paths import ASSETS

# %% [markdown]
# Name your own folder, zip or annotation file instead: Pascal VOC, COCO, YOLO and CVAT are told apart by their content.

# %%
table = box_table(read_dataset(open_source(ASSETS / "cells")).images)
print(f"{len(table.labels)} objects on {len(table.names)} images, sides of {table.sizes.min():.0f} px and more")

# %% [markdown]
# The objects as the network will see them, after its resize, on the grids of its feature maps. The network is not run.

# %%
model = untrained("fasterrcnn_mobilenet_v3_large_fpn")
settings = Settings.of(model)
objects = place_objects(
    model,
    torch.from_numpy(table.boxes_in_image),
    table.labels.tolist(),
    torch.from_numpy(table.image),
    [(int(height), int(width)) for width, height in table.image_sizes],
    min_size=settings.min_size,
    max_size=settings.max_size,
)

# %% [markdown]
# For each group, the part of its objects that some anchor overlaps by 0.5 and by 0.7, and how many have no positive
# anchor at all: for these, training has only the best anchor there is.


# %%
def show(sizes, ratios):
    for row in report(objects, sizes, ratios, settings.rpn_fg_iou_thresh).rows:
        recalls = f"{row.recall_50:6.1%}  {row.recall_70:6.1%}"
        print(f"{row.name:12} {row.objects:4} objects  {recalls}  {row.without:4} without")


show(settings.anchor_sizes, settings.aspect_ratios)

# %% [markdown]
# Look for better ones: as many on each level as before, so that the weights of a head still fit. More steps find more;
# by default it takes seconds.

# %%
found = search(objects, settings.anchor_sizes, settings.aspect_ratios, "recall_70", steps=3)
show(found.sizes, found.ratios)

# %% [markdown]
# To paste into your training. Anchors that fit are no promise of a better detector; a short training tells.

# %%
print(generator_code(found.sizes, found.ratios))
