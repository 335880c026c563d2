"""Why: what the results say when they are compared, counted and scored."""
