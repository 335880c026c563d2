"""Lessons: predict first, then see; every answer is computed from the trace when it is asked for."""
