"""How the embedded detectors are made, from nothing."""
