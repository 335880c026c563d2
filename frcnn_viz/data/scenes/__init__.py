"""Street scenes the project draws itself, with exact ground truth, for training and for teaching."""

from frcnn_viz.data.scenes.options import CLASSES, ORDINARY, PRESETS, SceneOptions
from frcnn_viz.data.scenes.scene import Scene, draw_scene

__all__ = ["CLASSES", "ORDINARY", "PRESETS", "Scene", "SceneOptions", "draw_scene"]
