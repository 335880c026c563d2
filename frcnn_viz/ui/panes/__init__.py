"""Tabs of pages that are pages in themselves: one file each, with a `body`."""
