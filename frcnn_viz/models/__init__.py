"""Which detector: the registry, its builders and their weights."""
