"""How detectors learn: the loop, what they learn from, and the runs that are kept."""
