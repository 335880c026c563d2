"""Images and ground truth, in and out."""
