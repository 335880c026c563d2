"""The detector, stage by stage: pure functions from the previous result and settings to a frozen result.

The files are the boxes of Figure 2 of the Faster R-CNN paper (Ren et al., arXiv:1506.01497), in its order:
`transform`, `backbone`, `anchors`, `rpn`, `proposals`, `rois`, `detections`; `matching` is the training
side. `trace` runs them lazily. Everything is torchvision's own code, called part by part, so at the
model's own settings the result equals `model([image])` bit for bit on the CPU.
"""
