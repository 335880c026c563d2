"""Street scenes the project draws itself, with exact ground truth, for training and for teaching."""

from frcnn_viz.data.scenes.export import write_scenes
from frcnn_viz.data.scenes.options import CLASSES, ORDINARY, PRESETS, SceneOptions
from frcnn_viz.data.scenes.samples import SAMPLES, SampleScene, sample_scene
from frcnn_viz.data.scenes.scene import Scene, draw_scene

__all__ = [
    "CLASSES",
    "ORDINARY",
    "PRESETS",
    "SAMPLES",
    "SampleScene",
    "Scene",
    "SceneOptions",
    "draw_scene",
    "sample_scene",
    "write_scenes",
]
