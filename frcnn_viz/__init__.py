"""frcnn-viz: look into every stage of a real torchvision Faster R-CNN.

    from frcnn_viz import Settings, load_detector, load_image, trace

    detector = load_detector("street-fpn")
    story = trace(detector, load_image("street.png"))
    story.detections.boxes_in_image  # [D, 4], equal to detector.model([image])[0]["boxes"]
    story.proposals.fate             # [K], what became of every candidate
"""
