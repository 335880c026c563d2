"""How fast the trace is, as ratios to the plain model: `python -m benchmarks`."""
