"""What a scene may have to have: each of these gives the sentence that says what lacks, empty where nothing does."""

from __future__ import annotations

from frcnn_viz.lessons.scene import Scene


def ground_truth(scene: Scene) -> str:
    """An object at least."""
    return "" if len(scene.objects) else "Nobody has drawn an object on this picture; draw one, or choose another."


def known_objects(scene: Scene) -> str:
    """An object of a class that the detector knows."""
    known = (scene.objects.labels_in(scene.classes) > 0).any()
    return "" if known else f"This picture has no object of a class that {scene.detector.name} knows."


def detections(scene: Scene) -> str:
    """A detection at least."""
    return "" if len(scene.trace.detections) else "Nothing is detected on this picture; lower the score threshold."
